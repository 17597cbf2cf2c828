/** Random bytes as PROXY headers: a MailError or a header, the same however they are read, and none too long. */
import assert from "node:assert/strict";
import { concatBytes, utf8 } from "../../src/model/bytes.ts";
import { isFailure } from "../../src/model/errors.ts";
import { maxBinaryBytes, parseProxyHeader } from "../../src/net/proxy_header.ts";
import { seeded } from "../support/mime.ts";
import { binaryHeader } from "../support/proxy_header.ts";
import { type Random, randomRun } from "./random_value.ts";

const words = ["PROXY", "TCP4", "TCP6", "UNKNOWN", "192.0.2.1", "::1", "1", "65535", "", "x", "\n"];

/** Headers, mostly: some are damaged. */
function randomHeader(random: Random): Uint8Array {
  const line = () => {
    const six = ["PROXY", ...Array.from({ length: 5 }, () => words[random() % words.length])];
    return utf8(`${six.slice(0, 2 + random() % 5).join(" ")}\r\n`);
  };
  const binary = () =>
    binaryHeader({
      command: 0x20 + random() % 3,
      family: [0x11, 0x21, 0x31, 0x00, random() % 256][random() % 5]!,
      rest: randomRun(random, random() % 40),
      ...(random() % 8 === 0 && { length: random() % 600 }),
    });
  const header = random() % 2 === 0 ? line() : binary();
  if (random() % 4 === 0) header[random() % header.length]! ^= 1 << (random() % 8);
  return concatBytes([header, randomRun(random, random() % 600)]);
}

/** Reads what is asked for, or a part of it; tells the outcome and where it stood. */
function read(bytes: Uint8Array, portion: (asked: number) => number): string {
  let length = 0;
  try {
    for (;;) {
      const header = parseProxyHeader(bytes.subarray(0, length));
      if (typeof header !== "number") return `${length}: ${header.source}`;
      assert.ok(header > 0 && length + header <= maxBinaryBytes);
      if (length === bytes.length) return "cut";
      length = Math.min(bytes.length, length + portion(header));
    }
  } catch (error) {
    if (isFailure(error, "protocol")) return "refused";
    throw error;
  }
}

Deno.test("random headers are read the same however they come", () => {
  const random = seeded(20261130);
  const kinds = new Set<string>();
  for (let round = 0; round < 5_000; round++) {
    const bytes = randomHeader(random);
    const whole = read(bytes, (asked) => asked);
    kinds.add(whole.replace(/^\d+: /, "").replace(/^[\d.:a-f]+$/, "address"));
    assert.equal(read(bytes, () => 1), whole, bytes.toHex());
    assert.equal(read(bytes, (asked) => 1 + random() % asked), whole, bytes.toHex());
  }
  assert.deepEqual([...kinds].sort(), ["address", "cut", "null", "refused"]);
});
