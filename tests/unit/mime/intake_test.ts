/** Messages as programs write them: where the header ends, and that no byte of a body is lost. */
import assert from "node:assert/strict";
import { takeIn, withBlankLine, withMailLineEnds } from "../../../src/mime/intake.ts";
import { bytesOf, collect, cut, seeded } from "../../support/mime.ts";

async function taken(text: string, dotEnds = false, size = 1_000_000): Promise<[string, string]> {
  const { header, body, fault } = await takeIn(cut(bytesOf(text), size), { dotEnds });
  assert.equal(fault, null);
  const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return [decode(header), decode(await collect(body))];
}

const messages: readonly (readonly [text: string, header: string, body: string])[] = [
  ["", "", ""],
  ["\n", "", ""],
  ["A: 1\n\nx\n", "A: 1\r\n", "x\r\n"],
  ["A: 1\r\n\r\nx\r\n", "A: 1\r\n", "x\r\n"],
  ["A: 1\r\n\nx", "A: 1\r\n", "x"],
  ["A: 1", "A: 1\r\n", ""],
  ["A: 1\n", "A: 1\r\n", ""],
  ["A: 1\n 2\n\t3\nB : 4\n\n\nx\n", "A: 1\r\n 2\r\n\t3\r\nB : 4\r\n", "\r\nx\r\n"],
  ["just text\n", "", "just text\r\n"],
  ["\nA: 1\n", "", "A: 1\r\n"],
  [" A: 1\n", "", " A: 1\r\n"],
  ["A: 1\nno field\nB: 2\n", "A: 1\r\n", "no field\r\nB: 2\r\n"],
  ["From bob@x Sat Nov 21 12:00:00 2026\nA: 1\n\nx", "A: 1\r\n", "x"],
  [
    "From b Sat Nov 21 12:00:00 2026\n>From b@x Sat Nov 21 11:00:00 2026\nA: 1\n\nx",
    "A: 1\r\n",
    "x",
  ],
  ["From now on: x\n", "", "From now on: x\r\n"],
  ["A: 1\rBcc: eve\0\n\nx\ry\0\r\r\nz\r", "A: 1 Bcc: eve \r\n", "x\ry\0\r\r\nz\r"],
  ["Grüße: x\n", "", "Grüße: x\r\n"],
  ["A: Grüße\n\nGrüße\n", "A: Grüße\r\n", "Grüße\r\n"],
  ["A: 1\n\n.\n..\n.", "A: 1\r\n", ".\r\n..\r\n."],
  [`${"x".repeat(5000)}\nA: 1\n`, "", `${"x".repeat(5000)}\r\nA: 1\r\n`],
  [`A: ${"x".repeat(5000)}\n\ny`, `A: ${"x".repeat(5000)}\r\n`, "y"],
];

for (const [text, header, body] of messages) {
  Deno.test(`a message is taken in: ${JSON.stringify(text.slice(0, 40))}`, async () => {
    for (const size of [1, 2, 3, 1_000_000]) {
      assert.deepEqual(await taken(text, false, size), [header, body], `pieces of ${size}`);
    }
  });
}

/** `|`: where the blank line comes in. */
const lacking = [
  "CRITICAL: host7 down\r\n|since noon\r\nDisk: full\r\n",
  "A: 1\r\n 2\r\n|text\r\n\r\nmore\r\n",
  "|just text\r\n",
  "| begins with a blank\r\n",
  "|Grüße: x\r\n",
  "|\ufefftext\r\n",
  "\ufeffA: 1\r\n|text\r\n",
  "From bob@x Sat Nov 21 12:00:00 2026\r\nA: 1\r\n|text",
  ">From b Sat Nov 21 12:00:00 2026\r\n>From b Sat Nov 21 12:00:00 2026\r\nA: 1\r\n|text",
  "A: 1\r\n\r\ntext",
  "A: 1\n\ntext",
  "\r\ntext",
  "A: 1\r\n",
  "A: 1",
  "",
  `A: ${"x".repeat(300_000)}\r\ntext`,
  `A: 1\r\n\r\n${"x".repeat(300_000)}`,
];

for (const text of lacking) {
  Deno.test(`a message gets the blank line that it lacks: ${JSON.stringify(text.slice(0, 40))}`, async () => {
    for (const size of [1, 2, 7, 65_536].filter((size) => size > 7 || text.length < 1_000)) {
      const found = await collect(withBlankLine(cut(bytesOf(text.replace("|", "")), size)));
      assert.deepEqual(found, bytesOf(text.replace("|", "\r\n")), `pieces of ${size}`);
    }
  });
}

const dotted: readonly (readonly [text: string, body: string])[] = [
  ["\na\n.\nb\n", "a\r\n"],
  ["\na\r\n.\r\nb\r\n", "a\r\n"],
  ["\n.", ""],
  ["\n..\n. \n.a\n.\rb\n.\r\r\n", "..\r\n. \r\n.a\r\n.\rb\r\n.\r\r\n"],
  ["\na.\n.", "a.\r\n"],
  ["\n.\r", ""],
];

for (const [text, body] of dotted) {
  Deno.test(`a line of one dot, and no other, ends it: ${JSON.stringify(text)}`, async () => {
    for (const size of [1, 2, 1_000_000]) {
      assert.deepEqual(await taken(text, true, size), ["", body]);
    }
  });
}

Deno.test("a header over the limit is told, with all of the message as its body; a body is not", async () => {
  const long = "A: 1\n".repeat(60_000);
  for (const text of [long, `A: ${"x".repeat(300_000)}`, `A: ${"x".repeat(300_000)}\n\nb`]) {
    const { header, body, fault } = await takeIn(cut(bytesOf(text), 65_536), { dotEnds: false });
    assert.deepEqual([fault?.code, header.length], ["too_large", 0]);
    assert.deepEqual(await collect(body), bytesOf(text.replaceAll("\n", "\r\n")));
  }
  assert.equal((await taken(`\n${long}`))[1].length, long.length + 60_000);
});

Deno.test("however it is cut, a message is taken in the same, and no byte of its body is lost", async () => {
  const seed = Number(Deno.env.get("MAILCTL_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 32));
  const random = seeded(seed);
  const alphabet = [
    "A",
    ":",
    " ",
    "\t",
    "\r",
    "\n",
    "\n",
    "\r\n",
    ".",
    "\0",
    "ü",
    "From ",
    "A: b\n",
    "\n\n",
  ];
  for (let round = 0; round < 2_000; round++) {
    const parts = Array.from({ length: random() % 25 }, () => alphabet[random() % alphabet.length]);
    const text = parts.join("");
    const told = `MAILCTL_TEST_SEED=${seed}: ${JSON.stringify(text)}`;
    for (const dotEnds of [false, true]) {
      const whole = await taken(text, dotEnds);
      assert.deepEqual(await taken(text, dotEnds, 1), whole, told);
      assert.doesNotMatch(whole[0], /\r(?!\n)|(?<!\r)\n|\0/, told);
      assert.doesNotMatch(whole[1], /(?<!\r)\n/, told);
      if (dotEnds) continue;
      assert.ok(text.replace(/\r?\n/g, "\r\n").endsWith(whole[1]), told);
    }
  }
});

const files: readonly (readonly [text: string, mail: string])[] = [
  ["", ""],
  ["A: 1", "A: 1"],
  ["A: 1\n\nx\r\ny\rz\n", "A: 1\r\n\r\nx\r\ny\rz\r\n"],
  ["\nx", "\r\nx"],
  ["A: 1\r\n\r\nx\ny\n", "A: 1\r\n\r\nx\ny\n"],
];

Deno.test("a file whose first line ends with LF alone gets CRLF, and no other file changes", async () => {
  for (const [text, mail] of files) {
    for (const size of [1, 2, 1_000_000]) {
      const read = await collect(withMailLineEnds(cut(bytesOf(text), size)));
      assert.deepEqual(read, bytesOf(mail), `${JSON.stringify(text)} in pieces of ${size}`);
    }
  }
});
