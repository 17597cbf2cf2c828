/** FETCH and SEARCH by clients that write nonsense: nothing but BAD and NO comes of it. */
import assert from "node:assert/strict";
import { Bad, No } from "../../../../../src/gateway/imap/refusal.ts";
import { fetchText, searchNumbers } from "../../../../support/imap_stage.ts";
import { MemoryFolders } from "../../../../support/memory_folders.ts";
import { seeded } from "../../../../support/mime.ts";

const fetches = [
  "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)",
  "(BODY.PEEK[HEADER.FIELDS (From To {Subject})] BODY[1.2.MIME]<0.100> BINARY[1]<5.10>)",
  "FULL",
  "(FLAGS UID)",
  "BODY[1]<0.10>",
  "(FLAGS MODSEQ EMAILID THREADID) (CHANGEDSINCE 12 VANISHED)",
  '(RFC822 RFC822.HEADER RFC822.TEXT BODY[3.HEADER.FIELDS.NOT (X-A "b c")] BINARY.SIZE[2])',
];

const searches = [
  "UNSEEN",
  "FROM alice SUBJECT bob",
  'OR (FROM alice UNSEEN) NOT (SUBJECT "q 3" LARGER 100) 1:5,7:*',
  "RETURN (MIN MAX ALL COUNT SAVE) CHARSET UTF-8 TEXT {gr\xc3\xbc\xc3\x9fe} BEFORE 1-Feb-2026",
  'UID 1:4 $ MODSEQ "/flags/x" all 5 SENTSINCE "12-Mar-2025" KEYWORD $Forwarded',
  'HEADER Message-ID "" OLDER 86400 BODY {\xff} EMAILID M1',
];

const scraps = [
  "(",
  ")",
  "[",
  "]",
  "<",
  ">",
  " ",
  '"',
  "\\",
  "{x}",
  "0",
  "99999999999",
  "NIL",
  "*",
  ":",
  ",",
  "$",
  ".",
  "NOT ",
  "\0",
  "\xff",
  "BODY",
  "CHANGEDSINCE 1",
  "1.1",
];

function mutated(text: string, random: () => number): string {
  let made = text;
  for (let left = random() % 2; left >= 0; left--) {
    const [a, b] = [random() % (made.length + 1), random() % (made.length + 1)].sort((a, b) =>
      a - b
    ) as [number, number];
    const scrap = scraps[random() % scraps.length]!;
    const kinds = [
      () => made.slice(0, a) + made.slice(b),
      () => made.slice(0, a) + scrap + made.slice(a),
      () => made.slice(0, b) + made.slice(a, b) + made.slice(b),
      () => made.slice(0, a),
      () => made.slice(0, a) + String.fromCharCode(random() % 256) + made.slice(a + 1),
      () => made.slice(b) + made.slice(a, b) + made.slice(0, a),
    ];
    made = kinds[random() % kinds.length]!().slice(0, 4000);
  }
  return made;
}

function stage(): MemoryFolders {
  const folders = new MemoryFolders();
  folders.deliver("inbox", "Subject: one\r\n\r\ntext");
  folders.deliver(
    "inbox",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n",
  );
  return folders;
}

for (
  const [name, seeds, play] of [
    ["FETCH", fetches, (text: string) => fetchText(folders, text, { isUid: true })],
    ["SEARCH", searches, (text: string) => searchNumbers(folders, text)],
  ] as const
) {
  Deno.test(`10,000 commands of ${name} that were damaged are answered, or BAD or NO`, async () => {
    const random = seeded(name.length);
    let answered = 0;
    for (let count = 0; count < 10_000; count++) {
      const text = mutated(seeds[count % seeds.length]!, random);
      try {
        await play(text);
        answered++;
      } catch (error) {
        if (!(error instanceof Bad || error instanceof No)) {
          throw new Error(JSON.stringify(text), { cause: error });
        }
      }
    }
    assert.ok(answered > 200 && answered < 9_000, `${answered} were answered`);
  });
}

const folders = stage();

Deno.test("a command of 64 KiB cannot ask for more than 200 items", async () => {
  const items = (count: number) =>
    `(${Array.from({ length: count }, (_, at) => `BODY[HEADER]<${at}.9>`).join(" ")})`;
  await assert.rejects(fetchText(folders, items(201)), Bad);
  assert.equal((await fetchText(folders, items(200))).match(/BODY\[HEADER\]/g)?.length, 400);
});
