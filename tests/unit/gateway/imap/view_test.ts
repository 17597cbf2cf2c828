/** What a session is told of changes, and when: RFC 9051 7.5.1. */
import assert from "node:assert/strict";
import { MailError } from "../../../../src/model/errors.ts";
import { breathe } from "../../../support/fake_clock.ts";
import { type ImapProgram, ImapSessionStage } from "../../../support/imap_session_stage.ts";

const letter = "Subject: Hi\r\n\r\nHello\r\n";

async function start(count = 3): Promise<{ stage: ImapSessionStage; program: ImapProgram }> {
  const stage = new ImapSessionStage();
  for (let at = 0; at < count; at++) stage.folders.deliver("inbox", letter);
  return { stage, program: await stage.select() };
}

function ids({ folders }: ImapSessionStage) {
  return folders.messages("inbox").map(({ id }) => id);
}

Deno.test("new mail is told once, and nothing where nothing came", async () => {
  const { stage, program } = await start();
  assert.deepEqual(await program.ok("NOOP"), []);
  stage.folders.deliver("inbox", letter);
  assert.deepEqual(await program.ok("NOOP"), ["* 4 EXISTS"]);
  assert.deepEqual(await program.ok("NOOP"), []);
  stage.folders.deliver("sent", letter);
  assert.deepEqual(await program.ok("CHECK"), []);
});

Deno.test("mail that came by the hundred thousand is told as any other", async () => {
  const { stage, program } = await start(1);
  for (let at = 0; at < 150_000; at++) stage.folders.deliver("inbox", letter);
  assert.deepEqual(await program.ok("NOOP"), ["* 150001 EXISTS"]);
});

Deno.test("flags that others changed are told", async () => {
  const { stage, program } = await start();
  stage.folders.alter(ids(stage)[1]!, { flags: ["flagged"] });
  assert.deepEqual(await program.ok("NOOP"), [
    "* 2 FETCH (UID 2 FLAGS (\\Flagged $MailctlVerified))",
  ]);
  await program.ok("ENABLE CONDSTORE");
  stage.folders.alter(ids(stage)[1]!, { flags: [] });
  assert.deepEqual(await program.ok("NOOP"), [
    "* 2 FETCH (UID 2 FLAGS ($MailctlVerified) MODSEQ (6))",
  ]);
});

Deno.test("STATUS counts what is there now", async () => {
  const { stage, program } = await start(2);
  const counts = async () =>
    (await program.ok("STATUS INBOX (MESSAGES UNSEEN DELETED)"))
      .find((line) => line.startsWith("* STATUS"))?.match(/\d+/g)?.join(" ");
  assert.equal(await counts(), "2 2 0");
  stage.folders.alter(ids(stage)[0]!, { isSeen: true, flags: ["deleted"] });
  assert.equal(await counts(), "2 1 1");
  stage.folders.deliver("inbox", letter);
  assert.equal(await counts(), "3 2 1");
  stage.folders.lose(ids(stage)[0]!);
  assert.equal(await counts(), "2 2 0");
});

for (const command of ["FETCH 1 UID", "STORE 3 +FLAGS.SILENT (\\Seen)", "SEARCH ALL"]) {
  Deno.test(`no number moves in ${command}, and another session's mail comes`, async () => {
    const { stage, program } = await start();
    stage.folders.lose(ids(stage)[1]!);
    stage.folders.deliver("inbox", letter);
    const told = await program.ok(command);
    assert.ok(told.includes("* 4 EXISTS"), told.join());
    assert.ok(!told.some((each) => each.endsWith("EXPUNGE")), told.join());
    assert.deepEqual(await program.ok("NOOP"), ["* 2 EXPUNGE"]);
  });
}

for (
  const command of [
    "UID FETCH 1 UID",
    "UID STORE 3 +FLAGS.SILENT (\\Seen)",
    "UID SEARCH ALL",
    "NOOP",
    "CREATE x",
  ]
) {
  Deno.test(`numbers may move in ${command}`, async () => {
    const { stage, program } = await start();
    stage.folders.lose(ids(stage)[1]!);
    assert.ok((await program.ok(command)).includes("* 2 EXPUNGE"));
  });
}

Deno.test("several that are gone are told from the last, or by their UIDs", async () => {
  const { stage, program } = await start(5);
  stage.folders.lose(...ids(stage).slice(1, 4));
  assert.deepEqual(await program.ok("NOOP"), ["* 4 EXPUNGE", "* 3 EXPUNGE", "* 2 EXPUNGE"]);
  await program.ok("ENABLE QRESYNC");
  stage.folders.lose(...ids(stage));
  assert.deepEqual(await program.ok("NOOP"), ["* VANISHED 1,5"]);
});

/** Each is said after another session deleted the second of three messages. */
const afterLoss: Readonly<Record<string, RegExp>> = {
  "FETCH 1:3 UID": /^x OK \[EXPUNGEISSUED\]/,
  "FETCH 2 UID": /^x OK \[EXPUNGEISSUED\]/,
  "UID FETCH 2 UID": /^x OK FETCH/,
  "STORE 2 +FLAGS (\\Seen)": /^x OK \[EXPUNGEISSUED\]/,
  "UID STORE 2 +FLAGS (\\Seen)": /^x OK STORE/,
  "COPY 2 Archive": /^x NO \[EXPUNGEISSUED\]/,
  "COPY 1:3 Archive": /^x OK \[COPYUID 7 1,3 4:5\]/,
  "MOVE 2 Archive": /^x NO \[EXPUNGEISSUED\]/,
  "UID MOVE 2 Archive": /^x OK/,
};

for (const [command, wanted] of Object.entries(afterLoss)) {
  Deno.test(`of what is gone: ${command}`, async () => {
    const { stage, program } = await start();
    stage.folders.lose(ids(stage)[1]!);
    assert.match((await program.ask(command)).at(-1)!, wanted);
  });
}

Deno.test("what is stored is told once, and silently only what the client knows", async () => {
  const { stage, program } = await start();
  assert.equal((await program.ok("STORE 1 +FLAGS (\\Seen)")).length, 1);
  assert.deepEqual(await program.ok("NOOP"), []);
  stage.folders.alter(ids(stage)[0]!, { flags: ["answered"] });
  assert.deepEqual(await program.ok("STORE 1:2 +FLAGS.SILENT (\\Flagged)"), [
    "* 1 FETCH (UID 1 FLAGS (\\Answered \\Flagged \\Seen $MailctlVerified))",
  ]);
  assert.deepEqual(await program.ok("NOOP"), []);
});

Deno.test("another session is told what this one stores", async () => {
  const { stage, program } = await start();
  const other = await stage.select();
  await program.ok("STORE 1 +FLAGS.SILENT (\\Seen)");
  assert.deepEqual(await other.ok("NOOP"), ["* 1 FETCH (UID 1 FLAGS (\\Seen $MailctlVerified))"]);
});

Deno.test("IDLE tells at once, and ends by DONE", async () => {
  const { stage, program } = await start();
  await program.say("i IDLE\r\n");
  assert.equal(await program.response(), "+ idling");
  stage.folders.deliver("inbox", letter);
  assert.equal(await program.response(), "* 4 EXISTS");
  stage.folders.alter(ids(stage)[0]!, { isSeen: true });
  assert.equal(await program.response(), "* 1 FETCH (UID 1 FLAGS (\\Seen $MailctlVerified))");
  stage.folders.lose(ids(stage)[0]!);
  assert.equal(await program.response(), "* 1 EXPUNGE");
  await program.say("done\r\n");
  assert.deepEqual(await program.until("i"), ["x OK IDLE completed"]);
  assert.equal(stage.folders.listeners, 0);
});

Deno.test("IDLE tells what changed before it began", async () => {
  const { stage, program } = await start();
  stage.folders.deliver("inbox", letter);
  await program.say("i IDLE\r\n");
  assert.equal(await program.response(), "+ idling");
  assert.equal(await program.response(), "* 4 EXISTS");
});

Deno.test("IDLE is ended by DONE alone, and by the end of the connection", async () => {
  const { stage, program } = await start();
  await program.say("i IDLE\r\nNOOP\r\n");
  assert.deepEqual(await program.until("i"), ["+ idling", "x BAD IDLE ends by DONE"]);
  await program.say("i IDLE\r\n");
  assert.equal(await program.response(), "+ idling");
  program.close();
  await stage.over();
  assert.deepEqual([stage.folders.listeners, stage.defects], [0, []]);
});

Deno.test("changes that cannot be told now are told later", async () => {
  const { stage, program } = await start();
  stage.folders.alter(ids(stage)[0]!, { isSeen: true });
  const facts = stage.folders.facts;
  stage.folders.facts = () =>
    Promise.reject(new MailError("unavailable", "Cannot reach the server"));
  assert.deepEqual(await program.ok("NOOP"), []);
  stage.folders.facts = facts;
  assert.equal((await program.ok("NOOP")).length, 1);
});

Deno.test("reading a message marks it as seen, which is told with it; EXAMINE does not", async () => {
  const { stage, program } = await start();
  const told = await program.ok("FETCH 1 BODY[]");
  assert.ok(told.some((each) => each.includes("\\Seen")), told.join());
  assert.ok(stage.folders.messages("inbox")[0]!.isSeen);
  assert.deepEqual(await program.ok("NOOP"), []);
  await program.ok("EXAMINE INBOX");
  await program.ok("FETCH 2 BODY[]");
  assert.ok(!stage.folders.messages("inbox")[1]!.isSeen);
});

Deno.test("a message is read although it cannot be marked now", async () => {
  const { stage, program } = await start();
  stage.folders.change = () =>
    Promise.reject(new MailError("unavailable", "Cannot reach the server"));
  assert.equal((await program.ok("FETCH 1 BODY[]")).length, 1);
});

Deno.test("what changed and vanished since, by UID", async () => {
  const { stage, program } = await start(5);
  await program.ok("ENABLE QRESYNC");
  const { modseq } = stage.folders;
  stage.folders.lose(ids(stage)[1]!, ids(stage)[2]!);
  await program.ok("NOOP");
  stage.folders.alter(ids(stage)[0]!, { isSeen: true });
  await program.ok("NOOP");
  assert.deepEqual(await program.ok(`UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${modseq} VANISHED)`), [
    "* VANISHED (EARLIER) 2:3",
    "* 1 FETCH (UID 1 FLAGS (\\Seen $MailctlVerified) MODSEQ (8))",
  ]);
});

Deno.test("VANISHED in SELECT is what the client knows and is gone", async () => {
  const { stage, program } = await start(5);
  await program.ok("ENABLE QRESYNC");
  stage.folders.lose(ids(stage)[0]!, ids(stage)[4]!);
  const told = await program.ok("SELECT INBOX (QRESYNC (7 1 1:3,5))");
  assert.ok(told.includes("* VANISHED (EARLIER) 1,5"), told.join("\n"));
});

const matches: readonly [match: string, vanished: string | null][] = [
  ["1:3 1,3,5", null], // the client has what is there
  ["1:2 1,3", "4"],
  ["1:5 1:5", "2,4"], // it has what was there
  ["1,5 1,5", "2,4"],
  ["3 5", "2,4"], // what it has below is not told
  ["9 5", "2,4"],
  ["1:4294967295 1:4294967295", "2,4"],
  ["1:3 1", "2,4"],
  ["* 5", "2,4"],
];

for (const [match, vanished] of matches) {
  Deno.test(`of UIDs that a client has by number, those that are there did not vanish: (${match})`, async () => {
    const { stage, program } = await start(5);
    await program.ok("ENABLE QRESYNC");
    stage.folders.lose(ids(stage)[1]!, ids(stage)[3]!);
    const told = await program.ok(`SELECT INBOX (QRESYNC (7 1 1:5 (${match})))`);
    assert.deepEqual(
      told.filter((line) => line.includes("VANISHED")),
      vanished === null ? [] : [`* VANISHED (EARLIER) ${vanished}`],
    );
  });
}

Deno.test("VANISHED tells only what went since, where that is known", async () => {
  const { stage, program } = await start(5);
  await program.ok("ENABLE QRESYNC");
  stage.folders.lose(ids(stage)[0]!, ids(stage)[4]!);
  stage.folders.vanished = [5];
  const told = await program.ok("SELECT INBOX (QRESYNC (7 1))");
  assert.ok(told.includes("* VANISHED (EARLIER) 5"), told.join("\n"));
  assert.deepEqual(await program.ok("UID FETCH 1:4 (FLAGS) (CHANGEDSINCE 99 VANISHED)"), []);
});

Deno.test("ten thousand messages: a NOOP without changes looks at none", async () => {
  const { stage, program } = await start(0);
  const letters = Array.from({ length: 10_000 }, () => stage.folders.deliver("sent", letter));
  let looked = 0;
  const watched = new Proxy(letters, {
    get: (target, name) => {
      looked++;
      return Reflect.get(target, name);
    },
  });
  stage.folders.messages = () => watched;
  await program.ok("NOOP"); // all of them come
  looked = 0;
  assert.deepEqual(await program.ok("NOOP"), []);
  assert.equal(looked, 0);
});

Deno.test("IDLE goes on where a change cannot be told now", async () => {
  const { stage, program } = await start();
  const facts = stage.folders.facts;
  stage.folders.facts = () =>
    Promise.reject(new MailError("unavailable", "Cannot reach the server"));
  await program.say("i IDLE\r\n");
  assert.equal(await program.response(), "+ idling");
  stage.folders.alter(ids(stage)[0]!, { isSeen: true });
  await breathe();
  stage.folders.facts = facts;
  stage.folders.deliver("inbox", letter);
  assert.equal(await program.response(), "* 4 EXISTS");
  assert.equal(await program.response(), "* 1 FETCH (UID 1 FLAGS (\\Seen $MailctlVerified))");
});

/** Each switches CONDSTORE on: RFC 7162 3.1.2. */
const condstoreCommands = [
  "ENABLE CONDSTORE",
  "ENABLE QRESYNC",
  "FETCH 1 MODSEQ",
  "FETCH 1 UID (CHANGEDSINCE 1)",
  "STORE 1 (UNCHANGEDSINCE 99) +FLAGS (\\Seen)",
  "SEARCH MODSEQ 1",
  "STATUS Sent (HIGHESTMODSEQ)",
  'LIST "" Sent RETURN (STATUS (HIGHESTMODSEQ))',
];

for (const command of condstoreCommands) {
  Deno.test(`${command} tells how far the open folder is, once`, async () => {
    const { program } = await start();
    const line = "* OK [HIGHESTMODSEQ 4] The newest change";
    assert.ok((await program.ok(command)).includes(line));
    assert.ok(!(await program.ok(command)).includes(line));
  });
}

Deno.test("where no folder is open, CONDSTORE is switched on in silence", async () => {
  const program = await new ImapSessionStage().login();
  assert.equal((await program.ok("STATUS INBOX (HIGHESTMODSEQ)")).length, 1);
});

Deno.test("MODSEQ is told with flags that changed, and where it is asked for", async () => {
  const { program } = await start();
  await program.ok("ENABLE CONDSTORE");
  assert.deepEqual(await program.ok("FETCH 1 UID"), ["* 1 FETCH (UID 1)"]);
  assert.deepEqual(await program.ok("FETCH 1 (UID BODY[TEXT])"), [
    "* 1 FETCH (UID 1 BODY[TEXT] {7}\r\nHello\r\n FLAGS (\\Seen $MailctlVerified) MODSEQ (5))",
  ]);
});

Deno.test("LOGOUT tells nothing of the folder", async () => {
  const { stage, program } = await start();
  stage.folders.lose(ids(stage)[0]!);
  stage.folders.deliver("inbox", letter);
  assert.deepEqual(await program.ok("LOGOUT"), ["* BYE Goodbye"]);
});

const flagsWithNew = /^\* FLAGS \(\\Answered .* new \$MailctlVerified .*\)$/;

/** Each makes a message have a keyword that the session was not told of. */
const newKeywords: Readonly<
  Record<string, (stage: ImapSessionStage, program: ImapProgram) => Promise<string[]>>
> = {
  "that it stores": (_, program) => program.ok("STORE 1 +FLAGS (new)"),
  "that another session stores": (stage, program) => {
    stage.folders.alter(ids(stage)[0]!, { keywords: ["new"] });
    return program.ok("NOOP");
  },
  "that it appends": async (_, program) => {
    assert.deepEqual(await program.ok("APPEND INBOX (new) {2+}\r\nxy"), ["* 4 EXISTS"]);
    return await program.ok("FETCH 4 FLAGS");
  },
  "that it stores silently": async (_, program) => {
    assert.deepEqual(await program.ok("STORE 1 +FLAGS.SILENT (new)"), []);
    return await program.ok("FETCH 1 FLAGS");
  },
  "of a copy": async (stage, program) => {
    stage.folders.deliver("sent", letter, { keywords: ["new"] });
    await stage.folders.copy(stage.folders.messages("sent"), "inbox");
    await program.ok("NOOP");
    return await program.ok("FETCH 4 FLAGS");
  },
};

for (const [name, change] of Object.entries(newKeywords)) {
  Deno.test(`a keyword ${name} is announced before it is told, once`, async () => {
    const { stage, program } = await start();
    const [announced, told] = await change(stage, program);
    assert.match(announced!, flagsWithNew);
    assert.match(told!, /^\* [14] FETCH \(.*FLAGS \(new \$MailctlVerified\)\)$/);
    assert.ok(!(await program.ok("FETCH 1:* FLAGS")).some((each) => each.startsWith("* FLAGS")));
  });
}

Deno.test("a message that its owner put there has the flags it was given, and no other", async () => {
  const { stage, program } = await start(0);
  stage.folders.outcomeKeyword = null;
  await program.ok("APPEND INBOX (\\Seen $Forwarded) {2+}\r\nxy");
  assert.deepEqual(await program.ok("FETCH 1 FLAGS"), ["* 1 FETCH (FLAGS (\\Seen $Forwarded))"]);
  assert.deepEqual(await program.ok("SEARCH KEYWORD $MailctlVerified"), ["* SEARCH"]);
});
