/** imapflow at two bridges of one account, each on a machine of its own, beside the commands. */
import assert from "node:assert/strict";
import { bytesOfString } from "../../src/mime/byte_string.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { BridgeProcess } from "../support/bridge_process.ts";
import { FlowSession } from "../support/imapflow.ts";
import { areInstalled } from "../support/installed.ts";
import { deadline, Person, Stage } from "../support/person.ts";

/** How long a session may wait for what another one did; it takes some ten milliseconds on a machine without load. */
const heardMs = 15_000;

Deno.test({
  name: "imapflow at two bridges",
  ignore: !areInstalled("npm"),
  fn: useImapFlow,
});

async function useImapFlow(t: Deno.TestContext): Promise<void> {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice") as [Person];
  const bob = await Person.join("bob", stage.home("bob"), server.trusted);
  const here = stage.keep(await BridgeProcess.start(bob));
  const there = stage.keep(await BridgeProcess.start({ home: await stage.elsewhere(bob, "far") }));
  const quick = stage.keep(await FlowSession.open(here, { qresync: true }));
  /** Without UTF-8 and QRESYNC: names in modified UTF-7, and EXPUNGE by numbers. */
  const old = stage.keep(await FlowSession.open(here, { disableAutoEnable: true }));
  const other = stage.keep(await FlowSession.open(there, { qresync: true }));
  const place = { alice, bob, quick, old, other };

  await t.step("ENABLE takes CONDSTORE, QRESYNC, UTF8=ACCEPT and IMAP4rev2", () => {
    const wanted = ["CONDSTORE", "IMAP4REV2", "QRESYNC", "UTF8=ACCEPT"];
    assert.deepEqual([...quick.flow.enabled].toSorted(), wanted);
    assert.deepEqual([...old.flow.enabled], []);
  });
  await t.step("IDLE hears of every kind of change by others", () => hearChanges(place));
  await t.step("APPENDUID and COPYUID are right with two writers", () => checkUids(place));
  await t.step("odd names of folders are the same for three clients", () => nameFolders(place));
  await t.step("a long FETCH is not mixed with what others change", () => fetchLong(place));
  await t.step("bodies stay whatever is done at once", () => mixAll(place));
}

interface Place {
  readonly alice: Person;
  readonly bob: Person;
  readonly quick: FlowSession;
  readonly old: FlowSession;
  readonly other: FlowSession;
}

/** Runs a change and waits until a session was told of it. */
async function hears(
  { flow }: FlowSession,
  event: "exists" | "expunge" | "flags",
  change: () => Promise<unknown>,
): Promise<void> {
  const heard = Promise.withResolvers<void>();
  flow.once(event, () => heard.resolve());
  await change();
  await deadline(heard.promise, heardMs, event);
}

async function hearChanges({ alice, bob, quick, old, other }: Place): Promise<void> {
  const send = () => alice.send(["bob", "-s", "Heard", "-m", "x"]);
  await send();
  for (const session of [quick, old, other]) await session.select("INBOX");
  const add = { path: "INBOX", content: "Subject: Appended\r\n\r\nx\r\n", flags: ["\\Seen"] };
  const append = () => other.flow.append(add.path, add.content, add.flags);
  const newest = async () => (await bob.list("inbox")).messages[0]!.id;
  const changes: readonly (readonly ["exists" | "expunge" | "flags", string, () => unknown])[] = [
    ["exists", "mail comes", send],
    ["exists", "another bridge appends", append],
    ["flags", "another bridge stores a flag", () => other.flow.messageFlagsAdd("1", ["\\Flagged"])],
    ["flags", "another takes it away", () => other.flow.messageFlagsRemove("1", ["\\Flagged"])],
    ["flags", "another stores a keyword", () => other.flow.messageFlagsAdd("1", ["$label1"])],
    ["flags", "another marks as read", () => other.flow.messageFlagsAdd("1", ["\\Seen"])],
    ["flags", "another marks as unread", () => other.flow.messageFlagsRemove("1", ["\\Seen"])],
    ["expunge", "another moves a message away", () => other.flow.messageMove("1", "Archive")],
    ["exists", "a command moves it back", () => bob.do(["move", "1", "INBOX"])],
    ["exists", "another copies", () => other.flow.messageCopy("1", "INBOX")],
    ["expunge", "another expunges", () => other.flow.messageDelete("1")],
    ["flags", "a command flags", async () => bob.do(["flag", `${await newest()}`, "+flagged"])],
    ["flags", "a command reads", async () => bob.do(["read", `${await newest()}`])],
    ["flags", "a command marks as unread", async () => bob.do(["unread", `${await newest()}`])],
    ["expunge", "a command archives", async () => bob.do(["archive", `${await newest()}`])],
    ["expunge", "a command deletes", async () => bob.do(["delete", `${await newest()}`])],
  ];
  for (const session of [quick, old]) void session.flow.idle();
  for (const [event, what, change] of changes) {
    await hears(quick, event, () => hears(old, event, async () => await change())).catch(
      (error) => assert.fail(`${what}: ${error.message}`),
    );
  }
}

/** Forty messages by each of two writers, at once; then all of them copied and moved, in sets. */
async function checkUids({ quick, other }: Place): Promise<void> {
  const written = new Map<number, string>();
  await quick.flow.mailboxCreate("Written");
  await Promise.all([quick, other].map(async ({ flow }, writer) => {
    for (let at = 0; at < 40; at++) {
      const text = `writer ${writer} ${at}`;
      const { uid } = await flow.append("Written", `Subject: ${text}\r\n\r\n${text}\r\n`);
      assert.ok(!written.has(uid), `${uid} was given twice`);
      written.set(uid, text);
    }
  }));
  for (const session of [quick, other]) {
    await session.select("Written");
    assert.deepEqual(await subjects(session), ordered(written));
  }

  const copies = new Map<number, string>();
  const uids = [...written.keys()].toSorted((a, b) => a - b);
  await Promise.all([quick, other].map(async ({ flow }, writer) => {
    for (let at = writer * 10; at < uids.length; at += 20) {
      const some = uids.slice(at, at + 10).join(",");
      const take = at % 40 < 20 ? "messageCopy" : "messageMove";
      const { uidMap } = await flow[take](some, "Archive", { uid: true });
      assert.equal(uidMap.size, 10);
      for (const [from, to] of uidMap) copies.set(to, written.get(from)!);
    }
  }));
  await other.select("Archive");
  const there = await subjects(other);
  assert.deepEqual(new Map([...there].filter(([uid]) => copies.has(uid))), ordered(copies));
  await quick.flow.mailboxClose();
  await other.flow.mailboxClose();
}

async function subjects({ flow }: FlowSession): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for await (const { uid, envelope } of flow.fetch("1:*", { uid: true, envelope: true })) {
    found.set(uid, envelope.subject);
  }
  return found;
}

function ordered<T>(map: ReadonlyMap<number, T>): Map<number, T> {
  return new Map([...map].toSorted(([a], [b]) => a - b));
}

const oddNames = [
  "a/b",
  "a/b/c",
  "&",
  "&-",
  "ä",
  "a\u0308 in two parts",
  'quote"',
  "back\\slash",
  "per%cent",
  "st*r",
  "trailing ",
  " leading",
  "\u{1f4ec}",
  "日本語",
  "(brackets) {3}",
  "x".repeat(255),
  "ü".repeat(127),
];

/** Each name is made by one client, renamed by the next and deleted by the third. */
async function nameFolders({ bob, quick, old, other }: Place): Promise<void> {
  const clients = [clientOf(other), clientOf(old), commandsOf(bob)];
  const listed = async (names: string[]) => {
    const wanted = names.map((name) => name.normalize("NFC"));
    for (const client of [...clients, clientOf(quick)]) {
      const found = await client.list();
      assert.deepEqual(wanted.filter((name) => !found.includes(name)), [], client.name);
    }
  };
  for (const [at, name] of oddNames.entries()) await clients[at % 3]!.create(name);
  await listed(oddNames);
  const renamed = oddNames.map((name) =>
    `${name.replaceAll("/", "|").slice(0, 120)} ${name.length}`
  );
  for (const [at, name] of [...oddNames.entries()].reverse()) { // those below others first
    await clients[(at + 1) % 3]!.rename(name.normalize("NFC"), renamed[at]!);
  }
  await listed(renamed);
  for (const [at, name] of renamed.entries()) {
    await clients[(at + 2) % 3]!.remove(name.normalize("NFC"));
  }
  for (const client of clients) {
    const left = await client.list();
    assert.deepEqual(renamed.filter((name) => left.includes(name.normalize("NFC"))), []);
  }
}

interface FolderClient {
  readonly name: string;
  list(): Promise<string[]>;
  create(name: string): Promise<unknown>;
  rename(name: string, into: string): Promise<unknown>;
  remove(name: string): Promise<unknown>;
}

function clientOf({ flow }: FlowSession): FolderClient {
  return {
    name: `imapflow with ${[...flow.enabled].join(" ")}`,
    list: async () => (await flow.list()).map(({ path }: { path: string }) => path),
    create: (name) => flow.mailboxCreate(name),
    rename: (name, into) => flow.mailboxRename(name, into),
    remove: (name) => flow.mailboxDelete(name),
  };
}

function commandsOf(person: Person): FolderClient {
  return {
    name: "mailctl",
    list: async () => {
      const { folders } = JSON.parse((await person.do(["folders", "--json"])).out);
      return folders.map(({ name }: { name: string }) => name);
    },
    create: (name) => person.do(["folders", "create", name]),
    rename: (name, into) => person.do(["folders", "rename", name, into]),
    remove: (name) => person.do(["folders", "delete", name]),
  };
}

/** While one session reads 300 messages, another stores and expunges: no number moves before the end. */
async function fetchLong({ bob, old, other }: Place): Promise<void> {
  const mail = (at: number) =>
    `From x Thu Jan  1 00:00:00 2026\nSubject: ${at}\n\n${"long ".repeat(1600)}\n\n`;
  await bob.do(["folders", "create", "Long"]);
  const stdin = Array.from({ length: 300 }, (_, at) => mail(at)).join("");
  await bob.do(["import", "--folder", "Long", "-"], { stdin });
  for (const session of [old, other]) await session.select("Long");
  let expunged = 0;
  old.flow.on("expunge", () => expunged++);
  const told: number[] = [];
  for await (const { seq, source } of old.flow.fetch("1:*", { source: true })) {
    if (told.length === 0) {
      await other.flow.messageFlagsAdd("1:100", ["\\Flagged"]);
      await other.flow.messageDelete("251:300");
    }
    told.push(source === undefined ? 0 : seq);
  }
  const asked = told.filter((seq) => seq > 0);
  assert.deepEqual(told.slice(0, asked.length), asked, "flags are told behind what was asked for");
  const numbers = Array.from({ length: 300 }, (_, at) => at + 1);
  assert.deepEqual(asked.filter((seq) => seq <= 250), numbers.slice(0, 250));
  assert.deepEqual(asked, numbers.filter((seq) => asked.includes(seq)), "in order, and each once");
  assert.equal(expunged, 0);
  await old.flow.noop();
  assert.equal(expunged, 50);
  old.flow.removeAllListeners("expunge");
}

/** Sessions at both bridges fetch, search, store and move at random: no body changes, and none is lost or doubled. */
async function mixAll({ quick, old, other }: Place): Promise<void> {
  const folders = ["Mixed", "Archive/Mixed"];
  for (const name of folders) await quick.flow.mailboxCreate(name);
  const texts = Array.from({ length: 30 }, (_, at) => {
    const body = randomBytes(1 + at * 200).toBase64().replace(/.{1,76}/g, "$&\r\n");
    return `Subject: number ${at}\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}`;
  });
  for (const text of texts) await quick.flow.append("Mixed", text);
  const digests = new Set(await Promise.all(texts.map(digestOf)));
  const pick = <T>(from: readonly T[]) => from[Math.floor(Math.random() * from.length)]!;
  const acts: readonly ((session: FlowSession, uid: string) => unknown)[] = [
    async (session, uid) => {
      for (const text of (await session.sources(uid)).values()) {
        assert.ok(digests.has(await digestOf(text)), text.slice(0, 60));
      }
    },
    ({ flow }) => flow.search({ body: "A" }, { uid: true }),
    ({ flow }) => flow.search({ header: { subject: "number 1" } }),
    ({ flow }, uid) => flow.messageFlagsAdd(uid, [pick(["\\Seen", "$label1"])], { uid: true }),
    ({ flow }, uid) => flow.messageFlagsRemove(uid, ["\\Seen", "$label1"], { uid: true }),
    ({ flow }, uid) => flow.messageMove(uid, pick(folders), { uid: true }),
  ];
  await Promise.all([quick, old, other].map(async (session) => {
    for (let at = 0; at < 60; at++) {
      if (at % 10 === 0) await session.select(pick(folders));
      const uids: number[] = await session.flow.search({ all: true }, { uid: true });
      if (uids.length > 0) await pick(acts)(session, `${pick(uids)}`);
    }
  }));
  const left: string[] = [];
  for (const folder of folders) {
    await other.select(folder);
    for (const text of (await other.sources()).values()) left.push(await digestOf(text));
  }
  assert.deepEqual(left.toSorted(), [...digests].toSorted());
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytesOfString(text) as BufferSource);
  return new Uint8Array(digest).toHex();
}
