/** Domains and addresses: what folds to one spelling, and what is refused. */
import assert from "node:assert/strict";
import { formatAddress, localName, parseAddress, parseDomain } from "../../../src/model/address.ts";
import { refusal } from "../../support/refusal.ts";

const domains: [text: string, domain: string | null][] = [
  ["example.com", "example.com"],
  ["EXAMPLE.Com", "example.com"],
  ["localhost", "localhost"],
  ["3com.example", "3com.example"],
  ["münchen.de", "xn--mnchen-3ya.de"],
  ["mu\u0308nchen.de", "xn--mnchen-3ya.de"],
  ["XN--MNCHEN-3YA.de", "xn--mnchen-3ya.de"],
  ["faß.de", "xn--fa-hia.de"],
  ["ｅｘａｍｐｌｅ。com", "example.com"],
  [`${"a".repeat(63)}.com`, `${"a".repeat(63)}.com`],
  [`${"a".repeat(64)}.com`, null],
  [`${"a.".repeat(126)}a`, `${"a.".repeat(126)}a`],
  [`${"a.".repeat(126)}aa`, null],
  [`${"ü.".repeat(60)}de`, null],
  ["x".repeat(1 << 20), null],
  ["", null],
  [".", null],
  ["example.com.", null],
  [".example.com", null],
  ["a..b", null],
  ["-a.com", null],
  ["a-.com", null],
  ["a_b.com", null],
  ["xn--a", null],
  ["127.0.0.1", null],
  ["127.1", null],
  ["0x7f000001", null],
  ["[::1]", null],
  ["a.1", null],
  ["a:25", null],
  ["a/b", null],
  ["a\\b", null],
  ["a?b", null],
  ["a#b", null],
  ["u@a", null],
  ["a b", null],
  ["a%2eb", null],
  ["a\nb", null],
  ["a\tb", null],
  ["a\0b", null],
  ["exam\u00adple.com", null],
  ["exam\u200bple.com", null],
  ["\u202eexample.com", null],
  ["a\ud800.com", null],
  ["℀.com", null],
];

for (const [text, domain] of domains) {
  const shown = JSON.stringify(text.slice(0, 40));
  Deno.test(`a domain is ${domain === null ? "refused" : "folded"}: ${shown}`, () => {
    if (domain === null) {
      const message = refusal(() => parseDomain(text));
      assert.match(message, /^Cannot accept the domain "/);
      assert.doesNotMatch(message, /[\p{C}\p{Default_Ignorable_Code_Point}]/u);
    } else {
      assert.equal(parseDomain(text), domain);
      assert.equal(parseDomain(domain), domain);
    }
  });
}

Deno.test("a domain in lower case is what it is in any other, whatever its labels are", () => {
  const pieces = ["a", "x", "0x", "7f", "12", "-", ".", "xn--", "mnchen-3ya", "_"];
  const folded = (text: string) => {
    try {
      return parseDomain(text);
    } catch {
      return null;
    }
  };
  for (let tries = 0; tries < 2000; tries++) {
    const any = () => pieces[Math.floor(Math.random() * pieces.length)];
    const text = Array.from({ length: 1 + tries % 6 }, any).join("");
    assert.equal(folded(text), folded(text.toUpperCase()), text);
  }
});

const addresses: [text: string, formatted: string | null][] = [
  ["Bob", "bob"],
  ["bob@Example.com", "bob@example.com"],
  ["  bob@example.com ", "bob@example.com"],
  ["<bob>", "bob"],
  ["Bob B. <Bob@example.com>", "bob@example.com"],
  ["Bob<bob@example.com>", "bob@example.com"],
  ['"B., Bob" <bob@example.com>', "bob@example.com"],
  ['"a \\" <eve@evil.example>" <bob@example.com>', "bob@example.com"],
  ["Пётр <пётр@example.com>", "пётр@example.com"],
  ["", null],
  ["@", null],
  ["bob@", null],
  ["@example.com", null],
  ["a@b@c", null],
  ["a, b", null],
  ["alice, bob <bob@example.com>", null],
  ["alice@example.com <bob@example.com>", null],
  ["friends: bob <bob@example.com>", null],
  ["<alice> <bob>", null],
  ["Bob <<bob>>", null],
  ["Bob <bob", null],
  ["Bob <bob> x", null],
  ['"Bob <bob@example.com>', null],
  ["Bob\n <bob@example.com>", null],
  ["Bob\u202e <bob@example.com>", null],
  ["Bob <bob@example.com\n>", null],
  ["bob@example.com\n", null],
  [`${'"'.repeat(900)} <bob>`, null],
  [`x${" ".repeat(1 << 20)}x>`, null],
];

for (const [text, formatted] of addresses) {
  const shown = JSON.stringify(text.slice(0, 40));
  Deno.test(`an address is ${formatted === null ? "refused" : "read"}: ${shown}`, () => {
    if (formatted === null) {
      refusal(() => parseAddress(text));
    } else {
      assert.equal(formatAddress(parseAddress(text)), formatted);
      assert.deepEqual(parseAddress(formatted), parseAddress(text));
    }
  });
}

Deno.test("several addresses in one argument are told as such", () => {
  for (const text of ["bob carol", "bob,carol", "bob@x.test carol@x.test", "bob@x.test;carol"]) {
    assert.throws(() => parseAddress(text), { hint: /several arguments/ });
  }
  assert.throws(() => parseAddress("b/b"), { hint: undefined });
});

const locals: [text: string, serverDomain: string | null, name: string | null][] = [
  ["bob", "example.com", "bob"],
  ["bob", null, "bob"],
  ["BOB@EXAMPLE.COM", "example.com", "bob"],
  ["bob@münchen.de", "xn--mnchen-3ya.de", "bob"],
  ["bob@example.org", "example.com", null],
  ["bob@mail.example.com", "example.com", null],
  ["bob@example.com", null, null],
];

for (const [text, serverDomain, name] of locals) {
  Deno.test(`${text} on the server of ${serverDomain} is ${name ?? "foreign"}`, () => {
    assert.equal(localName(parseAddress(text), serverDomain), name);
  });
}
