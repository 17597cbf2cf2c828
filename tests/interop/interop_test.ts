/** mailctl against a second client, which runs under Node.js and was written from src/wire/WIRE.md alone. */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { Decrypter } from "age-encryption";
import { password, Stage } from "./stage.ts";

const attachmentBytes = 2_500_000; // several pieces of 8.1, and dozens of chunks of age
const texts = [
  "Grüße von einem Fremden\n",
  "inline ".repeat(20_000), // some frames before a login, one after it
  "a longer text ".repeat(200_000), // uploaded, several pieces
];
const alice = "alice@mail.test";
const bob = "bob@mail.test";
const carol = "carol@mail.test";
const dave = "dave@mail.test";
const boxes = [["inbox", "alice", "signed"], ["sent", "bob", "verified"]] as const;
const missing = 1; // states of a gap (9.2)
const accepted = 3;

Deno.test("a client written from WIRE.md alone", async (t) => {
  await using stage = await Stage.open();
  const second = stage.secondClient();
  const attachment = randomBytes(attachmentBytes);
  await Deno.writeFile(`${stage.folder}/random.bin`, attachment);
  await Promise.all(["alice", "bob", "dave"].map((name) => stage.withPassword("register", name)));

  await t.step("registers an account that mailctl logs in to", async () => {
    const made = await second.do("register", "carol", "carol", password);
    deepStrictEqual([made.address, made.isByTicket], [carol, false]);
    const { address, fingerprint } = await stage.withPassword("login", "carol");
    deepStrictEqual([address, fingerprint], [made.address, made.fingerprint]);
  });

  await t.step("logs in by a ticket, and as a device that mailctl lists", async () => {
    const { fingerprint } = await stage.json("whoami", "--user", "bob");
    const known = { address: bob, fingerprint, isByTicket: true };
    const stretched = await stage.stretched("bob");
    deepStrictEqual(await second.do("logIn", "owner", "bob", password, stretched), known);
    deepStrictEqual(await second.do("logInAsDevice", "bob", "owner", "second client"), known);
    match(await stage.text("login", "list", "--user", "bob"), /^second client\tmail\t/m);
  });

  await t.step("opens what mailctl sent, and then its own summary of it", async () => {
    const greeting = ["-s", "Héllo ✓", "-m", "the text", "-a", "random.bin"];
    await stage.mailctl("send", "bob", "--user", "alice", ...greeting);
    const [first] = await second.do("list", "bob", "inbox");
    const [again] = await second.do("list", "bob", "inbox");
    deepStrictEqual([first.how, first.outcome], ["envelope", "unknown"]);
    deepStrictEqual([again.how, again.outcome], ["summary", "signed"]);
    for (const { subject, from, attachments } of [first, again]) {
      const type = "application/octet-stream";
      deepStrictEqual([subject, from], ["Héllo ✓", alice]);
      deepStrictEqual(attachments, [{ name: "random.bin", type, size: attachmentBytes }]);
    }
  });

  await t.step("reads a body in pieces, and gives a receipt that mailctl believes", async () => {
    const { source, text, files } = await second.do("read", "bob", 1, true);
    strictEqual(source, (await stage.mailctl("read", "1", "--user", "bob", "--raw")).toBase64());
    strictEqual(text, "the text");
    deepStrictEqual(files, [{ name: "random.bin", content: attachment.toBase64() }]);
    const { messages: [sent] } = await stage.json("sent", "--user", "alice");
    const [{ state, receipt }] = sent.deliveries;
    deepStrictEqual([state, receipt], ["read", "signed"]);
  });

  await t.step("wrote a summary that mailctl opens", async () => {
    const { messages: [held] } = await stage.json("inbox", "--user", "bob");
    deepStrictEqual([held.subject, held.outcome], ["Héllo ✓", "signed"]);
  });

  await t.step("sends what mailctl lists as signed, and a message id that it refuses", async () => {
    for (const [at, text] of texts.entries()) {
      strictEqual(await second.do("send", "bob", written(text)), 2 + at);
    }
    const forged = { ...written("forged"), messageId: "<forged@mail.test>" };
    strictEqual(await second.do("send", "bob", forged), 5);
    const held = texts.map((text, at) => [at + 2, written(text).subject, bob]).reverse();
    const expected = [[5, null, bob, "invalid"], ...held];
    for (const [command, user, outcome] of boxes) {
      const { messages } = await stage.json(command, "--user", user);
      deepStrictEqual(messages.map(brief), expected.map((seen) => [...seen, outcome].slice(0, 4)));
    }
  });

  await t.step("sent what mailctl reads whole, and believes the receipts for it", async () => {
    deepStrictEqual(await second.do("readersOf", "bob", 2), [{ reader: alice, readAt: null }]);
    for (const [at, text] of texts.entries()) {
      strictEqual(await stage.text("read", `${at + 2}`, "--user", "alice", "--body"), text);
    }
    const [{ reader, readAt }] = await second.do("readersOf", "bob", 2);
    strictEqual(reader, alice);
    ok(readAt > Date.now() - 600_000 && readAt <= Date.now(), `${readAt}`);
  });

  await t.step("opens summaries that mailctl wrote, and no other message id", async () => {
    await second.do("logIn", "alice", "alice", password, await stage.stretched("alice"));
    const seen = await second.do("list", "alice", "inbox");
    const refused = [5, "none", "invalid", "not a bare message id"];
    const held = [4, 3, 2].map((id) => [id, "summary", "signed", undefined]);
    deepStrictEqual(seen.map(opening), [refused, ...held]);
  });

  await t.step("sends to several, who see as much of each other as they may", async () => {
    const files = [{ name: "a.bin", type: "image/png", content: attachment.toBase64() }];
    const several = { to: [alice], cc: [carol], bcc: [dave], subject: "Several", text: "x", files };
    await second.do("send", "bob", several);
    for (const name of ["alice", "carol", "dave"]) {
      const hidden = name === "dave" ? [dave] : [];
      const { messages: [got] } = await stage.json("inbox", "--user", name);
      deepStrictEqual([got.to, got.cc, got.bcc], [[alice], [carol], hidden]);
      const [{ type, size }] = got.attachments;
      deepStrictEqual([type, size], ["image/png", attachmentBytes]);
    }
    const [own] = await second.do("list", "bob", "sent");
    deepStrictEqual([own.to, own.cc, own.bcc], [[alice], [carol], [dave]]);
    const saved = await stage.mailctl("read", "1", "--user", "dave", "--attachment", "a.bin");
    deepStrictEqual(saved, attachment);
  });

  await t.step("is answered in its own thread", async () => {
    const answer = ["--user", "alice", "--reply-to", "2", "-m", "Re"];
    const { id } = await stage.json("send", "bob", ...answer);
    const raw = await stage.text("read", `${id}`, "--user", "alice", "--raw");
    match(raw, /^In-Reply-To: <[0-9a-f-]{36}@mail\.test>\r$/m);
  });

  await t.step("keeps numbers: mailctl misses its mail, and it misses mailctl's", async () => {
    for (const text of ["lost", "seen"]) {
      await second.do("send", "carol", { ...written(text), to: [dave] });
      await stage.mailctl("send", "carol", "--user", "dave", "-m", text, "--expires", "1d");
    }
    await second.do("logIn", "dave", "dave", password, await stage.stretched("dave"));
    await second.do("delete", "dave", 2);
    await second.do("delete", "carol", 3);
    strictEqual((await stage.json("inbox", "--user", "dave")).missing[0].from, carol);
    await second.do("list", "carol", "inbox");
    const gap = async () => {
      const [{ expires, ...gap }] =
        (await second.do("contacts", "carol")).contacts[dave].received.gaps;
      return { ...gap, expires: expires > Date.now() };
    };
    deepStrictEqual(await gap(), { first: 1, last: 1, expires: true, state: missing });
    strictEqual(await stage.text("missing", "--user", "carol"), `${dave}\t1\n`);
    await stage.mailctl("missing", "--accept", "--user", "carol");
    deepStrictEqual(await gap(), { first: 1, last: 1, expires: true, state: accepted });
    await second.do("send", "carol", { ...written("I lack one"), to: [dave] });
    await stage.mailctl("inbox", "--user", "dave");
    const { messages } = await stage.json("sent", "--user", "dave");
    deepStrictEqual(messages.map(stateOf), ["received", "stored"]);
  });

  await t.step("reads a keyring in parts, and puts parts behind those of mailctl", async () => {
    const { fingerprint } = await stage.json("whoami", "--user", "alice");
    await second.do("contacts", "bob");
    await stage.mailctl("verify", "alice", "--user", "bob", "--fingerprint", fingerprint);
    const { contacts, parts, told } = await second.do("contacts", "bob");
    deepStrictEqual([contacts[alice].verified, parts, told], [true, 2, 1]);
    await second.do("verify", "bob", carol);
    const { contacts: listed } = await stage.json("contacts", "--user", "bob");
    const states = [[alice, "verified"], [carol, "verified"], [dave, "signed"]];
    deepStrictEqual(listed.map(addressAndState), states);
    const [newest] = await second.do("list", "bob", "inbox");
    strictEqual(newest.outcome, "verified");
  });

  await t.step("makes folders, files mail, and follows what mailctl files", async () => {
    const id = await second.do("makeFolder", "bob", "Bills/2026");
    await second.do("file", "bob", 1, { folder: id, flags: ["flagged"], keywords: ["todo"] });
    const filed = ["inbox", "--folder", "Bills/2026", "--flagged", "--keyword", "TODO"];
    match(await stage.text(...filed, "--user", "bob"), /^1\t/);
    const { modseq } = await second.do("changes", "bob", 0, false);
    const [told] = await Promise.all([
      second.do("changes", "bob", modseq, true),
      stage.mailctl("flag", "1", "--user", "bob", "+forwarded", "-flagged", "+later"),
    ]);
    const is = { id: 1, folder: id, flags: ["forwarded"], keywords: ["todo", "later"] };
    deepStrictEqual(told.entries, [is]);
    await stage.mailctl("folders", "create", "Later", "--user", "bob");
    await stage.mailctl("move", "1", "Later", "--user", "bob");
    const { folders } = await second.do("folders", "bob");
    const later = folders.find(({ name }: { name: string }) => name === "Later");
    const { entries } = await second.do("changes", "bob", told.modseq, false);
    deepStrictEqual(entries, [{ ...is, folder: later.id }]);
  });

  await t.step("keeps a draft and replaces it, and replaces one of mailctl", async () => {
    const drafts = async () =>
      (await stage.json("drafts", "--user", "bob")).messages.map(subjectOf);
    const first = await second.do("keepDraft", "bob", { ...written("1"), subject: "First" });
    deepStrictEqual(await drafts(), ["First"]);
    const again = { ...written("22"), subject: "Second", bcc: [dave] };
    const { kept, deleted } = await second.do("replaceDraft", "bob", first, again);
    deepStrictEqual([await drafts(), deleted], [["Second"], [first]]);
    const [toBeSent] = await second.do("list", "bob", "sent");
    deepStrictEqual([toBeSent.id, await second.do("draftSentAs", "bob", toBeSent)], [kept, null]);
    const sentAs = await stage.text("send", "--draft", `${kept}`, "--user", "bob");
    deepStrictEqual([await drafts(), await second.do("draftSentAs", "bob", toBeSent)], [
      [],
      Number(sentAs),
    ]);
    const { messages: [got] } = await stage.json("inbox", "--user", "dave");
    deepStrictEqual([got.subject, got.to, got.bcc, got.outcome], [
      "Second",
      [alice],
      [dave],
      "signed",
    ]);
    const theirs = await stage.text("send", "carol", "--user", "bob", "-m", "3", "--save-draft");
    const [draft] = await second.do("list", "bob", "sent");
    const { id, outcome, flags } = draft;
    deepStrictEqual([id, outcome, flags], [Number(theirs), "imported", ["draft"]]);
    await second.do("replaceDraft", "bob", id, { ...written("4444"), subject: "Third" });
    deepStrictEqual(await drafts(), ["Third"]);
  });

  await t.step("opens age files that mailctl exports, as the package and age do", async () => {
    const sealing = [
      "--format",
      "age",
      "-o",
      `${stage.folder}/sealed`,
      "3",
      "4",
    ];
    await stage.mailctl("export", "--user", "alice", ...sealing);
    const keys = `${stage.folder}/alice.key`;
    await Deno.writeFile(keys, await stage.mailctl("keys", "export", "--plain", "--user", "alice"));
    const identity = /^AGE-SECRET-KEY-PQ-1.*$/m.exec(await Deno.readTextFile(keys))![0];
    for (const id of [3, 4]) {
      const source = await stage.mailctl("read", `${id}`, "--user", "alice", "--raw");
      const file = `${stage.folder}/sealed/${id}.age`;
      strictEqual(await second.do("openFile", "alice", file), source.toBase64());
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      deepStrictEqual(await decrypter.decrypt(await Deno.readFile(file)), new Uint8Array(source));
      if (!await knowsOurKeys()) continue;
      const { success, stdout } = await new Deno.Command("age", { args: ["-d", "-i", keys, file] })
        .output();
      deepStrictEqual([success, stdout], [true, source]);
    }
  });

  await t.step("changes a password, and a login that mailctl saved goes on", async () => {
    const typed = "another long password";
    await second.do("changePassword", "carol", typed);
    strictEqual((await stage.json("inbox", "--user", "carol")).messages.length, 2);
    const [old, changed] = await Promise.all(
      [password, typed].map((typed) => stage.stretched("carol", typed)),
    );
    await rejects(second.do("logIn", "carol", "carol", password, old), /error 15: /); // denied
    await second.do("logIn", "carol", "carol", typed, changed);
  });

  await t.step("goes on as a device when mailctl replaces the keys of its account", async () => {
    const { length } = await second.do("list", "bob", "inbox");
    const { fingerprint } = await stage.withPassword("keys", "rotate", "--user", "bob");
    await stage.mailctl("send", "bob", "--user", "alice", "-m", "to the new keys");
    strictEqual((await second.do("logInAgain", "bob")).fingerprint, fingerprint);
    const [newest, ...others] = await second.do("list", "bob", "inbox");
    deepStrictEqual([newest.how, newest.outcome], ["envelope", "verified"]);
    deepStrictEqual(others.map(howOpened), Array(length).fill("summary"));
    await second.do("send", "bob", { ...written("by the new keys"), subject: "Anew" });
    const [followed, earlier] = await second.do("list", "alice", "inbox");
    deepStrictEqual([followed.outcome, earlier.outcome], ["signed", "signed"]);
    const { messages: [got] } = await stage.json("inbox", "--user", "alice");
    deepStrictEqual([got.subject, got.outcome], ["Anew", "signed"]);
  });

  await t.step("refuses another server", async () => {
    const other = stage.fingerprint.replace(/^./, (digit) => digit === "0" ? "1" : "0");
    const astray = stage.secondClient(other);
    await rejects(astray.do("logIn", "bob", "bob", password), /not the server of the fingerprint/);
  });
});

/** True where there is a program `age` that has post-quantum keys: from 1.3 on. */
async function knowsOurKeys(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("age", { args: ["--version"] }).output();
    const [, minor = ""] = /^v?1\.(\d+)/.exec(new TextDecoder().decode(stdout)) ?? [];
    return Number(minor) >= 3;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function written(text: string) {
  return { to: [alice], subject: `Tëst ${text.length}`, text };
}

// deno-lint-ignore no-explicit-any -- JSON of the commands under test, as in the functions below
type Said = any;

function brief({ id, subject, from, outcome }: Said): unknown[] {
  return [id, subject, from, outcome];
}

function opening({ id, how, outcome, why }: Said): unknown[] {
  return [id, how, outcome, why];
}

function howOpened({ how }: Said): string {
  return how;
}

function stateOf({ deliveries: [{ state }] }: Said): string {
  return state;
}

function addressAndState({ address, state }: Said): string[] {
  return [address, state];
}

function subjectOf({ subject }: Said): string {
  return subject;
}

function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}
