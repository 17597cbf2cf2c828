/** Sessions of IMAP, by what is said and answered. */
import assert from "node:assert/strict";
import { MailError } from "../../../../src/model/errors.ts";
import {
  dialListener,
  listenerHere,
  startTls,
  testIdentity,
} from "../../../support/listener_here.ts";
import {
  compareAnswers,
  ImapProgram,
  ImapSessionStage,
} from "../../../support/imap_session_stage.ts";

const letter = "From: bob@example.org\r\nSubject: Hi\r\n\r\nHello\r\n";

/** Begins: three letters in the inbox, the second read, the third to be deleted. */
function stageWithMail(): ImapSessionStage {
  const stage = new ImapSessionStage();
  stage.folders.deliver("inbox", letter);
  stage.folders.deliver("inbox", letter, { isSeen: true, keywords: ["work"] });
  stage.folders.deliver("inbox", letter, { flags: ["deleted"] });
  return stage;
}

interface Dialogue {
  /** Said before, each answered by OK. */
  readonly before?: readonly string[];
  readonly says: string;
  readonly hears: readonly (string | RegExp)[];
}

/** Where the account is not open yet. */
const outside: Readonly<Record<string, Dialogue>> = {
  "capabilities": {
    says: "CAPABILITY",
    hears: [
      /^\* CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN LITERAL\+ /,
      "x OK CAPABILITY completed",
    ],
  },
  "a login": {
    says: 'LOGIN alice "secret word"',
    hears: [/^x OK \[CAPABILITY IMAP4rev2 IMAP4rev1 LITERAL\+ .*\] Logged in$/],
  },
  "a wrong password": {
    says: "LOGIN alice nothing",
    hears: ["x NO [AUTHENTICATIONFAILED] Wrong name or password"],
  },
  "a login by SASL in one line": {
    says: `AUTHENTICATE PLAIN ${btoa("\0alice\0secret word")}`,
    hears: [/^x OK \[CAPABILITY /],
  },
  "a mechanism that is not there": {
    says: "AUTHENTICATE CRAM-MD5",
    hears: ["x NO [CANNOT] There is no such mechanism"],
  },
  "what needs a login": {
    says: "SELECT INBOX",
    hears: ["x BAD Not now: SELECT is for when you are logged in"],
  },
  "what is no command": { says: "XYZZY", hears: ["x BAD There is no such command"] },
  "who it is": {
    says: 'ID ("name" "x" "os" NIL)',
    hears: ['* ID ("name" "mailctl")', "x OK ID completed"],
  },
  "who it is, unnamed": { says: "ID NIL", hears: ['* ID ("name" "mailctl")', "x OK ID completed"] },
  "TLS that is not there": { says: "STARTTLS", hears: ["x BAD TLS is not available"] },
  "the end": { says: "LOGOUT", hears: ["* BYE Goodbye", "x OK LOGOUT completed"] },
};

for (const [name, { says, hears }] of Object.entries(outside)) {
  Deno.test(`before a login: ${name}`, async () => {
    const stage = new ImapSessionStage();
    const program = await stage.connect();
    compareAnswers(await program.ask(says), hears);
    program.close();
    await stage.over();
    assert.deepEqual(stage.defects, []);
  });
}

const inside: Readonly<Record<string, Dialogue>> = {
  "enabled": {
    says: "ENABLE qresync X-NONE UTF8=ACCEPT",
    hears: ["* ENABLED QRESYNC UTF8=ACCEPT", "x OK ENABLE completed"],
  },
  "namespace": {
    says: "NAMESPACE",
    hears: ['* NAMESPACE (("" "/")) NIL NIL', "x OK NAMESPACE completed"],
  },
  "a folder opened": {
    says: "SELECT inbox",
    hears: [
      "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded work $MailctlVerified $MailctlSigned $MailctlUnknown $MailctlUnsigned $MailctlNotice)",
      "* 3 EXISTS",
      "* 0 RECENT",
      "* OK [UNSEEN 1] The first unread message",
      "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded work \\*)] Flags that stay",
      "* OK [UIDVALIDITY 7] UIDs are valid",
      "* OK [UIDNEXT 4] The next UID",
      "* OK [HIGHESTMODSEQ 4] The newest change",
      "* OK [MAILBOXID (Finbox)] The folder, whatever its name",
      "x OK [READ-WRITE] Selected",
    ],
  },
  "a folder opened by rev2": {
    before: ["ENABLE IMAP4rev2"],
    says: "EXAMINE Archive",
    hears: [
      /^\* FLAGS /,
      "* 0 EXISTS",
      "* OK [PERMANENTFLAGS ()] Flags that stay",
      "* OK [UIDVALIDITY 7] UIDs are valid",
      "* OK [UIDNEXT 4] The next UID",
      "* OK [HIGHESTMODSEQ 4] The newest change",
      "* OK [MAILBOXID (F1)] The folder, whatever its name",
      '* LIST (\\HasNoChildren \\Subscribed \\Archive) "/" "Archive"',
      "x OK [READ-ONLY] Selected",
    ],
  },
  "a folder opened in the place of another": {
    before: ["SELECT INBOX"],
    says: "SELECT Junk",
    hears: [
      /^\* OK \[CLOSED\]/,
      /FLAGS/,
      "* 0 EXISTS",
      "* 0 RECENT",
      /PERMANENT/,
      /UIDVAL/,
      /UIDNEXT/,
      /MODSEQ/,
      /MAILBOXID/,
      /^x OK/,
    ],
  },
  "no such folder": {
    says: "SELECT Nothing",
    hears: ["x NO [NONEXISTENT] There is no such folder"],
  },
  "what changed, by QRESYNC": {
    before: ["ENABLE QRESYNC"],
    says: "SELECT INBOX (QRESYNC (7 3 1:9 (1:2 1:2)))",
    hears: [
      /^\* FLAGS /,
      "* 3 EXISTS",
      "* 0 RECENT",
      /UNSEEN/,
      /PERMANENT/,
      /UIDVAL/,
      /UIDNEXT/,
      /MODSEQ/,
      /MAILBOXID/,
      "* 3 FETCH (UID 3 FLAGS (\\Deleted $MailctlVerified) MODSEQ (4))",
      "x OK [READ-WRITE] Selected",
    ],
  },
  "what changed, of another UIDVALIDITY": {
    before: ["ENABLE QRESYNC"],
    says: "SELECT INBOX (QRESYNC (8 3))",
    hears: [
      /^\* FLAGS /,
      "* 3 EXISTS",
      "* 0 RECENT",
      /UNSEEN/,
      /PERMANENT/,
      /UIDVAL/,
      /UIDNEXT/,
      /MODSEQ/,
      /MAILBOXID/,
      /^x OK/,
    ],
  },
  "QRESYNC that is not enabled": { says: "SELECT INBOX (QRESYNC (7 3))", hears: [/^x BAD /] },
  "counts": {
    says:
      "STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ MAILBOXID APPENDLIMIT DELETED-STORAGE)",
    hears: [
      `* STATUS "INBOX" (MESSAGES 3 RECENT 0 UIDNEXT 4 UIDVALIDITY 7 UNSEEN 2 DELETED 1 SIZE ${
        3 * letter.length
      } HIGHESTMODSEQ 4 MAILBOXID (Finbox) APPENDLIMIT 1000 DELETED-STORAGE ${letter.length})`,
      "x OK STATUS completed",
    ],
  },
  "a count that is none": {
    says: "STATUS INBOX (MESSAGES SIZES)",
    hears: ["x BAD There is no such item of STATUS"],
  },
  "quota without a limit": {
    says: 'GETQUOTA ""',
    hears: ['* QUOTA "" ()', "x OK GETQUOTA completed"],
  },
  "the root of a quota": {
    says: "GETQUOTAROOT INBOX",
    hears: ['* QUOTAROOT "INBOX" ""', '* QUOTA "" ()', "x OK GETQUOTAROOT completed"],
  },
  "a folder made": { says: "CREATE a/b/", hears: ["x OK [MAILBOXID (F23)] Created"] },
  "a folder made twice": {
    before: ["CREATE a"],
    says: "CREATE a",
    hears: [/^x NO \[ALREADYEXISTS\] Cannot create a: /],
  },
  "INBOX deleted": { says: "DELETE inbox", hears: ["x NO [CANNOT] Cannot delete: it stays"] },
  "UNSUBSCRIBE": { says: "UNSUBSCRIBE Junk", hears: ["x OK UNSUBSCRIBE completed"] },
  "a name that is not in modified UTF-7": {
    says: "CREATE &AOQ",
    hears: ["x NO [CANNOT] The name is not in modified UTF-7"],
  },
  "expunged": {
    before: ["SELECT INBOX"],
    says: "EXPUNGE",
    hears: ["* 3 EXPUNGE", "x OK Deleted"],
  },
  "expunged by UID, where QRESYNC is on": {
    before: ["ENABLE QRESYNC", "SELECT INBOX"],
    says: "UID EXPUNGE 1:*",
    hears: ["* VANISHED 3", /^x OK \[HIGHESTMODSEQ \d+\] Deleted$/],
  },
  "expunged by UID, but another": {
    before: ["SELECT INBOX"],
    says: "UID EXPUNGE 1:2",
    hears: ["x OK Nothing to delete"],
  },
  "nothing expunged where it is read only": {
    before: ["EXAMINE INBOX"],
    says: "EXPUNGE",
    hears: ["x NO [CANNOT] The folder is open for reading only"],
  },
  "closed and not expunged where it is read only": {
    before: ["EXAMINE INBOX", "CLOSE", "SELECT INBOX"],
    says: "EXPUNGE",
    hears: ["* 3 EXPUNGE", "x OK Deleted"],
  },
  "closed and expunged": {
    before: ["SELECT INBOX", "CLOSE"],
    says: "STATUS INBOX (MESSAGES)",
    hears: ['* STATUS "INBOX" (MESSAGES 2)', /^x OK/],
  },
  "unselected and not expunged": {
    before: ["SELECT INBOX", "UNSELECT"],
    says: "STATUS INBOX (MESSAGES)",
    hears: ['* STATUS "INBOX" (MESSAGES 3)', /^x OK/],
  },
  "flags added": {
    before: ["SELECT INBOX"],
    says: "STORE 1:2 +FLAGS (\\Flagged Work)",
    hears: [
      "* 1 FETCH (UID 1 FLAGS (\\Flagged Work $MailctlVerified))",
      "* 2 FETCH (UID 2 FLAGS (\\Flagged \\Seen Work $MailctlVerified))",
      "x OK STORE completed",
    ],
  },
  "flags removed, by UID": {
    before: ["SELECT INBOX"],
    says: "UID STORE 2 -FLAGS \\Seen work",
    hears: ["* 2 FETCH (UID 2 FLAGS ($MailctlVerified))", "x OK STORE completed"],
  },
  "flags replaced": {
    before: ["SELECT INBOX"],
    says: "STORE 2 FLAGS (\\Draft $forwarded)",
    hears: [
      "* 2 FETCH (UID 2 FLAGS (\\Draft $Forwarded $MailctlVerified))",
      "x OK STORE completed",
    ],
  },
  "flags changed silently": {
    before: ["SELECT INBOX"],
    says: "STORE 1 +FLAGS.SILENT (\\Seen)",
    hears: ["x OK STORE completed"],
  },
  "flags changed silently, where CONDSTORE is on": {
    before: ["SELECT INBOX (CONDSTORE)"],
    says: "STORE 1 +FLAGS.SILENT (\\Seen)",
    hears: ["* 1 FETCH (UID 1 FLAGS (\\Seen $MailctlVerified) MODSEQ (5))", "x OK STORE completed"],
  },
  "the outcome, which nobody sets": {
    before: ["SELECT INBOX"],
    says: "STORE 1 +FLAGS.SILENT ($MailctlSigned)",
    hears: ["* 1 FETCH (UID 1 FLAGS ($MailctlVerified))", "x OK STORE completed"],
  },
  "a flag that is none": {
    before: ["SELECT INBOX"],
    says: "STORE 1 +FLAGS (\\Nothing)",
    hears: ["x BAD There is no flag \\Nothing"],
  },
  "flags of what did not change since": {
    before: ["SELECT INBOX"],
    says: "STORE 1:3 (UNCHANGEDSINCE 3) +FLAGS (\\Seen)",
    hears: [
      "* OK [HIGHESTMODSEQ 4] The newest change",
      "* 1 FETCH (UID 1 FLAGS (\\Seen $MailctlVerified) MODSEQ (5))",
      "* 2 FETCH (UID 2 FLAGS (\\Seen work $MailctlVerified) MODSEQ (6))",
      "x OK [MODIFIED 3] The others are changed",
    ],
  },
  "nothing changed where it is read only": {
    before: ["EXAMINE INBOX"],
    says: "STORE 1 +FLAGS (\\Seen)",
    hears: ["x NO [CANNOT] The folder is open for reading only"],
  },
  "copied": {
    before: ["SELECT INBOX"],
    says: "COPY 1:2 Archive",
    hears: ["x OK [COPYUID 7 1:2 4:5] Copied"],
  },
  "copied by UID": {
    before: ["SELECT INBOX"],
    says: "UID COPY 3,1 Archive",
    hears: ["x OK [COPYUID 7 1,3 4:5] Copied"],
  },
  "copied to nowhere": {
    before: ["SELECT INBOX"],
    says: "COPY 1 Nothing",
    hears: ["x NO [TRYCREATE] There is no such folder"],
  },
  "copied, and nothing is meant": {
    before: ["SELECT INBOX"],
    says: "UID COPY 9 Archive",
    hears: ["x OK COPY completed"],
  },
  "moved": {
    before: ["SELECT INBOX"],
    says: "MOVE 1:2 Archive",
    hears: ["* OK [COPYUID 7 1:2 4:5] Moved", "* 2 EXPUNGE", "* 1 EXPUNGE", "x OK MOVE completed"],
  },
  "moved, where QRESYNC is on": {
    before: ["ENABLE QRESYNC", "SELECT INBOX"],
    says: "UID MOVE 1:2 Archive",
    hears: ["* OK [COPYUID 7 1:2 4:5] Moved", "* VANISHED 1:2", "x OK MOVE completed"],
  },
  "found": {
    before: ["SELECT INBOX"],
    says: "SEARCH UNSEEN",
    hears: ["* SEARCH 1 3", "x OK SEARCH completed"],
  },
  "found by UID and modseq": {
    before: ["SELECT INBOX"],
    says: "UID SEARCH MODSEQ 3",
    hears: [/^\* OK \[HIGHESTMODSEQ 4\]/, "* SEARCH 2 3 (MODSEQ 4)", "x OK SEARCH completed"],
  },
  "found by UTF-8 in quotes, as imapfilter asks": {
    before: ["APPEND INBOX {20+}\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\n\r\n", "SELECT INBOX"],
    says: 'UID SEARCH CHARSET "UTF-8" ALL SUBJECT "Gr\xc3\xbc\xc3\x9fe"',
    hears: ["* SEARCH 4", "x OK SEARCH completed"],
  },
  "found by UTF-8 without quotes, as Gnus asks": {
    before: ["APPEND INBOX {20+}\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\n\r\n", "SELECT INBOX"],
    says: "UID SEARCH CHARSET UTF-8 TEXT Gr\xc3\xbc\xc3\x9fe",
    hears: ["* SEARCH 4", "x OK SEARCH completed"],
  },
  "a folder in UTF-8 that is not enabled": {
    says: 'CREATE "B\xc3\xa4r"',
    hears: ["x NO [CANNOT] The name is not in modified UTF-7"],
  },
  "nothing found": {
    before: ["SELECT INBOX"],
    says: "SEARCH DRAFT",
    hears: ["* SEARCH", "x OK SEARCH completed"],
  },
  "found, in short": {
    before: ["SELECT INBOX"],
    says: "UID SEARCH RETURN (MIN MAX COUNT ALL) ALL",
    hears: ['* ESEARCH (TAG "x") UID MIN 1 MAX 3 ALL 1:3 COUNT 3', "x OK SEARCH completed"],
  },
  "nothing found, in short": {
    before: ["SELECT INBOX"],
    says: "SEARCH RETURN (MIN COUNT) DRAFT",
    hears: ['* ESEARCH (TAG "x") COUNT 0', "x OK SEARCH completed"],
  },
  "found, by rev2": {
    before: ["ENABLE IMAP4rev2", "SELECT INBOX"],
    says: "SEARCH UNSEEN",
    hears: ['* ESEARCH (TAG "x") ALL 1,3', "x OK SEARCH completed"],
  },
  "found and kept": {
    before: ["SELECT INBOX", "SEARCH RETURN (SAVE) UNSEEN"],
    says: "COPY $ Archive",
    hears: ["x OK [COPYUID 7 1,3 4:5] Copied"],
  },
  "found and kept, but the ends": {
    before: ["SELECT INBOX", "SEARCH RETURN (SAVE MIN) ALL"],
    says: "UID COPY $ Archive",
    hears: ["x OK [COPYUID 7 1 4] Copied"],
  },
  "numbers that nobody was told": {
    before: ["SELECT INBOX"],
    says: "STORE 4 +FLAGS (\\Seen)",
    hears: ["x BAD There is no such message"],
  },
  "a set that goes beyond": {
    before: ["SELECT INBOX"],
    says: "COPY 3:4294967295 Archive",
    hears: ["x OK [COPYUID 7 3 4] Copied"],
  },
  "the UID 0": {
    before: ["SELECT INBOX"],
    says: "UID STORE 0 +FLAGS (\\Seen)",
    hears: ["x BAD There is no such number"],
  },
  "the last of none": {
    before: ["SELECT Junk"],
    says: "COPY * Archive",
    hears: ["x OK COPY completed"],
  },
  "what needs a folder": {
    says: "FETCH 1 FLAGS",
    hears: ["x BAD Not now: FETCH is for when you are in a folder"],
  },
  "UID before what has none": {
    before: ["SELECT INBOX"],
    says: "UID CLOSE",
    hears: ["x BAD There is no such command"],
  },
};

for (const [name, { before = [], says, hears }] of Object.entries(inside)) {
  Deno.test(`in an account: ${name}`, async () => {
    const stage = stageWithMail();
    const program = await stage.login();
    for (const each of before) await program.ok(each);
    compareAnswers(await program.ask(says), hears);
    program.close();
    await stage.over();
    assert.deepEqual([stage.defects, stage.opened, stage.folders.listeners], [[], 0, 0]);
  });
}

/** Said in one go, and answered in order. */
Deno.test("commands may be said ahead", async () => {
  const program = await stageWithMail().login();
  await program.say("a SELECT INBOX\r\nb STORE 1 +FLAGS.SILENT (\\Seen)\r\nc NOOP\r\nd CLOSE\r\n");
  for (const tag of ["a", "b", "c", "d"]) {
    assert.match((await program.until(tag)).at(-1)!, /^x OK /);
  }
});

Deno.test("what is cut anywhere is read as it is whole", async () => {
  const program = await stageWithMail().select("INBOX", { maxReadBytes: 1 });
  await program.say("a COPY 1 {7+}\r\nArchive\r\n");
  assert.deepEqual(await program.until("a"), ["x OK [COPYUID 7 1 4] Copied"]);
  await program.say("b LIST {0+}\r\n {4}\r\n");
  assert.equal(await program.response(), "+ OK");
  await program.say("Sent\r\n");
  assert.deepEqual(await program.until("b"), [
    '* LIST (\\HasNoChildren \\Subscribed \\Sent) "/" "Sent"',
    "x OK LIST completed",
  ]);
});

Deno.test("an account that cannot be opened leaves the session as it is", async () => {
  const stage = stageWithMail();
  stage.failure = new MailError("unavailable", "Cannot reach the server");
  const program = await stage.login();
  for (let count = 0; count < 30; count++) {
    assert.deepEqual(await program.ask("SELECT INBOX"), [
      "x NO [UNAVAILABLE] Cannot reach the server",
    ]);
  }
  stage.failure = null;
  await program.ok("SELECT INBOX");
  stage.folders.failure = new MailError("unavailable", "Cannot reach the server");
  assert.deepEqual(await program.ask("NOOP"), ["x OK NOOP completed"]);
  assert.deepEqual(await program.ask("EXPUNGE"), ["x NO [UNAVAILABLE] Cannot reach the server"]);
  await program.ok("STATUS INBOX (MESSAGES)");
});

Deno.test("whoever is known need not log in", async () => {
  const stage = stageWithMail();
  stage.isPreauthenticated = true;
  const program = await stage.connect();
  assert.match((await program.ask("LOGIN a b"))[0]!, /^x BAD Not now/);
  await program.ok("SELECT INBOX");
});

Deno.test("a mechanism in steps", async () => {
  const program = await new ImapSessionStage().connect();
  await program.say("a AUTHENTICATE PLAIN\r\n");
  assert.equal(await program.response(), "+ ");
  await program.say(`${btoa("\0alice\0secret word")}\r\n`);
  assert.match((await program.until("a"))[0]!, /^x OK /);
});

Deno.test("a mechanism that the client gives up", async () => {
  const program = await new ImapSessionStage().connect();
  await program.say("a AUTHENTICATE PLAIN\r\n*\r\n");
  assert.equal(await program.response(), "+ ");
  assert.deepEqual(await program.until("a"), ["x BAD Cancelled"]);
});

Deno.test("quota as far as it goes", async () => {
  const stage = stageWithMail();
  stage.folders.maxBytes = 10_240;
  const program = await stage.login();
  assert.deepEqual(await program.ok('GETQUOTA ""'), ['* QUOTA "" (STORAGE 1 10)']);
  assert.deepEqual(await program.ask("GETQUOTA root"), [
    "x NO [NONEXISTENT] There is no such quota root",
  ]);
});

Deno.test("STARTTLS: it is offered, and what was said ahead does not count inside", async () => {
  const { pem, identity } = await testIdentity();
  const stage = new ImapSessionStage(identity);
  using listener = listenerHere((connection) => stage.speak(connection));
  const { connection, socket } = await dialListener(listener);
  const plain = new ImapProgram(connection);
  assert.match((await plain.response())!, / AUTH=PLAIN STARTTLS /);
  await plain.say('a STARTTLS\r\nb LOGIN alice "secret word"\r\n');
  assert.deepEqual(await plain.until("a"), ["x OK Begin TLS"]);
  const program = new ImapProgram(await startTls(socket, pem));
  assert.match((await program.ask("SELECT INBOX"))[0]!, /^x BAD Not now/);
  assert.deepEqual(await program.ask("STARTTLS"), ["x BAD TLS is not available"]);
  await program.ok('LOGIN alice "secret word"');
  await program.ok("LOGOUT");
  program.close();
});
