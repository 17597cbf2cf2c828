/** APPEND: what is stored, and what is not. */
import assert from "node:assert/strict";
import { MailError } from "../../../../src/model/errors.ts";
import { ImapSessionStage } from "../../../support/imap_session_stage.ts";

const letter = "Subject: Hi\r\n\r\nHello\r\n";

interface Case {
  readonly says: string;
  readonly hears: readonly string[];
  /** Of what is in Drafts afterwards. */
  readonly stored?: string;
}

const cases: Readonly<Record<string, Case>> = {
  "at once": {
    says: `a APPEND Drafts {${letter.length}+}\r\n${letter}\r\n`,
    hears: ["x OK [APPENDUID 7 1] Stored"],
    stored: letter,
  },
  "once it was told to go on": {
    says: `a APPEND Drafts {${letter.length}}\r\n${letter}\r\n`,
    hears: ["+ OK", "x OK [APPENDUID 7 1] Stored"],
    stored: letter,
  },
  "a name as a literal": {
    says: `a APPEND {6+}\r\nDrafts {2+}\r\nxy\r\n`,
    hears: ["x OK [APPENDUID 7 1] Stored"],
    stored: "xy",
  },
  "eight bits": {
    says: "a APPEND Drafts ~{5+}\r\n\r\n\xff\r\n\r\n",
    hears: ["x OK [APPENDUID 7 1] Stored"],
    stored: "\r\n\xff\r\n",
  },
  "a NUL": {
    says: "a APPEND Drafts ~{5+}\r\n\r\n\0\xff\n\r\n",
    hears: ["x OK [APPENDUID 7 1] Stored"],
    stored: "Content-Transfer-Encoding: base64\r\n\r\nAP8K\r\n",
  },
  "a literal8 that is cut short": {
    says: "a APPEND Drafts ~{5+}\r\n\r\n\0\xff\nmore\r\n",
    hears: ["x BAD One message, and nothing behind it"],
  },
  "to nowhere, at once": {
    says: `a APPEND Nothing {${letter.length}+}\r\n${letter}\r\n`,
    hears: ["x NO [TRYCREATE] There is no such folder"],
  },
  "to nowhere, where the client waits": {
    says: "a APPEND Nothing {99}\r\n",
    hears: ["x NO [TRYCREATE] There is no such folder"],
  },
  "of no bytes": {
    says: "a APPEND Drafts {0+}\r\n\r\n",
    hears: ["x NO [CANNOT] The message is empty"],
  },
  "of no message": {
    says: "a APPEND Drafts (\\Seen)\r\n",
    hears: ['x BAD Cannot read the command at " Drafts (\\Seen)"'],
  },
  "of two messages": {
    says: "a APPEND Drafts {2+}\r\nxy {2+}\r\nxy\r\n",
    hears: ["* BYE One message, and nothing behind it", "end"],
  },
  "of something behind it": {
    says: "a APPEND Drafts {2+}\r\nxyz\r\n",
    hears: ["x BAD One message, and nothing behind it"],
  },
  "a flag that is none": {
    says: "a APPEND Drafts (\\Nothing) {2+}\r\nxy\r\n",
    hears: ["x BAD There is no flag \\Nothing"],
  },
  "a day that is none": {
    says: 'a APPEND Drafts "30-Feb-2026 00:00:00 +0000" {2+}\r\nxy\r\n',
    hears: ["x BAD There is no such day"],
  },
  "too large, where the client waits": {
    says: "a APPEND Drafts {1001}\r\n",
    hears: ["x NO [TOOBIG] A message may have 1000 bytes"],
  },
  "too large, at once": {
    says: "a APPEND Drafts {1001+}\r\n",
    hears: ["x NO [TOOBIG] A message may have 1000 bytes", "* BYE Too many errors"],
  },
  "of 2^32 bytes": {
    says: "a APPEND Drafts {4294967296}\r\n",
    hears: ["x NO [TOOBIG] A message may have 1000 bytes"],
  },
  "of more bytes than there are": {
    says: "a APPEND Drafts {99999999999999999999}\r\n",
    hears: ["x NO [TOOBIG] A message may have 1000 bytes"],
  },
  "in UTF8, which is not enabled": {
    says: "a APPEND Drafts UTF8 (~{2+}\r\nxy)\r\n",
    hears: ['x BAD Cannot read the command at "UTF8 ("'],
  },
};

for (const [name, { says, hears, stored }] of Object.entries(cases)) {
  for (const maxReadBytes of [1, 64]) {
    Deno.test(`APPEND ${name}, ${maxReadBytes} bytes at a time`, async () => {
      const stage = new ImapSessionStage();
      const program = await stage.login({ maxReadBytes });
      await program.say(says);
      const heard = await program.until("a");
      if (hears.at(-1)!.startsWith("* BYE")) heard.push((await program.response())!);
      assert.deepEqual(heard, hears);
      const texts = stage.folders.messages("drafts" as never).concat(stage.folders.messages(2));
      assert.deepEqual(
        texts.map((each) => stage.folders.text(each)),
        stored === undefined ? [] : [stored],
      );
      if (!hears.some((each) => each.includes("BYE"))) await program.ok("NOOP"); // nothing is left over
      assert.deepEqual(stage.defects, []);
    });
  }
}

Deno.test("APPEND keeps flags, keywords and the date, and is told in its folder", async () => {
  const stage = new ImapSessionStage();
  const program = await stage.select("Drafts");
  const date = '" 2-Jan-2026 03:04:05 +0130"';
  assert.deepEqual(
    await program.ok(`APPEND Drafts (\\Seen \\Draft $Label1) ${date} {2+}\r\nxy`),
    ["* 1 EXISTS"],
  );
  const [message] = stage.folders.messages(2);
  assert.deepEqual(
    [message!.isSeen, message!.flags, message!.keywords, message!.internalDate],
    [true, ["draft"], ["$Label1"], Date.UTC(2026, 0, 2, 1, 34, 5)],
  );
});

Deno.test("APPEND knows the day whether it has one digit or two", async () => {
  const stage = new ImapSessionStage();
  const program = await stage.login();
  for (const day of [" 2", "02", "2"]) { // the last by Horde's library
    await program.ok(`APPEND Drafts "${day}-Jan-2026 03:04:05 +0000" {2+}\r\nxy`);
  }
  const dates = stage.folders.messages(2).map(({ internalDate }) => internalDate);
  assert.deepEqual(dates, Array(3).fill(Date.UTC(2026, 0, 2, 3, 4, 5)));
});

Deno.test("APPEND takes mail from before 1970 and from the end of time, with a date that FETCH can tell", async () => {
  const stage = new ImapSessionStage();
  const program = await stage.select("Drafts");
  // The first is what servers have that know no time, in a zone of their own.
  for (const date of ["01-Jan-1970 00:00:00 +0100", "31-Dec-9999 23:59:59 -1400"]) {
    await program.ok(`APPEND Drafts "${date}" {2+}\r\nxy`);
  }
  assert.deepEqual(await program.ok("FETCH 1:* INTERNALDATE"), [
    '* 1 FETCH (INTERNALDATE " 1-Jan-1970 00:00:00 +0000")',
    '* 2 FETCH (INTERNALDATE "31-Dec-9999 23:59:59 +0000")',
  ]);
});

Deno.test("APPEND in UTF8, once it is enabled", async () => {
  const stage = new ImapSessionStage();
  const program = await stage.login();
  await program.ok("ENABLE UTF8=ACCEPT");
  await program.ok("APPEND Drafts UTF8 (~{2+}\r\nxy)");
  assert.equal(stage.folders.messages(2).length, 1);
});

for (
  const [name, begin] of Object.entries({
    "in the message": "xy",
    "before the end of its line": "xyz",
  })
) {
  Deno.test(`APPEND that is cut off ${name} is not stored`, async () => {
    const stage = new ImapSessionStage();
    const program = await stage.login();
    await program.say(`a APPEND Drafts {3+}\r\n${begin}`);
    program.close();
    await stage.over();
    assert.deepEqual([stage.folders.messages(2), stage.defects], [[], []]);
  });
}

Deno.test("a message that the server does not take is passed over", async () => {
  const stage = new ImapSessionStage();
  const program = await stage.login();
  stage.folders.failure = new MailError("over_quota", "The mailbox is full");
  const answer = await program.ask(`APPEND Drafts {${letter.length}+}\r\n${letter}`);
  assert.deepEqual(answer, ["x NO [OVERQUOTA] The mailbox is full"]);
  await program.ok("CAPABILITY");
});

Deno.test("a message that fails in its midst is passed over", async () => {
  const stage = new ImapSessionStage();
  stage.folders.append = async (_, { content }) => {
    for await (const bytes of content) {
      if (bytes.length > 0) throw new MailError("over_quota", "The mailbox is full");
    }
    return 0;
  };
  const program = await stage.login({ maxReadBytes: 5 });
  const answer = await program.ask(`APPEND Drafts {${letter.length}+}\r\n${letter}`);
  assert.deepEqual(answer, ["x NO [OVERQUOTA] The mailbox is full"]);
  await program.ok("CAPABILITY");
});
