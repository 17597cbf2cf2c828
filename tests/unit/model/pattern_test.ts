import assert from "node:assert/strict";
import { asAccountName } from "../../../src/model/address.ts";
import { parsePattern } from "../../../src/model/pattern.ts";

const names = ["al", "alice", "bob", "bo.b", "zoë", "γιώργος", "γιώργοσα", "\u{20000}x"];

function matching(text: string): string[] {
  const pattern = parsePattern(text);
  const found = names.filter((name) => pattern.matches(asAccountName(name)));
  for (const name of found) assert.ok(name.startsWith(pattern.prefix), `${text} ${name}`);
  return found;
}

Deno.test("patterns match whole names, by characters and not by bytes", () => {
  const cases: [string, string[]][] = [
    ["*", names],
    ["al*", ["al", "alice"]],
    ["AL?CE", ["alice"]],
    ["al?", []],
    ["??", ["al", "\u{20000}x"]],
    ["*b", ["bob", "bo.b"]],
    ["b*o*b", ["bob", "bo.b"]],
    ["*o*", ["bob", "bo.b", "zoë"]],
    ["b?b", ["bob"]],
    ["bo.b*", ["bo.b"]],
    ["**al**", ["al", "alice"]],
    ["ZO?", ["zoë"]],
    ["zoe\u0308*", ["zoë"]],
    ["γιώργος*", ["γιώργος", "γιώργοσα"]],
    ["ΓΙΏΡΓΟ?", ["γιώργος"]],
    ["Alice", ["alice"]],
    ["ali", []],
  ];
  for (const [text, expected] of cases) {
    assert.deepEqual(matching(text), expected, text);
  }
  assert.deepEqual([parsePattern("bob").exact, parsePattern("bob*").exact], ["bob", null]);
});

Deno.test("what no name could be like is refused", () => {
  for (const text of ["", "a b*", "*@mail.test", "[a]*", "%*", `*${"a".repeat(64)}`, "*\u202e"]) {
    assert.throws(() => parsePattern(text), { code: "malformed" }, text);
  }
});

Deno.test("a pattern made to be slow ends: trying every place of every star would take years", () => {
  const pattern = parsePattern(`${"*a".repeat(31)}*b`);
  assert.equal(pattern.matches(asAccountName("a".repeat(32))), false);
});
