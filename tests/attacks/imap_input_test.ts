/** Input that no client of IMAP sends: each is refused, and the session goes on where it is clear where the next begins. */
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import { ImapSessionStage } from "../support/imap_session_stage.ts";

const letter = "Subject: Hi\r\n\r\nHello\r\n";
const long = "x".repeat(limits.maxImapLineBytes);

interface Case {
  readonly says: string;
  /** What comes first. */
  readonly hears: RegExp;
  /** The session goes on, and takes what follows for commands. */
  readonly goesOn: boolean;
}

const cases: Readonly<Record<string, Case>> = {
  "a literal of 2^32 bytes": {
    says: "a LOGIN {4294967296}\r\n",
    hears: /^a NO \[TOOBIG\] /,
    goesOn: true,
  },
  "a literal of more bytes than there are": {
    says: "a LOGIN {99999999999999999999}\r\n",
    hears: /^a NO \[TOOBIG\] /,
    goesOn: true,
  },
  "a large literal that does not wait": {
    says: "a LOGIN {99999999999999999999+}\r\n",
    hears: /^\* BYE \[TOOBIG\] /,
    goesOn: false,
  },
  "literals that are too large together": {
    says: `a LIST {40000+}\r\n${"x".repeat(40_000)} {40000}\r\n`,
    hears: /^a NO \[TOOBIG\] /,
    goesOn: true,
  },
  "a NUL in a quoted string": { says: 'a LIST "" "a\0b"\r\n', hears: /^a BAD /, goesOn: true },
  "a CR in a quoted string": { says: 'a LIST "" "a\rb"\r\n', hears: /^a BAD /, goesOn: true },
  "an LF in a quoted string": { says: 'a LIST "" "a\n', hears: /^a BAD /, goesOn: true },
  "an LF alone": { says: "a NOOP\n", hears: /^a BAD End a line with CR and LF/, goesOn: true },
  "an LF alone, and a literal behind it": {
    says: "a LIST {9+}\nb LOGOUT\r\n",
    hears: /^\* BYE /,
    goesOn: false,
  },
  "what is no UTF-8": {
    says: 'a LIST "" "\xe4"\r\n',
    hears: /^a BAD This is not UTF-8/,
    goesOn: true,
  },
  "a line that is too long": {
    says: `a LIST "" ${long}\r\n`,
    hears: /^a BAD The line is too long/,
    goesOn: true,
  },
  "a line that is much too long": {
    says: `a LIST "" ${long.repeat(20)}\r\n`,
    hears: /^a BAD The line is too long/,
    goesOn: true,
  },
  "a line that is too long, and a literal behind it": {
    says: `a LIST "" ${long} {10+}\r\nb LOGOUT\r\n`,
    hears: /^\* BYE The line is too long/,
    goesOn: false,
  },
  "a set that is too long": {
    says: `a FETCH ${"1,".repeat(40_000)}1 FLAGS\r\n`,
    hears: /^a BAD /,
    goesOn: true,
  },
  "a number that is too large": {
    says: "a STORE 4294967296 +FLAGS (x)\r\n",
    hears: /^a BAD /,
    goesOn: true,
  },
  "the number 0": { says: "a FETCH 0 FLAGS\r\n", hears: /^a BAD /, goesOn: true },
  "a set that is none": { says: "a FETCH 1, FLAGS\r\n", hears: /^a BAD /, goesOn: true },
  "an empty line": { says: "\r\n", hears: /^\* BAD /, goesOn: true },
  "a tag alone": { says: "a\r\n", hears: /^\* BAD /, goesOn: true },
  "a tag that is none": { says: "+ NOOP\r\n", hears: /^\* BAD /, goesOn: true },
  "what is no command": {
    says: "a XYZZY\r\n",
    hears: /^a BAD There is no such command/,
    goesOn: true,
  },
  "a name of the prototype": {
    says: "a CONSTRUCTOR\r\n",
    hears: /^a BAD There is no such command/,
    goesOn: true,
  },
  "what has a place elsewhere": { says: "a STARTTLS\r\n", hears: /^a BAD Not now/, goesOn: true },
  "arguments where there are none": { says: "a NOOP now\r\n", hears: /^a BAD /, goesOn: true },
  "a date that is none": {
    says: "a SEARCH BEFORE 31-Feb-2026\r\n",
    hears: /^a BAD /,
    goesOn: true,
  },
  "a keyword that is too long": {
    says: `a STORE 1 +FLAGS (${"k".repeat(65)})\r\n`,
    hears: /^a NO \[LIMIT\] /,
    goesOn: true,
  },
  "too many keywords": {
    says: `a STORE 1 +FLAGS (${Array.from({ length: 65 }, (_, at) => `k${at}`).join(" ")})\r\n`,
    hears: /^a NO \[LIMIT\] /,
    goesOn: true,
  },
  "too many patterns": {
    says: `a LIST "" (${"x ".repeat(100)}x)\r\n`,
    hears: /^a NO \[LIMIT\] /,
    goesOn: true,
  },
  "brackets in brackets": {
    says: `a SEARCH ${"(".repeat(30_000)}\r\n`,
    hears: /^a (?:BAD|NO) /,
    goesOn: true,
  },
  "what a browser says": {
    says: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    hears: /^\* BYE This is not HTTP/,
    goesOn: false,
  },
  "what a browser says first": {
    says: "POST /x HTTP/1.1\r\n\r\nb LOGOUT\r\n",
    hears: /^\* BYE This is not HTTP/,
    goesOn: false,
  },
};

for (const [name, { says, hears, goesOn }] of Object.entries(cases)) {
  for (const maxReadBytes of [7, 65_536]) {
    Deno.test(`IMAP, ${maxReadBytes} bytes at a time: ${name}`, async () => {
      const stage = new ImapSessionStage();
      stage.folders.deliver("inbox", letter);
      const program = await stage.select("INBOX", { maxReadBytes });
      const said = program.say(says).catch(() => {}); // it is closed meanwhile
      assert.match((await program.response())!, hears);
      await said;
      if (goesOn) await program.ok("NOOP");
      else assert.equal(await program.response(), null);
      assert.deepEqual(stage.defects, []);
    });
  }
}

Deno.test("IMAP: what comes unasked before a login ends the session", async () => {
  const stage = new ImapSessionStage();
  const program = await stage.connect();
  await program.say("a APPEND INBOX {10+}\r\nb LOGIN x y\r\n");
  assert.match((await program.response())!, /^a BAD Not now/);
  assert.match((await program.response())!, /^\* BYE /);
  assert.equal(await program.response(), null);
});

Deno.test("IMAP: whoever is refused again and again is cut off; what is answered counts anew", async () => {
  const program = await new ImapSessionStage().login();
  for (let round = 0; round < 2; round++) {
    for (let count = 1; count < limits.maxRefusedCommands; count++) await program.ask("XYZZY");
    await program.ok("NOOP");
  }
  for (let count = 1; count <= limits.maxRefusedCommands; count++) await program.ask("XYZZY");
  assert.equal(await program.response(), "* BYE Too many errors");
  assert.equal(await program.response(), null);
});

Deno.test("IMAP: three wrong passwords are enough, however they are said", async () => {
  const program = await new ImapSessionStage().connect();
  await program.ask("LOGIN alice a");
  await program.ask(`AUTHENTICATE PLAIN ${btoa("\0alice\0b")}`);
  assert.deepEqual(await program.ask("LOGIN alice c"), [
    "x NO [AUTHENTICATIONFAILED] Wrong name or password",
  ]);
  assert.equal(await program.response(), "* BYE Too many errors");
  assert.equal(await program.response(), null);
});

const seeds = [
  'a LIST (SUBSCRIBED) "" (a* "b%") RETURN (STATUS (MESSAGES))\r\n',
  "a UID STORE 1:* (UNCHANGEDSINCE 3) +FLAGS.SILENT (\\Seen x)\r\n",
  'a APPEND Drafts (\\Seen) " 2-Jan-2026 03:04:05 +0130" {4+}\r\nabcd\r\n',
  "a SELECT {5+}\r\nINBOX (QRESYNC (7 3 1:9 (1:2 1:2)))\r\n",
  "a UID SEARCH RETURN (SAVE COUNT) OR (SEEN) NOT FROM {3+}\r\nbob\r\n",
  "a UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (FROM)]<0.9>) (CHANGEDSINCE 1)\r\n",
  "a MOVE $ Archive\r\n",
  "a IDLE\r\nDONE\r\n",
];

Deno.test("IMAP: mutated commands are answered by the grammar, or the session ends", async () => {
  const random = generator(20261129);
  for (let round = 0; round < 800; round++) {
    const stage = new ImapSessionStage();
    stage.folders.deliver("inbox", letter);
    const program = await stage.select("INBOX", { maxReadBytes: 1 + random(30) });
    await program.ok("ENABLE QRESYNC");
    const [text] = seeds.splice(random(seeds.length), 1);
    seeds.push(text!);
    const mutated = mutate(text!, random);
    await program.say(`${mutated}\r\nz9 LOGOUT\r\n`).catch(() => {});
    program.finish();
    while (await program.response() !== null);
    await stage.over();
    assert.deepEqual(stage.defects, [], JSON.stringify(mutated));
  }
});

function mutate(text: string, random: (below: number) => number): string {
  let mutated = text;
  for (let count = random(3); count >= 0; count--) {
    const at = random(mutated.length);
    const to = at + random(4);
    const added =
      ["", " ", "(", ")", '"', "{9+}\r\n", "\r\n", "\0", "*", "0", "\xff", "\\"][random(12)];
    mutated = mutated.slice(0, at) + added + mutated.slice(to);
  }
  return mutated;
}

/** Numbers that are the same each time. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}
