/** Programs at two bridges that write into one account: the UIDs they are told, and what is deleted, are right. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { limits } from "../../src/model/limits.ts";
import { append, connectImap, fetchAll } from "../support/bridge_imap.ts";
import { BridgeProcess } from "../support/bridge_process.ts";
import type { ImapProgram } from "../support/imap_session_stage.ts";
import { Stage, until } from "../support/person.ts";

const each = 25;

/** The server keeps a body of more apart from the message. */
const large = "large\r\n".repeat(limits.maxInlineBodyBytes / 7 + 1);

/** The first is large. */
function letter(name: string, at: number): string {
  const header = `From: bob@mail.test\r\nMessage-ID: <${name}-${at}@mail.test>\r\n`;
  return `${header}\r\n${at === 0 ? large : `${at}\r\n`}`;
}

/** UIDs of a set as a response has it. */
function uidsOf(set: string): number[] {
  return set.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split(":").map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

/** Appends messages one after the other; returns what the program knows of them: a UID by its text. */
async function appendAll(program: ImapProgram, name: string): Promise<[number, string][]> {
  const known: [number, string][] = [];
  for (let at = 0; at < each; at++) {
    const text = letter(name, at);
    known.push([await append(program, "INBOX", text), text]);
  }
  return known;
}

/** Copies each message alone; returns the UID of the copy by its text. */
async function copyAll(
  program: ImapProgram,
  known: readonly [number, string][],
): Promise<[number, string][]> {
  const copies: [number, string][] = [];
  for (const [uid, text] of known) {
    const answer = await program.ask(`UID COPY ${uid} Archive`);
    const [, from, to] = /^x OK \[COPYUID \d+ (\S+) (\S+)\]/.exec(answer.at(-1)!) ?? [];
    assert.equal(from, String(uid));
    copies.push([Number(to), text]);
  }
  return copies;
}

/** The messages of a folder: texts by their UID, in its order. */
async function textsOf(program: ImapProgram, folder: string): Promise<[number, string][]> {
  await program.ok(`SELECT ${folder}`);
  return (await fetchAll(program)).map(({ uid, text }) => [uid, text]);
}

const byUid = ([a]: [number, string], [b]: [number, string]) => a - b;

Deno.test("two programs at two bridges write into one account", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [bob] = await stage.people(server, "bob");
  const bridges = [await BridgeProcess.start(bob!), await BridgeProcess.start(bob!)];
  for (const bridge of bridges) stage.keep(bridge);
  const [a, b] = await Promise.all(bridges.map(connectImap)) as [ImapProgram, ImapProgram];
  const path = `${stage.folder}/server/home/.local/share/mailctl/data/mailctl.db`;
  const rows = (table: string): number => {
    using database = new DatabaseSync(path, { readOnly: true });
    return Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()!["count"]);
  };

  await t.step("APPENDUID and COPYUID name the messages that they are of", async () => {
    await Promise.all([a, b].map((program) => program.ok("SELECT INBOX")));
    const known = await Promise.all([appendAll(a, "a"), appendAll(b, "b")]);
    await Promise.all([a, b].map((program) => program.ok("NOOP")));
    const copies = await Promise.all([copyAll(a, known[0]), copyAll(b, known[1])]);
    assert.deepEqual(await textsOf(a, "INBOX"), known.flat().sort(byUid));
    assert.deepEqual(await textsOf(b, "Archive"), copies.flat().sort(byUid));
    const answer = await b.ask("UID COPY 1:* Trash");
    const [, from = "", to = ""] = /\[COPYUID \d+ (\S+) (\S+)\]/.exec(answer.at(-1)!) ?? [];
    const copied = new Map(copies.flat());
    const pairs = uidsOf(from).map((uid, at) => [uidsOf(to)[at], copied.get(uid)]);
    assert.deepEqual(await textsOf(b, "Trash"), pairs);
  });

  await t.step("the sum over LIST is the number of messages", async () => {
    const answers = await a.ok('LIST "" "*" RETURN (STATUS (MESSAGES))');
    const counts = answers.map((line) => Number(/^\* STATUS .*\(MESSAGES (\d+)\)/.exec(line)?.[1]));
    const total = counts.filter((count) => !Number.isNaN(count)).reduce((sum, one) => sum + one);
    assert.deepEqual([total, rows("entry")], [3 * 2 * each, 3 * 2 * each]);
  });

  await t.step("of a message and its copy either can be deleted, and the other stays", async () => {
    const archived = await textsOf(a, "Archive");
    const [[first, text], [second]] = archived as [[number, string], [number, string]];
    await a.ok(`UID STORE ${first},${second} +FLAGS (\\Deleted)`);
    await a.ok(`UID EXPUNGE ${first}`);
    await b.ok("SELECT Archive");
    assert.deepEqual(await textsOf(b, "Archive"), archived.slice(1), "only one of two is expunged");
    const inInbox = (await textsOf(b, "INBOX")).find(([, each]) => each === text)!;
    const inTrash = (await textsOf(b, "Trash")).find(([, each]) => each === text)!;
    assert.deepEqual([inInbox[1], inTrash[1]], [text, text]);
    assert.equal(rows("entry"), 3 * 2 * each - 1);
    const bodies = rows("body");
    for (const [folder, [uid]] of [["INBOX", inInbox], ["Trash", inTrash]] as const) {
      await b.ok(`SELECT ${folder}`);
      await b.ok(`UID STORE ${uid} +FLAGS (\\Deleted)`);
      await b.ok("EXPUNGE");
    }
    assert.deepEqual([rows("entry"), rows("filing")], [3 * 2 * each - 3, 3 * 2 * each - 3]);
    await until(() => rows("body") === bodies - 1, "the end of its body, which is swept");
  });
  for (const program of [a, b]) program.close();
});
