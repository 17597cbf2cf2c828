/** PROXY headers, good and bad, and never a byte read behind one. */
import assert from "node:assert/strict";
import { utf8 } from "../../../src/model/bytes.ts";
import { isFailure } from "../../../src/model/errors.ts";
import { maxBinaryBytes, maxLineBytes, parseProxyHeader } from "../../../src/net/proxy_header.ts";
import { binaryHeader, binaryHeaderFor, localHeader } from "../../support/proxy_header.ts";

const zeros = (count: number) => new Uint8Array(count);

const good: Readonly<Record<string, readonly [header: Uint8Array, source: string | null]>> = {
  "1, IPv4": [utf8("PROXY TCP4 192.0.2.1 192.0.2.2 50000 25\r\n"), "192.0.2.1"],
  "1, shortest IPv4": [utf8("PROXY TCP4 0.0.0.0 1.1.1.1 0 0\r\n"), "0.0.0.0"],
  "1, longest IPv4": [
    utf8("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
    "255.255.255.255",
  ],
  "1, IPv6": [utf8("PROXY TCP6 2001:DB8:0:0::1 ::1 50000 25\r\n"), "2001:db8::1"],
  "1, shortest IPv6": [utf8("PROXY TCP6 :: :: 0 0\r\n"), "::"],
  "1, longest IPv6": [
    utf8(`PROXY TCP6 ${"ffff:".repeat(7)}ffff ${"ffff:".repeat(7)}ffff 65535 65535\r\n`),
    `${"ffff:".repeat(7)}ffff`,
  ],
  "1, mapped": [utf8("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 1\r\n"), "192.0.2.1"],
  "1, unknown": [utf8("PROXY UNKNOWN\r\n"), null],
  "1, unknown, longest": [utf8(`PROXY UNKNOWN ${"x".repeat(maxLineBytes - 16)}\r\n`), null],
  "2, IPv4": [binaryHeaderFor("192.0.2.1"), "192.0.2.1"],
  "2, IPv6": [binaryHeaderFor("2001:db8::1"), "2001:db8::1"],
  "2, mapped": [
    binaryHeader({
      family: 0x21,
      rest: Uint8Array.fromHex(`${"0".repeat(20)}ffff7f000001${"0".repeat(40)}`),
    }),
    "127.0.0.1",
  ],
  "2, more fields": [
    binaryHeaderFor("192.0.2.1", Uint8Array.fromHex("0300040a0b0c0d")),
    "192.0.2.1",
  ],
  "2, longest": [binaryHeaderFor("192.0.2.1", zeros(maxBinaryBytes - 28)), "192.0.2.1"],
  "2, LOCAL": [localHeader, null],
  "2, LOCAL, which ignores the family": [
    binaryHeader({ command: 0x20, family: 0xff, rest: zeros(5) }),
    null,
  ],
  "2, UNSPEC": [binaryHeader({ family: 0x00, rest: zeros(7) }), null],
  "2, UNIX": [binaryHeader({ family: 0x31, rest: zeros(216) }), null],
  "2, datagrams": [binaryHeader({ family: 0x12, rest: zeros(12) }), null],
};

const bad: Readonly<Record<string, Uint8Array>> = {
  "TLS": Uint8Array.fromHex("1603010200010001fc0303"),
  "SMTP": utf8("EHLO client.test\r\n"),
  "1, small letters": utf8("proxy TCP4 192.0.2.1 192.0.2.2 50000 25\r\n"),
  "1, no family": utf8("PROXY \r\n           "),
  "1, unknown family": utf8("PROXY UDP4 192.0.2.1 192.0.2.2 50000 25\r\n"),
  "1, another family's address": utf8("PROXY TCP4 2001:db8::1 2001:db8::2 50000 25\r\n"),
  "1, mixed families": utf8("PROXY TCP6 2001:db8::1 192.0.2.2 50000 25\r\n"),
  "1, a zone": utf8("PROXY TCP6 fe80::1%eth0 fe80::2 50000 25\r\n"),
  "1, a leading zero": utf8("PROXY TCP4 192.0.2.01 192.0.2.2 50000 25\r\n"),
  "1, a large number": utf8("PROXY TCP4 192.0.2.256 192.0.2.2 50000 25\r\n"),
  "1, three numbers": utf8("PROXY TCP4 192.0.2 192.0.2.2 50000 25\r\n"),
  "1, a name": utf8("PROXY TCP4 localhost 192.0.2.2 50000 25\r\n"),
  "1, no such port": utf8("PROXY TCP4 192.0.2.1 192.0.2.2 65536 25\r\n"),
  "1, a port too few": utf8("PROXY TCP4 192.0.2.1 192.0.2.2 50000\r\n"),
  "1, a word too many": utf8("PROXY TCP4 192.0.2.1 192.0.2.2 50000 25 x\r\n"),
  "1, two blanks": utf8("PROXY TCP4  192.0.2.1 192.0.2.2 50000 25\r\n"),
  "1, a blank at the end": utf8("PROXY TCP4 192.0.2.1 192.0.2.2 50000 25 \r\n"),
  "1, a bare LF": utf8("PROXY TCP4 192.0.2.1 192.0.2.2 50000 25\n"),
  "1, UNKNOWN and more": utf8("PROXY UNKNOWNS\r\n"),
  "1, a byte too long": utf8(`PROXY UNKNOWN ${"x".repeat(maxLineBytes - 15)}\r\n`),
  "1, without end": utf8(`PROXY UNKNOWN ${"x".repeat(maxLineBytes)}`),
  "2, another signature": binaryHeaderFor("192.0.2.1").with(11, 0x0b),
  "2, version 1": binaryHeader({ command: 0x11, family: 0x11, rest: zeros(12) }),
  "2, an unknown command": binaryHeader({ command: 0x22, family: 0x11, rest: zeros(12) }),
  "2, an unknown family": binaryHeader({ family: 0x41, rest: zeros(12) }),
  "2, an unknown protocol": binaryHeader({ family: 0x13, rest: zeros(12) }),
  "2, IPv4 too short": binaryHeader({ family: 0x11, rest: zeros(11) }),
  "2, IPv6 too short": binaryHeader({ family: 0x21, rest: zeros(35) }),
  "2, a byte too long": binaryHeaderFor("192.0.2.1", zeros(maxBinaryBytes - 27)),
  "2, as long as can be said": binaryHeader({ family: 0x11, rest: zeros(12), length: 0xffff }),
};

/** Reads as much as the parser asks for, each time. Fails where it asks for more than there is. */
function readAll(bytes: Uint8Array): string | null {
  for (let length = 0;;) {
    const header = parseProxyHeader(bytes.subarray(0, length));
    if (typeof header !== "number") {
      assert.equal(length, bytes.length);
      return header.source;
    }
    assert.ok(header > 0);
    length += header;
    if (length > bytes.length) throw new RangeError(`asks for byte ${length} of ${bytes.length}`);
  }
}

for (const [name, [header, source]] of Object.entries(good)) {
  Deno.test(`version ${name} is read, and wherever it is cut no byte behind it`, () => {
    assert.equal(readAll(header), source);
    for (let length = 0; length < header.length; length++) {
      const missing = parseProxyHeader(header.subarray(0, length));
      assert.ok(typeof missing === "number" && missing > 0, `${length} bytes`);
      assert.ok(length + missing <= header.length, `${length} bytes and ${missing}`);
    }
  });
}

for (const [name, header] of Object.entries(bad)) {
  Deno.test(`${name}: refused`, () => {
    assert.throws(
      () => parseProxyHeader(header),
      (error) => isFailure(error, "protocol"),
    );
  });
}

Deno.test("what is too long is refused before it is read", () => {
  const start = binaryHeader({ family: 0x11, rest: zeros(0), length: 0xffff });
  assert.throws(() => parseProxyHeader(start), /too long/);
});
