/** RFC 3501 2.3.2: a message is recent for the first session that is told of it and may change its folder. */
import assert from "node:assert/strict";
import { RecentMessages } from "../../../../src/gateway/folders/recent_messages.ts";
import { onFolders } from "../../../support/folders_stage.ts";
import { ImapSessionStage } from "../../../support/imap_session_stage.ts";

const letter = "Subject: Hi\r\n\r\nHello\r\n";

/** Two messages that nobody was told of. */
function stageWithRecent(): ImapSessionStage {
  const stage = new ImapSessionStage();
  stage.folders.recent = new RecentMessages(0);
  for (let at = 0; at < 2; at++) stage.folders.deliver("inbox", letter);
  return stage;
}

const status = '* STATUS "INBOX" (RECENT 0)';

Deno.test("SELECT takes what is recent, and EXAMINE and STATUS do not", async () => {
  const stage = stageWithRecent();
  const program = await stage.login();
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(await program.ok("STATUS INBOX (RECENT)"), [status.replace("0", "2")]);
    assert.ok((await program.ok("EXAMINE INBOX")).includes("* 2 RECENT"));
    assert.deepEqual(await program.ok("FETCH 1 FLAGS"), [
      "* 1 FETCH (FLAGS (\\Recent $MailctlVerified))",
    ]);
  }
  assert.ok((await program.ok("SELECT INBOX")).includes("* 2 RECENT"));
  assert.deepEqual(await program.ok("STATUS INBOX (RECENT)"), [status]);
  const other = await stage.login();
  assert.ok((await other.ok("SELECT INBOX")).includes("* 0 RECENT"));
  assert.ok((await program.ok("SELECT INBOX")).includes("* 0 RECENT"));
});

Deno.test("what comes is recent for the session that is told first", async () => {
  const stage = stageWithRecent();
  const [first, second] = [await stage.select(), await stage.select()];
  const message = stage.folders.deliver("inbox", letter);
  assert.deepEqual(await second.ok("NOOP"), ["* 3 EXISTS", "* 1 RECENT"]);
  assert.deepEqual(await first.ok("NOOP"), ["* 3 EXISTS"]);
  stage.folders.alter(message.id, { flags: ["flagged"] });
  const told = (flags: string) => [`* 3 FETCH (UID 3 FLAGS (${flags}\\Flagged $MailctlVerified))`];
  assert.deepEqual(await first.ok("NOOP"), told(""));
  assert.deepEqual(await second.ok("NOOP"), told("\\Recent "));
  stage.folders.lose(message.id);
  assert.deepEqual(await second.ok("NOOP"), ["* 3 EXPUNGE", "* 0 RECENT"]);
});

Deno.test("a copy is recent where it comes", async () => {
  const stage = stageWithRecent();
  const [program, other] = [await stage.select(), await stage.select("Junk")];
  await program.ok("COPY 1:2 Junk");
  assert.deepEqual(await other.ok("NOOP"), ["* 2 EXISTS", "* 2 RECENT"]);
});

const searches: Readonly<Record<string, string>> = {
  RECENT: "* SEARCH 1 2",
  NEW: "* SEARCH 1",
  OLD: "* SEARCH 3",
  "NOT RECENT": "* SEARCH 3",
};

for (const [key, answer] of Object.entries(searches)) {
  Deno.test(`SEARCH ${key}`, async () => {
    const stage = stageWithRecent();
    const program = await stage.select();
    stage.folders.recent = new RecentMessages(Infinity);
    stage.folders.deliver("inbox", letter);
    await program.ok("STORE 2 +FLAGS.SILENT (\\Seen)");
    assert.deepEqual(await program.ok(`SEARCH ${key}`), [answer]);
  });
}

Deno.test("a client of IMAP4rev2 is told of none, and takes them all the same", async () => {
  const stage = stageWithRecent();
  const program = await stage.login();
  await program.ok("ENABLE IMAP4rev2");
  assert.ok(!(await program.ok("SELECT INBOX")).some((line) => line.endsWith("RECENT")));
  assert.deepEqual(await program.ok("FETCH 1 FLAGS"), ["* 1 FETCH (FLAGS ($MailctlVerified))"]);
  stage.folders.deliver("inbox", letter);
  assert.deepEqual(await program.ok("NOOP"), ["* 3 EXISTS"]);
  assert.deepEqual(await (await stage.login()).ok("STATUS INBOX (RECENT)"), [status]);
});

Deno.test("when a bridge starts, nothing is recent; what comes then is, whatever its folder", () =>
  onFolders(async ({ alice, a, b, open }) => {
    await alice.send("bob", "one");
    await a.refresh();
    assert.ok(a.recent.above("inbox") < a.messages("inbox")[0]!.uid);
    const later = await open();
    assert.equal(later.recent.above("inbox"), later.messages("inbox")[0]!.uid);
    later.close();
    await b.refresh();
    const { key } = await b.create("new");
    await b.copy(b.messages("inbox"), key);
    assert.ok(b.recent.above(key) < b.messages(key)[0]!.uid);
  }));
