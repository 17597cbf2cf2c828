/** Lists of addresses: what RFC 5322 3.4 and 4.4 allow, what they do not, and nothing slower than its length. */
import assert from "node:assert/strict";
import { parseAddressList, readAddressList } from "../../../../src/mime/header/address_list.ts";

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
    // What programs write, and can be meant in one way alone.
    ["bob@x.test <bob@x.test>", [["bob@x.test", "bob@x.test"]]],
    ["[Build] <bob@x.test>", [["[Build]", "bob@x.test"]]],
    ['"bob@x.test"', [[null, "bob@x.test"]]],
    ["bob@x.test.", [[null, "bob@x.test"]]],
    ["<bob@x.test.>", [[null, "bob@x.test"]]],
    ["bob..smith@x, bob.@x, .bob@x", [[null, "bob..smith@x"], [null, "bob.@x"], [null, ".bob@x"]]],
    ["bob@x: carol;", [[null, "carol"]]],
    ["=?UTF-8?Q?Lee, Mia?= <mia@x>, bob", [["Lee, Mia", "mia@x"], [null, "bob"]]],
    ["=?utf-8?q?Doe=2C_Jane?=<jane@x>", [["Doe, Jane", "jane@x"]]],
    ["=?iso-8859-1?Q?a?= =?iso-8859-1?Q?b?= <bob@x>", [["ab", "bob@x"]]],
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
  '"bob',
  "(bob",
  "bob)",
  "bob@[x",
  "bob\\x",
  "<bob, carol>",
  "bob; <carol",
];

for (const text of broken) {
  Deno.test(`no list: ${text}`, () => {
    assert.throws(() => parseAddressList(text), { code: "malformed" });
  });
}

/** What a reader is shown of what cannot be sent to. */
const readable:
  readonly (readonly [text: string, found: readonly string[], unread: readonly string[]])[] = [
    ["bob carol, alice@x", ["alice@x"], ["bob carol"]],
    ["alice@x, Bob Smith, carol@y", ["alice@x", "carol@y"], ["Bob Smith"]],
    ["Bob Smith bob@x", ["Bob Smith|bob@x"], []],
    ["Bob bob@x, carol@y", ["Bob|bob@x", "carol@y"], []],
    ["alice@x carol@y", [], ["alice@x carol@y"]],
    ["<bob@x", ["bob@x"], []],
    ["Bob <bob@x, carol@y", ["Bob|bob@x", "carol@y"], []],
    ["<<bob@x>>", ["bob@x"], []],
    ['"Mia <mia@x>, bob@y', ["Mia|mia@x", "bob@y"], []],
    ["Mia (from home <mia@x>, bob@y", ["Mia from home|mia@x", "bob@y"], []],
    ["Mia \\ Lee <mia@x>", ["Mia \\ Lee|mia@x"], []],
    ["Mia: ok <mia@x>", ["ok|mia@x"], []],
    ["<>, bob@y", ["bob@y"], ["<>"]],
    ["bob@, @y, carol@z", ["carol@z"], ["bob@", "@y"]],
    // What decodes to an address could name anybody: it is shown as it came.
    ["=?utf-8?Q?mia=40x?=", ["=?utf-8?Q?mia=40x?="], []],
    ["=?utf-8?Q?Mia <mia@x>?=", ["=?utf-8?Q?Mia <mia@x>?="], []],
  ];

for (const [text, found, unread] of readable) {
  Deno.test(`read as far as it can be: ${JSON.stringify(text)}`, () => {
    const read = readAddressList(text);
    const shown = read.found.map(({ name, address }) =>
      name === null ? address : `${name}|${address}`
    );
    assert.deepEqual([shown, read.unread], [found, unread]);
  });
}

Deno.test("what can be sent to is read in the same way", () => {
  for (const [text, found] of lists) {
    const read = readAddressList(text);
    assert.deepEqual(read.found.map(({ name, address }) => [name, address]), found, text);
    assert.deepEqual(read.unread, [], text);
  }
});

Deno.test("one element that cannot be read takes nothing from the others, wherever it stands", () => {
  for (const bad of [...broken, '"', "(", "\\", "a b c", "[", ")"]) {
    if (bad.includes(",") || bad.includes(";")) continue;
    for (const [before, after] of [["", ", alice@x"], ["alice@x, ", ""], ["alice@x,", ", bob@y"]]) {
      const addresses = readAddressList(`${before}${bad}${after}`).found.map(({ address }) =>
        address
      );
      for (const good of ["alice@x", "bob@y"]) {
        const isThere = `${before}${after}`.includes(good);
        assert.equal(addresses.includes(good), isThere, `${good} in ${before}${bad}${after}`);
      }
    }
  }
});

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
      readAddressList(part.repeat(most / part.length));
      parseAddressList(part.repeat(most / part.length));
    } catch (error) {
      assert.match(String((error as { code?: string }).code), /^(malformed|too_large)$/, part);
    }
  }
});
