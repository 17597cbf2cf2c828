/** Addresses of MAIL FROM and RCPT TO, as RFC 5321 has them, as devices write them, and as nobody may. */
import assert from "node:assert/strict";
import { parsePath } from "../../../../src/gateway/smtp/path.ts";

const both: readonly (readonly [said: string, address: string | null, parameters?: string])[] = [
  ["<mia@out.example>", "mia@out.example"],
  ["<mia@out.example> SIZE=1 BODY=7BIT", "mia@out.example", "SIZE=1 BODY=7BIT"],
  ["  <mia@out.example>", "mia@out.example"],
  ["<mia>", "mia@own.test"],
  ["<@a.test,@b.test:mia@out.example>", "mia@out.example"],
  // Without brackets, and named by itself: real devices.
  ["mia@out.example", "mia@out.example"],
  ["mia@out.example SIZE=1", "mia@out.example", "SIZE=1"],
  ["mia", "mia@own.test"],
  ["mia@out.example <mia@out.example>", "mia@out.example"],
  ["Mia@Out.example <mia@out.example> SIZE=1", "mia@out.example", "SIZE=1"],
  // Quoted, dotted, and with the root's dot.
  ['<"mia smith"@out.example>', '"mia smith"@out.example'],
  ['"mia smith"@out.example SIZE=1', '"mia smith"@out.example', "SIZE=1"],
  ['<"mia\\" <x>"@out.example>', '"mia\\" <x>"@out.example'],
  ['<"mia"@out.example>', "mia@out.example"],
  ['<"mia.x+tag"@out.example> SIZE=1', "mia.x+tag@out.example", "SIZE=1"],
  ['"m\\ia"@out.example', "mia@out.example"],
  ['"mia"', "mia@own.test"],
  ['<"mia..x"@out.example>', '"mia..x"@out.example'],
  ['<""@out.example>', '""@out.example'],
  ["<mia..x@out.example>", "mia..x@out.example"],
  ["<mia.@out.example>", "mia.@out.example"],
  ["<.mia@out.example>", ".mia@out.example"],
  ["<mia@out.example.>", "mia@out.example"],
  ["<mia@host_1.out.example>", "mia@host_1.out.example"],
  ["<mia@[192.0.2.1]>", "mia@[192.0.2.1]"],
  ["<mia@[IPv6:2001:db8::1]>", "mia@[IPv6:2001:db8::1]"],
  ["<m\u00fca@b\u00fccher.example>", "m\u00fca@b\u00fccher.example"],
  // What could be read in two ways.
  ["Mia <mia@out.example>", null],
  ["eve@out.example <mia@out.example>", null],
  ["<mia@out.example", null],
  ["mia@out.example>", null],
  ["<mia@out.example>SIZE=1", null],
  ["<mia @out.example>", null],
  ["<mia@a@b>", null],
  ["<<mia@out.example>>", null],
  ['<"mia@out.example>', null],
  ["<mia\0@out.example>", null],
  ["<mia\r@out.example>", null],
  ["<mia\u200b@out.example>", null],
  ["<mia@>", null],
  ["<@out.example>", null],
  ["<mia@out..example>", null],
  ["<mia@out.example..>", null],
  ["<mia@-out.-example>", null],
  ["<mia@[192.0.2]>", null],
  ["<mia@[IPv6:x]>", null],
  ["<mia@[out.example]>", null],
  ["<mia@out.example[x]>", null],
  [
    `<${"x".repeat(66)}@${"out.".repeat(45)}example>`,
    `${"x".repeat(66)}@${"out.".repeat(45)}example`,
  ],
  [`<${"x".repeat(67)}@${"out.".repeat(45)}example>`, null],
  ["", null],
  ["SIZE=1 <>", null],
];

for (const [said, address, parameters = ""] of both) {
  Deno.test(`the address ${JSON.stringify(said).slice(0, 60)} is ${String(address).slice(0, 40)}`, () => {
    const expected = address === null ? null : { address, parameters };
    for (const keyword of ["FROM", "TO"] as const) {
      assert.deepEqual(parsePath(keyword, `${keyword}:${said}`, "own.test"), expected, keyword);
    }
  });
}

Deno.test("the null sender is a sender, and no recipient", () => {
  assert.deepEqual(parsePath("FROM", "FROM:<> SIZE=1", "own.test"), {
    address: "",
    parameters: "SIZE=1",
  });
  assert.equal(parsePath("TO", "TO:<>", "own.test"), null);
});

Deno.test("a quoted address within a recipient is refused: some hosts would pass it on", () => {
  const said = ':<"victim@elsewhere.test"@own.test>';
  assert.equal(parsePath("TO", `TO${said}`, "own.test"), null);
  assert.notEqual(parsePath("FROM", `FROM${said}`, "own.test"), null);
});

Deno.test("the keyword has to be the command's, in any case, with blanks around the colon", () => {
  for (const said of ["from:<a@b.c>", "From : <a@b.c>", "FROM:\t<a@b.c>"]) {
    assert.equal(parsePath("FROM", said, "own.test")?.address, "a@b.c", said);
  }
  for (const said of ["TO:<a@b.c>", "FROM <a@b.c>", "FROMX:<a@b.c>", "<a@b.c>", ":<a@b.c>"]) {
    assert.equal(parsePath("FROM", said, "own.test"), null, said);
  }
});

Deno.test("a line of any pieces is read to its end", () => {
  const pieces = ['"', "\\", "@", "a ", "<", ">", ".", "@a,", ":", '"a" '];
  for (const piece of pieces) {
    for (const start of ["FROM:", "FROM:<", 'FROM:"', "FROM:<@"]) {
      const line = start + piece.repeat(4096 / piece.length);
      parsePath("FROM", line, "own.test"); // with a choice at each piece it would never end
    }
  }
});
