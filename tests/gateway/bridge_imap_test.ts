/** IMAP at a bridge before a real server: two bridges, a command-line client and mail programs on one account. */
import assert from "node:assert/strict";
import { BridgeHere, multiLine } from "../support/bridge_here.ts";
import { HostileServer } from "../support/hostile_server.ts";
import { bytesOfString } from "../../src/mime/byte_string.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { cut, readLeaves } from "../support/mime.ts";

const letter =
  "From: alice@mail.test\r\nTo: bob@mail.test\r\nSubject: Hi\r\nMIME-Version: 1.0\r\n" +
  "Content-Type: text/plain\r\n\r\nHello\r\n";

interface Place {
  readonly server: HostileServer;
  readonly bob: BridgeHere;
  /** Another bridge for the same account. */
  readonly other: BridgeHere;
}

async function staged(work: (place: Place) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bridge-" });
  try {
    await using server = await HostileServer.start();
    const bob = await BridgeHere.start("bob", server.trusted, folder);
    const other = await BridgeHere.again("bob", server.trusted, folder);
    await work({ server, bob, other }).finally(() => {
      bob.bridge.close();
      other.bridge.close();
    });
    assert.deepEqual([bob.trouble, other.trouble], [[], []]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what one bridge changes, the other tells in IDLE", () =>
  staged(async ({ bob, other }) => {
    const [here, there] = [await bob.imap(), await other.imap()];
    for (const program of [here, there]) {
      await program.ok("ENABLE IMAP4rev2"); // which has no RECENT, that the first who hears is told
      await program.ok("SELECT INBOX");
    }
    await there.say("i IDLE\r\n");
    assert.equal(await there.response(), "+ idling");
    const appended = await here.ask(`APPEND INBOX {${letter.length}+}\r\n${letter}`);
    const [, uid = ""] = /\[APPENDUID \d+ (\d+)\]/.exec(appended.at(-1)!) ?? [];
    assert.equal(await there.response(), "* 1 EXISTS");
    await here.ok("STORE 1 +FLAGS (\\Flagged)");
    const flagged = `* 1 FETCH (UID ${uid} FLAGS (\\Flagged))`;
    assert.equal(await there.response(), flagged);
    await here.ok("UID MOVE 1:* Archive");
    assert.equal(await there.response(), "* 1 EXPUNGE");
    await there.say("DONE\r\n");
    await there.until("i");
    await there.ok("SELECT Archive");
    const [fetched = ""] = await there.ok("FETCH 1 (RFC822.SIZE BODY.PEEK[])");
    assert.ok(fetched.endsWith(`BODY[] {${letter.length}}\r\n${letter})`), fetched);
    here.close();
    there.close();
  }));

Deno.test("a text that is appended without a header is text", () =>
  staged(async ({ bob }) => {
    const program = await bob.imap();
    await program.ok("SELECT INBOX");
    const text = "Disk full\r\nsince noon\r\n";
    await program.ask(`APPEND INBOX {${text.length}+}\r\n${text}`);
    const [fetched = ""] = await program.ok("FETCH 1 BODY.PEEK[TEXT]");
    assert.ok(fetched.endsWith(`BODY[TEXT] {${text.length}}\r\n${text})`), fetched);
    program.close();
  }));

Deno.test("files reach mail programs in base64, as long as was told before the message was opened", () =>
  staged(async ({ bob }) => {
    const content = Uint8Array.from({ length: 10_000 }, (_, at) => at);
    const files = ["image/png", "text/plain"].map((type) => ({
      name: "a",
      type,
      size: null,
      content,
    }));
    const draft = { to: ["bob"], cc: [], bcc: [], subject: "files", body: utf8("text") };
    await bob.with((mailbox) => mailbox.send({ ...draft, attachments: files }));
    const program = await bob.imap();
    await program.ok("SELECT INBOX");
    const [size = ""] = await program.ok("FETCH 1 RFC822.SIZE");
    const bytes = Number(/RFC822\.SIZE (\d+)/.exec(size)![1]);
    const [whole = ""] = await program.ok("FETCH 1 BODY.PEEK[]");
    const source = bytesOfString(whole.slice(whole.indexOf("\r\n") + 2, -1));
    assert.ok(whole.includes(`BODY[] {${bytes}}\r\n`));
    assert.equal(source.length, bytes);
    const leaves = await readLeaves(cut(source, 1_000));
    assert.deepEqual(
      leaves.map(({ part: { encoding } }) => encoding),
      ["7bit", "base64", "base64"],
    );
    for (const { content: found } of leaves.slice(1)) assert.deepEqual(found, content);
    const [structure = ""] = await program.ok("FETCH 1 (BODYSTRUCTURE BINARY.SIZE[2])");
    assert.match(structure, /"BASE64" 13686 .*"BASE64" 13686 /i);
    assert.match(structure, /BINARY\.SIZE\[2\] 10000/);
    program.close();
    const maildrop = await bob.pop3();
    assert.equal(await maildrop.ask("LIST 1"), `+OK 1 ${bytes}`);
    assert.equal((await multiLine(maildrop, "RETR 1")).length, bytes);
    await maildrop.talk([["QUIT", "+OK"]]);
  }));

Deno.test("folders, flags, search and expunge at a real account", () =>
  staged(async ({ bob }) => {
    const program = await bob.imap();
    assert.match((await program.ask("CREATE a/b"))[0]!, /^x OK \[MAILBOXID \(F\d+\)\] Created$/);
    assert.equal((await program.ok('LIST "" a*')).length, 2);
    for (let count = 0; count < 3; count++) {
      await program.ok(`APPEND a/b (\\Seen work) {${letter.length}+}\r\n${letter}`);
    }
    const told = await program.ok("SELECT a/b");
    assert.ok(told.includes("* 3 EXISTS"), told.join("\n"));
    assert.deepEqual(await program.ok("SEARCH KEYWORD work SUBJECT hi BODY hello"), [
      "* SEARCH 1 2 3",
    ]);
    assert.match((await program.ask("COPY 2 Archive")).at(-1)!, /^x OK \[COPYUID \d+ \d+ \d+\]/);
    await program.ok("STORE 2 +FLAGS.SILENT (\\Deleted)");
    assert.deepEqual(await program.ok("EXPUNGE"), ["* 2 EXPUNGE", "* 2 RECENT"]);
    assert.deepEqual(await program.ok("STATUS Archive (MESSAGES UNSEEN)"), [
      '* STATUS "Archive" (MESSAGES 1 UNSEEN 0)',
    ]);
    const [quota] = await program.ok('GETQUOTA ""');
    assert.match(quota!, /^\* QUOTA "" \(/);
    await program.ok("RENAME a/b a/c");
    await program.ok("DELETE a/c");
    assert.deepEqual(await program.ok("STATUS Trash (MESSAGES)"), [
      '* STATUS "Trash" (MESSAGES 2)',
    ]);
    program.close();
  }));

Deno.test("while the server is away, what is known is told, and the session stays", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bridge-" });
  try {
    const server = await HostileServer.start();
    const bob = await BridgeHere.start("bob", server.trusted, folder);
    const program = await bob.imap();
    await program.ok(`APPEND INBOX {${letter.length}+}\r\n${letter}`);
    await program.ok("SELECT INBOX");
    await program.ok("FETCH 1 FLAGS");
    await server[Symbol.asyncDispose]();
    for (const command of ["CREATE x", "STORE 1 +FLAGS (\\Seen)", "COPY 1 Archive"]) {
      assert.match((await program.ask(command)).at(-1)!, /^x NO \[UNAVAILABLE\] /, command);
    }
    assert.equal((await program.ok("FETCH 1 FLAGS")).length, 1);
    assert.ok((await program.ok("SELECT INBOX")).includes("* 1 EXISTS"));
    program.close();
    bob.bridge.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
