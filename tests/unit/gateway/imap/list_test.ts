/** LIST, LSUB and the names in them. */
import assert from "node:assert/strict";
import { matchesPattern, shortPattern } from "../../../../src/gateway/imap/name_pattern.ts";
import { compareAnswers, ImapSessionStage } from "../../../support/imap_session_stage.ts";

const builtIn = [
  '* LIST (\\HasNoChildren \\Subscribed) "/" "INBOX"',
  '* LIST (\\HasNoChildren \\Subscribed \\Sent) "/" "Sent"',
  '* LIST (\\HasNoChildren \\Subscribed \\Archive) "/" "Archive"',
  '* LIST (\\HasNoChildren \\Subscribed \\Drafts) "/" "Drafts"',
  '* LIST (\\HasNoChildren \\Subscribed \\Trash) "/" "Trash"',
  '* LIST (\\HasNoChildren \\Subscribed \\Junk) "/" "Junk"',
];
const lists: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  'LIST "" *': [
    ...builtIn,
    '* LIST (\\HasChildren \\Subscribed) "/" "a"',
    '* LIST (\\HasChildren \\Subscribed) "/" "a/b"',
    '* LIST (\\HasNoChildren) "/" "a/b/c"',
    '* LIST (\\NonExistent \\Noselect \\HasChildren) "/" "x"',
    '* LIST (\\HasNoChildren \\Subscribed) "/" "x/y"',
    '* LIST (\\HasNoChildren \\Subscribed) "/" "B&AOQ-r"',
  ],
  'LIST "" ""': ['* LIST (\\Noselect) "/" ""'],
  'LIST "" inbox': [builtIn[0]!],
  'LIST "" A%': [builtIn[2]!],
  "LIST a/ %": ['* LIST (\\HasChildren \\Subscribed) "/" "a/b"'],
  'LIST "" "%/%"': [
    '* LIST (\\HasChildren \\Subscribed) "/" "a/b"',
    '* LIST (\\HasNoChildren \\Subscribed) "/" "x/y"',
  ],
  'LIST "" B&AOQ-r': ['* LIST (\\HasNoChildren \\Subscribed) "/" "B&AOQ-r"'],
  'LIST "" Nothing': [],
  'LIST "" &AOQ': [],
  'LIST "" (&AOQ Junk)': [builtIn[5]!],
  'LSUB "" &AOQ': [],
  'LIST (SPECIAL-USE) "" *': builtIn.slice(1),
  'LIST "" (INBOX Junk) RETURN (SUBSCRIBED CHILDREN SPECIAL-USE)': [builtIn[0]!, builtIn[5]!],
  'LIST (SUBSCRIBED) "" a*': [
    '* LIST (\\HasChildren \\Subscribed) "/" "a"',
    '* LIST (\\HasChildren \\Subscribed) "/" "a/b"',
  ],
  'LIST (SUBSCRIBED) "" x*': [
    '* LIST (\\HasNoChildren \\Subscribed) "/" "x/y"',
    '* LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" "x/gone"',
  ],
  'LIST (SUBSCRIBED) "" % RETURN (STATUS (MESSAGES))': builtIn.flatMap((line, at) => [
    line,
    `* STATUS "${["INBOX", "Sent", "Archive", "Drafts", "Trash", "Junk"][at]}" (MESSAGES 0)`,
  ]).concat(
    '* LIST (\\HasChildren \\Subscribed) "/" "a"',
    '* STATUS "a" (MESSAGES 0)',
    '* LIST (\\HasNoChildren \\Subscribed) "/" "B&AOQ-r"',
    '* STATUS "B&AOQ-r" (MESSAGES 0)',
  ),
  'LIST (SUBSCRIBED RECURSIVEMATCH) "" x': [
    '* LIST (\\NonExistent \\HasChildren) "/" "x" ("CHILDINFO" ("SUBSCRIBED"))',
  ],
  'LIST (SUBSCRIBED RECURSIVEMATCH) "" (x x/%)': [
    '* LIST (\\HasNoChildren \\Subscribed) "/" "x/y"',
    '* LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" "x/gone"',
  ],
  'LIST (SUBSCRIBED RECURSIVEMATCH) "" (x x/y)': [
    '* LIST (\\NonExistent \\HasChildren) "/" "x" ("CHILDINFO" ("SUBSCRIBED"))',
    '* LIST (\\HasNoChildren \\Subscribed) "/" "x/y"',
  ],
  'LIST (SUBSCRIBED RECURSIVEMATCH) "" a': [
    '* LIST (\\HasChildren \\Subscribed) "/" "a" ("CHILDINFO" ("SUBSCRIBED"))',
  ],
  'LIST "" x* RETURN (STATUS (MESSAGES UNSEEN))': [
    '* LIST (\\NonExistent \\Noselect \\HasChildren) "/" "x"',
    '* LIST (\\HasNoChildren \\Subscribed) "/" "x/y"',
    '* STATUS "x/y" (MESSAGES 0 UNSEEN 0)',
  ],
  'LSUB "" a*': ['* LSUB () "/" "a"', '* LSUB () "/" "a/b"'],
  'LSUB "" x%': ['* LSUB (\\Noselect) "/" "x"'],
  'LSUB "" x*': ['* LSUB () "/" "x/y"', '* LSUB () "/" "x/gone"'],
};

async function start() {
  const stage = new ImapSessionStage();
  const program = await stage.login();
  for (const name of ["a/b/c", "x/y", "B&AOQ-r"]) await program.ok(`CREATE ${name}`);
  for (const name of ["a", "a/b", "x/y", "x/gone", "B&AOQ-r"]) {
    await program.ok(`SUBSCRIBE ${name}`);
  }
  stage.folders.folders = stage.folders.folders.filter(({ name }) => name !== "x");
  return program;
}

for (const [command, wanted] of Object.entries(lists)) {
  Deno.test(command, async () => compareAnswers(await (await start()).ok(command), wanted));
}

/** No folder has a name that is not in modified UTF-7. */
const namesNobody: Readonly<Record<string, string>> = {
  "SELECT &AOQ": "NONEXISTENT",
  "STATUS &AOQ (MESSAGES)": "NONEXISTENT",
  "COPY 1 &AOQ": "NONEXISTENT",
  "APPEND &AOQ {2+}\r\nxy": "NONEXISTENT",
  "DELETE &AOQ": "NONEXISTENT",
  "RENAME &AOQ x": "NONEXISTENT",
  "RENAME a &AOQ": "CANNOT",
  "SUBSCRIBE &AOQ": "CANNOT",
  "CREATE &AOQ": "CANNOT",
};

for (const [command, code] of Object.entries(namesNobody)) {
  Deno.test(`a name that nobody may write: ${command}`, async () => {
    const program = await start();
    await program.ok("SELECT INBOX");
    await program.ok("APPEND INBOX {2+}\r\nxy");
    assert.ok((await program.ask(command)).at(-1)!.startsWith(`x NO [${code}] `));
  });
}

const malformed = [
  'LIST (RECURSIVEMATCH) "" *',
  'LIST (NOTHING) "" *',
  'LIST "" * RETURN (NOTHING)',
  'LIST "" () RETURN ()',
  "LIST",
  'LIST "" * more',
];

for (const command of malformed) {
  Deno.test(`malformed: ${command}`, async () => {
    assert.match((await (await start()).ask(command)).at(-1)!, /^x BAD /);
  });
}

Deno.test("names are UTF-8 once that is enabled", async () => {
  const program = await start();
  await program.ok("ENABLE UTF8=ACCEPT");
  assert.deepEqual(await program.ok('LIST "" "B\xc3\xa4r"'), [
    '* LIST (\\HasNoChildren \\Subscribed) "/" "B\xc3\xa4r"',
  ]);
  assert.match((await program.ask('LIST "" "B\xe4r"'))[0]!, /^x BAD This is not UTF-8/);
});

Deno.test("a name stays subscribed when its folder goes, until it is unsubscribed", async () => {
  const program = await start();
  const asked = 'LIST (SUBSCRIBED) "" B*';
  await program.ok("DELETE B&AOQ-r");
  assert.deepEqual(await program.ok(asked), [
    '* LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" "B&AOQ-r"',
  ]);
  assert.deepEqual(await program.ok('LIST "" B*'), []);
  await program.ok("UNSUBSCRIBE B&AOQ-r");
  assert.deepEqual(await program.ok(asked), []);
  for (const name of ["inbox", "Sent", "Sent"]) await program.ok(`UNSUBSCRIBE ${name}`);
  assert.deepEqual(await program.ok('LIST "" INBOX'), ['* LIST (\\HasNoChildren) "/" "INBOX"']);
  assert.deepEqual(await program.ok('LSUB "" INBOX'), []);
});

Deno.test("a folder is renamed and deleted by its name", async () => {
  const program = await start();
  await program.ok("RENAME a/b/c &2D3eAA-"); // an emoji
  assert.equal((await program.ok('LIST "" &2D3eAA-')).length, 1);
  await program.ok("DELETE &2D3eAA-");
  assert.match((await program.ask("DELETE &2D3eAA-"))[0]!, /^x NO \[NONEXISTENT\]/);
});

/** Pattern, name, and whether they match. */
const patterns: readonly (readonly [string, string, boolean])[] = [
  ["*", "a/b", true],
  ["%", "a/b", false],
  ["%", "a", true],
  ["a/%", "a/b", true],
  ["a*c", "a/b/c", true],
  ["a%c", "abc", true],
  ["a%c", "a/c", false],
  ["%*%", "a/b", true],
  ["inbox", "INBOX", true],
  ["inbox", "Inbox", false],
  ["", "a", false],
  ["*\u{1f600}", "a\u{1f600}", true],
  ["*a".repeat(200), "a".repeat(255), true],
  ["*a".repeat(20_000), "a".repeat(255), false],
  ["%".repeat(60_000), "a", true],
];

for (const [pattern, name, wanted] of patterns) {
  Deno.test(`pattern ${pattern.slice(0, 20)} and ${name.slice(0, 20)}`, () => {
    const short = shortPattern(pattern);
    assert.equal(short !== null && matchesPattern(short, name), wanted);
  });
}

Deno.test("a folder that another machine made just now is found by every command", async () => {
  const commands = [
    "SELECT New",
    "STATUS New (MESSAGES)",
    "APPEND New {1+}\r\nx",
    "COPY 1 New",
    "MOVE 1 New",
    "RENAME New Newer",
    "DELETE New",
    "UNSUBSCRIBE New",
  ];
  for (const command of [...commands, 'LIST "" New', 'LSUB "" New']) {
    const stage = new ImapSessionStage();
    stage.folders.deliver("inbox", "Subject: x\r\n\r\nx\r\n");
    const program = await stage.select();
    stage.folders.unheard = "New";
    const untagged = await program.ok(command);
    if (command.startsWith("LIST")) assert.match(untagged.join(), /New/, command);
    program.close();
  }
});
