/** Lists of addresses: what RFC 5322 3.4 and 4.4 allow, what they do not, and nothing slower than its length. */
import assert from "node:assert/strict";
import { parseAddressList } from "../../../src/mime/address_list.ts";

const lists:
  readonly (readonly [text: string, found: readonly (readonly [string | null, string])[]])[] = [
    ["", []],
    [" , ,, ", []],
    ["bob", [[null, "bob"]]],
    ["bob@x.test", [[null, "bob@x.test"]]],
    ["bob, carol@x.test ,dave", [[null, "bob"], [null, "carol@x.test"], [null, "dave"]]],
    ["Bob <bob@x>", [["Bob", "bob@x"]]],
    ["<bob@x>", [[null, "bob@x"]]],
    ["Bob Q. Public <bob@x>", [["Bob Q. Public", "bob@x"]]],
    ['"Public, Bob" <bob@x>, carol', [["Public, Bob", "bob@x"], [null, "carol"]]],
    ['"a \\"b\\" <eve@x>" <bob@x>', [['a "b" <eve@x>', "bob@x"]]],
    ["root (Cron Daemon)", [["Cron Daemon", "root"]]],
    ["(first) root (a (nested \\) ) one)", [["a (nested ) ) one", "root"]]],
    ["bob(x)@(y)x . test", [["y", "bob@x.test"]]],
    ["Grüße <bob@x>", [["Grüße", "bob@x"]]],
    ["=?utf-8?Q?Gr=C3=BC=C3=9Fe?= <bob@x>", [["Grüße", "bob@x"]]],
    // An encoded word adds no address: RFC 2047 5.
    ["=?utf-8?Q?=3Ceve=40x=3E=2C?= <bob@x>", [["<eve@x>,", "bob@x"]]],
    ["undisclosed-recipients:;", []],
    ["team: bob, Carol <carol@x>; dave", [[null, "bob"], ["Carol", "carol@x"], [null, "dave"]]],
    ["a b: bob;, c: carol;", [[null, "bob"], [null, "carol"]]],
    ["<@relay,@other.test:bob@x>", [[null, "bob@x"]]],
    ['"bob"@x', [[null, "bob@x"]]],
    ['"bob smith"@x', [[null, '"bob smith"@x']]],
    ["bob@[127.0.0.1]", [[null, "bob@[127.0.0.1]"]]],
    ["bob@x.test\r\n\t(folded)", [["folded", "bob@x.test"]]],
  ];

for (const [text, found] of lists) {
  Deno.test(`a list: ${JSON.stringify(text)}`, () => {
    const parsed = parseAddressList(text).map(({ name, address }) => [name, address]);
    assert.deepEqual(parsed, found);
  });
}

const broken = [
  "bob carol",
  "bob@x carol@y",
  "Bob Smith",
  "<bob",
  "bob>",
  "<>",
  "<<bob>>",
  "<bob> carol",
  "<bob> <carol>",
  "bob@",
  "@x",
  "bob@x@y",
  "bob..smith@x",
  '"bob',
  "(bob",
  "bob)",
  "bob@[x",
  "a@b: carol;",
  "bob\\x",
  "<bob, carol>",
  "bob; <carol",
];

for (const text of broken) {
  Deno.test(`no list: ${text}`, () => {
    assert.throws(() => parseAddressList(text), { code: "malformed" });
  });
}

Deno.test("a list of more than 1000 is refused", () => {
  assert.equal(parseAddressList("bob,".repeat(1000)).length, 1000);
  assert.throws(() => parseAddressList("bob,".repeat(1001)), { code: "too_large" });
});

Deno.test("whatever the text, it is a list or refused, and takes no longer than its length", () => {
  const most = 256 * 1024;
  for (
    const part of [
      "(",
      ")",
      "<",
      '"',
      "\\",
      "((\\",
      '"\\',
      "a ",
      "a.",
      "@",
      ":",
      "<@",
      "=?",
      "[",
      ". ",
    ]
  ) {
    try {
      parseAddressList(part.repeat(most / part.length));
    } catch (error) {
      assert.match(String((error as { code?: string }).code), /^(malformed|too_large)$/, part);
    }
  }
});
