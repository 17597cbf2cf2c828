/** The table of operations: values survive the wire, and WIRE.md 6 says the same. */
import assert from "node:assert/strict";
import { failureOfWire, failures } from "../../../src/model/errors.ts";
import { type Codec, decode, encode } from "../../../src/wire/fields.ts";
import { frameKind } from "../../../src/wire/frame.ts";
import { errorReply, operationOf, operations } from "../../../src/wire/operations.ts";
import { randomValue } from "../../fuzz/random_value.ts";
import { seeded } from "../../support/mime.ts";

const rows = Object.entries(operations).map(([name, row]) => ({ name, ...row }));
const layouts: readonly [name: string, layout: Codec<unknown>][] = [
  ...rows.map(({ name, request }) => [`request of ${name}`, request] as const),
  ...rows.map(({ name, reply }) => [`reply to ${name}`, reply] as const),
  ["error", errorReply],
].map(([name, layout]) => [name as string, layout as Codec<unknown>]);

for (const [name, layout] of layouts) {
  Deno.test(`random values come back from the wire as they were: ${name}`, () => {
    const random = seeded(name.length);
    for (let round = 0; round < 100; round++) {
      const value = randomValue(layout, random);
      const encoded = encode(layout, value).slice();
      assert.deepEqual(decode(layout, encoded), value);
      assert.deepEqual(encode(layout, decode(layout, encoded)), encoded, "one value, one encoding");
    }
  });

  Deno.test(`a value cut anywhere is refused: ${name}`, () => {
    const encoded = encode(layout, randomValue(layout, seeded(7))).slice();
    for (let end = 0; end < encoded.length; end++) {
      assert.throws(() => decode(layout, encoded.subarray(0, end)), { code: "protocol" });
    }
  });
}

Deno.test("an operation is found by its number, and by no other", () => {
  for (const { name, number } of rows) assert.equal(operationOf(number), name);
  const known = new Set(rows.map(({ number }) => number));
  for (const number of [0, 18, 255, 65535].filter((number) => !known.has(number))) {
    assert.equal(operationOf(number), null);
  }
});

Deno.test("a failure is found by its number; a newer peer's is internal", () => {
  for (const [code, { wire }] of Object.entries(failures)) assert.equal(failureOfWire(wire), code);
  for (const number of [0, 999, 65535]) assert.equal(failureOfWire(number), "internal");
});

Deno.test("a request that changes something has what it is known again by, and no other has", () => {
  const named = { id: "request", key: "idempotencyKey" };
  for (const { name, repeat, request } of rows) {
    const [first] = Object.keys(randomValue(request as Codec<object>, seeded(1)));
    const key = Object.values(named).find((field) => field === first);
    if (name === "findSend") continue; // it asks about a key
    assert.equal(key, (named as Record<string, string>)[repeat], name);
  }
});

Deno.test("no number stands for two things", () => {
  const numbers = {
    operations: rows.map(({ number }) => number),
    failures: Object.values(failures).map(({ wire }) => wire),
    frames: Object.values(frameKind) as number[],
  };
  for (const [name, all] of Object.entries(numbers)) {
    assert.equal(new Set(all).size, all.length, name);
  }
});

const wire = await Deno.readTextFile(new URL("../../../src/wire/WIRE.md", import.meta.url));

/** The rows of the table behind a heading, cell by cell. */
function tableOf(heading: string): string[][] {
  const section = wire.slice(wire.indexOf(`\n${heading}\n`) + 1);
  const lines = section.slice(section.indexOf("\n|")).trimStart().split("\n");
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(2, end).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("WIRE.md lists every operation with its number, name and stream", () => {
  const written = tableOf("## 6. Operations").map(([number, name, , , stream]) => [
    Number(number),
    name,
    stream === "" ? "none" : stream,
  ]);
  const real = rows.map(({ number, name, stream }) => [number, name, stream])
    .sort(([a], [b]) => Number(a) - Number(b));
  assert.deepEqual(written, real);
});

Deno.test("WIRE.md names the fields of every request and reply, in order", () => {
  for (const [, name = "", request = "", reply = ""] of tableOf("## 6. Operations")) {
    const row = rows.find((row) => row.name === name)!;
    for (const [cell, layout] of [[request, row.request], [reply, row.reply]] as const) {
      const fields = Object.keys(randomValue(layout as Codec<object>, seeded(1)));
      if (cell === "parameters" || cell === "account") continue; // spelt out below the table
      const flat = cell.replace(/ \([^)]*\)/g, "");
      const said = flat === "" ? [] : flat.split(", ").map((field) => field.split(" ").at(-1)!);
      assert.equal(said.length, fields.length, `${name}: ${cell}`);
      said.forEach((word, at) => {
        if (word === "of") return; // a list of structures has no name of its own in the table
        assert.ok(
          fields[at]!.startsWith(word.replace(/y$/, "")),
          `${name}: ${word}, ${fields[at]}`,
        );
      });
    }
  }
});

Deno.test("WIRE.md lists every kind of frame with its number", () => {
  const written = tableOf("## 2. Frames").map(([number, name]) => [name, Number(number)]);
  assert.deepEqual(Object.fromEntries(written), frameKind);
});
