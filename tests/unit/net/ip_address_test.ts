/** IP addresses and prefixes: what is one, and what is within which. */
import assert from "node:assert/strict";
import {
  formatIpAddress,
  isWithin,
  parseIpAddress,
  parseIpPrefix,
} from "../../../src/net/ip_address.ts";

Deno.test("addresses are read, and written in one form", () => {
  const forms = {
    "192.0.2.1": "192.0.2.1",
    "0.0.0.0": "0.0.0.0",
    "::": "::",
    "::1": "::1",
    "1::": "1::",
    "2001:0DB8:0:0:0:0:0:1": "2001:db8::1",
    "1:2:3:4:5:6:7:8": "1:2:3:4:5:6:7:8",
    "::ffff:192.0.2.1": "192.0.2.1",
    "::ffff:7f00:1": "127.0.0.1",
    "64:ff9b::192.0.2.1": "64:ff9b::c000:201",
  };
  for (const [text, form] of Object.entries(forms)) {
    assert.equal(formatIpAddress(parseIpAddress(text)!), form, text);
  }
});

const noAddresses = [
  ...["", "x", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "0x1.2.3.4"],
  ...[
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "fe80::1%eth0",
    "[::1]",
    "::g",
    "1.2.3.4:25",
  ],
];

Deno.test("other texts are none", () => {
  for (const text of noAddresses) assert.equal(parseIpAddress(text), null, text);
  const prefixes = [
    "10.0.0.0/0",
    "::/0",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/",
    "/8",
    "10.0.0.0/8/8",
  ];
  for (const text of [...noAddresses, ...prefixes]) assert.equal(parseIpPrefix(text), null, text);
});

Deno.test("a prefix holds the addresses that begin as it does, of its own family", () => {
  const cases: readonly (readonly [prefix: string, within: string[], outside: string[]])[] = [
    ["10.0.0.5", ["10.0.0.5", "::ffff:10.0.0.5"], ["10.0.0.4", "10.0.0.6", "::10.0.0.5"]],
    ["10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0", "a00::"]],
    ["10.0.0.9/29", ["10.0.0.8", "10.0.0.15"], ["10.0.0.7", "10.0.0.16"]],
    ["128.0.0.0/1", ["128.0.0.0", "255.0.0.1"], ["127.255.255.255"]],
    ["2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::", "2001:db9::"]],
    ["::1", ["::1"], ["::2", "127.0.0.1"]],
  ];
  for (const [text, within, outside] of cases) {
    const prefix = parseIpPrefix(text)!;
    for (const each of within) assert.ok(isWithin(parseIpAddress(each)!, prefix), each);
    for (const each of outside) assert.ok(!isWithin(parseIpAddress(each)!, prefix), each);
  }
});
