/** SEARCH: what each key finds, and what it opens for that. */
import assert from "node:assert/strict";
import { readSearch } from "../../../../../src/gateway/imap/items/search_request.ts";
import { NumberSet } from "../../../../../src/gateway/imap/number_set.ts";
import { Bad, No } from "../../../../../src/gateway/imap/refusal.ts";
import { MailError } from "../../../../../src/model/errors.ts";
import { commandText, searchNumbers } from "../../../../support/imap_stage.ts";
import { MemoryFolders } from "../../../../support/memory_folders.ts";

const day = (date: string) => Date.parse(`${date}T12:00:00Z`);

/** Six messages of all kinds: UIDs 1, 2, 4, 5, 6, 8. */
function stage(): MemoryFolders {
  const folders = new MemoryFolders();
  const put = (lines: readonly string[], more: Parameters<MemoryFolders["deliver"]>[2] = {}) =>
    folders.deliver("inbox", lines.join("\r\n"), more);
  put([
    "From: Alice Müller <alice@example.org>".replace("ü", "\xc3\xbc"),
    "To: bob@example.org",
    "Subject: Quarterly report",
    "Date: Thu, 01 Jan 2026 23:30:00 -0500",
    "",
    "The budget is attached.",
  ], { isSeen: true, flags: ["answered"], internalDate: day("2026-01-02") });
  put([
    "From: carol@example.net",
    "To: bob@example.org",
    "Cc: dave@example.org",
    "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_aus?=",
    "  =?utf-8?Q?_K=C3=B6ln?=",
    "Date: Fri, 02 Jan 2026 00:30:00 +0500",
    "X-Empty:",
    "Content-Type: text/plain; charset=iso-8859-1",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "Sch=F6ne Gr=FC=",
    "=DFe!",
  ], { flags: ["flagged", "forwarded"], keywords: ["Work"], internalDate: day("2026-02-01") });
  folders.uidNext++;
  put([
    "From: alice@example.org",
    "Subject: with a file",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/html",
    "",
    "<p>Hello <b>wor</b>ld, a&amp;b</p>",
    "--b",
    "Content-Type: application/pdf; name=invoice.pdf",
    "Content-Transfer-Encoding: base64",
    "",
    "c2VjcmV0",
    "--b",
    "Content-Type: message/rfc822",
    "",
    "Subject: inner matter",
    "",
    "nested words",
    "--b--",
    "",
  ], { flags: ["deleted"], internalDate: day("2026-03-01") });
  put(["Subject: a draft", "", ""], { flags: ["draft"], internalDate: day("2026-06-14") });
  put(["Date: not a date", "", "x".repeat(1000)], {
    isSeen: true,
    internalDate: day("2026-06-14"),
  });
  folders.uidNext++;
  put(['Subject: last \\ "quoted"', "", "the very last"], {
    internalDate: Date.UTC(2026, 5, 14, 23, 59, 50),
  });
  return folders;
}

const all = [1, 2, 3, 4, 5, 6];
const none: number[] = [];

/** Query -> sequence numbers. */
const table: readonly (readonly [query: string, found: readonly number[]])[] = [
  ["ALL", all],
  ["answered", [1]],
  ["UNANSWERED", [2, 3, 4, 5, 6]],
  ["DELETED", [3]],
  ["UNDELETED", [1, 2, 4, 5, 6]],
  ["DRAFT", [4]],
  ["UNDRAFT", [1, 2, 3, 5, 6]],
  ["FLAGGED", [2]],
  ["UNFLAGGED", [1, 3, 4, 5, 6]],
  ["SEEN", [1, 5]],
  ["UNSEEN", [2, 3, 4, 6]],
  ["NEW", none],
  ["OLD", all],
  ["RECENT", none],
  ["KEYWORD work", [2]],
  ["UNKEYWORD Work", [1, 3, 4, 5, 6]],
  ["KEYWORD $Forwarded", [2]],
  ["KEYWORD $mailctlverified", all],
  ["KEYWORD $MailctlUnknown", none],
  ["LARGER 1000", [5]],
  ["SMALLER 30", [4]],
  ["LARGER 999999999999", none],
  ["BEFORE 1-Feb-2026", [1]],
  ["ON 1-Feb-2026", [2]],
  ['SINCE "1-Feb-2026"', [2, 3, 4, 5, 6]],
  ["ON 14-jun-2026", [4, 5, 6]],
  ["SENTON 1-Jan-2026", [1]],
  ["SENTON 2-Jan-2026", [2]],
  ["SENTBEFORE 2-Jan-2026", [1, 3, 4, 5, 6]],
  ["SENTSINCE 2-Jan-2026", [2]],
  ["NOT SENTSINCE 2-Jan-2026", [1, 3, 4, 5, 6]],
  ["YOUNGER 10", [6]],
  ["YOUNGER 9", none],
  ["OLDER 10", all],
  ["OLDER 11", [1, 2, 3, 4, 5]],
  ["FROM alice", [1, 3]],
  ["FROM muller", [1]],
  ["FROM {M\xc3\x9cLLER}", [1]],
  ["TO bob", [1, 2]],
  ["CC dave", [2]],
  ["BCC dave", none],
  ["SUBJECT report", [1]],
  ['SUBJECT "grüsse aus koln"'.replace("ü", "u"), [2]],
  ["CHARSET UTF-8 SUBJECT {Gr\xc3\xbc\xc3\x9fe}", [2]],
  ['CHARSET "us-ascii" SUBJECT report', [1]],
  ["CHARSET utf8 SUBJECT {Gr\xc3\xbc\xc3\x9fe}", [2]],
  ["CHARSET utf_8 (SUBJECT {Gr\xc3\xbc\xc3\x9fe})", [2]],
  ["CHARSET ascii SUBJECT report", [1]],
  ['SUBJECT "last \\\\ \\"quo"', [6]],
  ['HEADER X-Empty ""', [2]],
  ['HEADER Date ""', [1, 2, 5]],
  ['HEADER {Subject} "FILE"', [3]],
  ["HEADER X-None x", none],
  ["BODY budget", [1]],
  ['BODY "schone grusse!"', [2]],
  ['BODY "hello world, a&b"', [3]],
  ["BODY invoice", none],
  ["BODY secret", none],
  ["BODY nested", [3]],
  ["BODY matter", none],
  ["TEXT invoice.pdf", [3]],
  ['TEXT "inner matter"', [3]],
  ["TEXT report", [1]],
  ["TEXT budget", [1]],
  ["TEXT koln", [2]],
  ['BODY ""', all],
  ["1", [1]],
  ["2:4,6", [2, 3, 4, 6]],
  ["*", [6]],
  ["100:*", [6]],
  ["9", none],
  ["UID 4", [3]],
  ["UID 5:*", [4, 5, 6]],
  ["UID 3", none],
  ["$", [2, 3]],
  ["UID $", [2, 3]],
  ["NOT $", [1, 4, 5, 6]],
  ["MODSEQ 5", [4, 5, 6]],
  ['MODSEQ "/flags/\\\\draft" all 5', [4, 5, 6]],
  ["EMAILID M3", [3]],
  ["THREADID T3", none],
  ["OR SEEN FLAGGED", [1, 2, 5]],
  ["NOT OR SEEN FLAGGED", [3, 4, 6]],
  ["NOT NOT SEEN", [1, 5]],
  ["SEEN ANSWERED", [1]],
  ["(SEEN (ANSWERED))", [1]],
  ["OR (FROM alice DELETED) (NOT UNSEEN LARGER 1000)", [3, 5]],
  ["OR DRAFT OR BODY budget BODY last", [1, 4, 6]],
  ["NOT (BODY budget)", [2, 3, 4, 5, 6]],
  ["RETURN () ALL", all],
  ["RETURN (MIN) CHARSET UTF-8 BODY last", [6]],
];

for (const [query, found] of table) {
  Deno.test(`SEARCH ${query} finds ${found.join(",") || "nothing"}`, async () => {
    const saved = NumberSet.of([2, 3, 4]);
    const numbers = await searchNumbers(stage(), query, { saved });
    assert.deepEqual(numbers, found);
  });
}

/** Query -> how often something was opened. */
for (
  const [query, opened] of [
    ["UNSEEN ON 1-Feb-2026 LARGER 10 KEYWORD $MailctlVerified", 0],
    ["FROM alice", 6],
    ["DELETED FROM alice", 1],
    ["DELETED FROM nobody BODY x", 1],
    ["DELETED BODY x", 1],
    ["DELETED FROM alice BODY x", 2],
    ["OR UNSEEN BODY x", 2],
    ["TEXT report", 11],
  ] as const
) {
  Deno.test(`SEARCH ${query} opens ${opened} times`, async () => {
    const folders = stage();
    await searchNumbers(folders, query);
    assert.equal(folders.opened, opened);
  });
}

const deep = (count: number) => "(".repeat(count) + "SEEN" + ")".repeat(count);

/** What is no search: BAD. */
for (
  const query of [
    "",
    " ALL",
    "ALL ",
    "NONSENSE",
    "NOT",
    "OR SEEN",
    "()",
    "(SEEN",
    "SEEN)",
    "0",
    "1:0",
    "UID",
    "UID x",
    "FROM",
    "HEADER x",
    "KEYWORD",
    "KEYWORD \\Seen",
    "ON 31-Feb-2026",
    "ON 2026-02-01",
    'ON " 1-Feb-2026"',
    'ON "1-Feb-2026',
    "LARGER x",
    "LARGER 99999999999999999999",
    "OLDER 0",
    "MODSEQ",
    'MODSEQ "/flags/x" some 5',
    "RETURN",
    "RETURN ALL ALL",
    "RETURN (MIN",
    "RETURN (MEAN) ALL",
    "CHARSET UTF-8",
    "CHARSET UTF-8 RETURN (MIN) ALL",
    "SUBJECT {\xff}",
    deep(21),
    "NOT ".repeat(21) + "SEEN",
    "OR SEEN ".repeat(21) + "SEEN",
    "SEEN ".repeat(1000) + "SEEN",
    "constructor",
    "__proto__",
  ]
) {
  Deno.test(`SEARCH ${query.slice(0, 40)} is BAD`, () => {
    assert.throws(() => readSearch(commandText(query)), Bad);
  });
}

Deno.test("a search may nest 20 keys, and have 1,000", async () => {
  for (const query of [deep(20), "NOT ".repeat(20) + "SEEN", "SEEN ".repeat(999) + "SEEN"]) {
    assert.deepEqual(await searchNumbers(stage(), query), [1, 5]);
  }
});

Deno.test("a charset that is unknown is refused, with those that are known", () => {
  for (const charset of ["KOI8-R", "UTF-16", "UTF-88"]) {
    assert.throws(
      () => readSearch(commandText(`CHARSET ${charset} ALL`)),
      (error) => error instanceof No && error.code === "BADCHARSET (US-ASCII UTF-8)",
    );
  }
});

Deno.test("what RETURN asks for is known, and whether MODSEQ is used", () => {
  const read = (text: string) => readSearch(commandText(text));
  assert.equal(read("ALL").returns, null);
  assert.deepEqual([...read("RETURN () ALL").returns!], ["ALL"]);
  assert.deepEqual([...read("return (Count MIN save) ALL").returns!], ["MIN", "COUNT", "SAVE"]);
  assert.equal(read("NOT (MODSEQ 1)").usesModseq, true);
  assert.equal(read("ALL").usesModseq, false);
});

Deno.test("nothing is found in an empty folder, also not by *", async () => {
  for (const query of ["ALL", "*", "1:*", "UID *", "NOT SEEN"]) {
    assert.deepEqual(await searchNumbers(new MemoryFolders(), query), []);
  }
});

Deno.test("a message that goes meanwhile is not found by what only opening it tells", async () => {
  for (const query of ["LARGER 1", "NOT LARGER 1", "NOT FROM x", "NOT BODY x"]) {
    const folders = stage();
    const [gone] = folders.messages("inbox");
    const messages = folders.messages("inbox");
    folders.lose(gone!.id);
    folders.messages = () => messages;
    assert.deepEqual((await searchNumbers(folders, query)).includes(1), false, query);
  }
});

Deno.test("a body that does not verify has no text, and an outage ends the search", async () => {
  for (const [code, found] of [["bad_signature", none], ["unavailable", null]] as const) {
    const folders = stage();
    folders.content = async function* () {
      yield new Uint8Array();
      throw new MailError(code, "The body cannot be read");
    };
    const searching = searchNumbers(folders, "BODY budget");
    if (found === null) await assert.rejects(searching, { code });
    else assert.deepEqual(await searching, found);
  }
});

Deno.test("a search tells how far it is, and ends where its session ends", async () => {
  const folders = new MemoryFolders();
  for (let at = 0; at < 450; at++) folders.deliver("inbox", `Subject: ${at}\r\n\r\nbody ${at}`);
  const told: number[] = [];
  const onProgress = (done: number, total: number) => {
    assert.equal(total, 450);
    told.push(done);
  };
  assert.deepEqual(await searchNumbers(folders, "BODY 449", { onProgress }), [450]);
  assert.deepEqual(told, told.toSorted((a, b) => a - b));
  assert.deepEqual([told.length, told.at(-1)], [453, 450]);

  const ending = new AbortController();
  const searching = searchNumbers(folders, "BODY 449", {
    signal: ending.signal,
    onProgress: (done) => done === 10 && ending.abort(new Error("the session ended")),
  });
  await assert.rejects(searching, /the session ended/);
});

/** Query -> what is found and how often something is opened, where an index has the texts of the first three messages. */
const indexed: readonly (readonly [query: string, found: readonly number[], opened: number])[] = [
  ["1:3 BODY budget", [1], 0],
  ["1:3 BODY udge", [1], 0],
  ["1:3 NOT BODY budget", [2, 3], 0],
  ["1:3 OR BODY budget BODY nested", [1, 3], 0],
  ["BODY budget", [1], 3],
  ["1:3 TEXT budget", [1], 5],
  ["1:3 TEXT inner", [3], 6],
];

for (const [query, found, opened] of indexed) {
  Deno.test(`SEARCH ${query} goes by the index where that has the text, and opens ${opened} times`, async () => {
    const folders = stage();
    let isOpen = false;
    const bodies = ["the budget is attached.", "schöne grüsse!", "hello world, a&b nested words"];
    folders.openTexts = () => {
      isOpen = true;
      return Promise.resolve({
        body: ({ uid }) => Promise.resolve(bodies[[1, 2, 4].indexOf(uid)] ?? null),
        close: () => isOpen = false,
      });
    };
    folders.opened = 0;
    assert.deepEqual(await searchNumbers(folders, query), found);
    assert.equal(folders.opened, opened);
    assert.equal(isOpen, false, "others may have it");
  });
}

Deno.test("an index that cannot be used is as none", async () => {
  const folders = stage();
  folders.openTexts = () => Promise.reject(new MailError("cannot_create", "Cannot write it"));
  assert.deepEqual(await searchNumbers(folders, "BODY budget"), [1]);
});

Deno.test("others are let in between two bodies", async () => {
  const folders = new MemoryFolders();
  for (let at = 0; at < 20; at++) folders.deliver("inbox", "Subject: x\r\n\r\ny");
  let others = 0;
  let isDone = false;
  const count = () => isDone || (others++, setImmediate(count));
  setImmediate(count);
  await searchNumbers(folders, "BODY z");
  isDone = true;
  assert.ok(others >= 20, `${others}`);
});

/** How an address may be written that is `ann@example.org`. */
const writtenAddresses = [
  "ann@example.org",
  "<ann (comment)@ (comment) example.org>",
  'Ann Other <"ann"@example.org>',
  "ann @ example.org (Ann Other)",
  "bob@example.net, ann\r\n @example.org",
  "team: bob@example.net, ann(a)@example.org;",
];

for (const written of writtenAddresses) {
  Deno.test(`an address is found as it is written: ${JSON.stringify(written)}`, async () => {
    for (const name of ["From", "To", "Cc", "Bcc"]) {
      const folders = new MemoryFolders();
      folders.deliver("inbox", `${name}: ${written}\r\n\r\nx\r\n`);
      assert.deepEqual(await searchNumbers(folders, `${name.toUpperCase()} ann@example.org`), [1]);
      assert.deepEqual(await searchNumbers(folders, `${name.toUpperCase()} ann@example.net`), []);
    }
  });
}

Deno.test("TEXT finds what is UTF-8 in a header of which another field is not", async () => {
  const folders = new MemoryFolders();
  folders.deliver(
    "inbox",
    "Subject: raw \xe9 x\r\nFrom: Anna M\xc3\xbcller\r\n\t<anna@example.org>\r\n" +
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
      "--b\r\nContent-Description: \xe9\r\nContent-Disposition: attachment; filename=K\xc3\xb6ln\r\n\r\nx\r\n--b--\r\n",
  );
  for (const query of ["FROM muller", "TEXT muller", 'TEXT "raw e x"', "TEXT koln"]) {
    assert.deepEqual(await searchNumbers(folders, query), [1], query);
  }
});
