/** How a server is written down. */
import assert from "node:assert/strict";
import {
  defaultPort,
  formatServer,
  parseServer,
} from "../../../../src/client/connection/server_address.ts";

const hex = "0a".repeat(32);
const fingerprint = new Uint8Array(32).fill(10);

const readable: readonly [text: string, host: string, port: number, formatted: string][] = [
  ["mail.example.org", "mail.example.org", defaultPort, "mail.example.org:4465"],
  ["mail.example.org:1", "mail.example.org", 1, "mail.example.org:1"],
  ["mail.example.org:65535", "mail.example.org", 65535, "mail.example.org:65535"],
  ["mail.example.org:04465", "mail.example.org", 4465, "mail.example.org:4465"],
  ["Mail.Example.ORG", "mail.example.org", defaultPort, "mail.example.org:4465"],
  ["  localhost:9\n", "localhost", 9, "localhost:9"],
  ["127.0.0.1", "127.0.0.1", defaultPort, "127.0.0.1:4465"],
  ["[::1]", "::1", defaultPort, "[::1]:4465"],
  ["[2001:DB8::1]:25", "2001:db8::1", 25, "[2001:db8::1]:25"],
  ["[::ffff:127.0.0.1]", "::ffff:127.0.0.1", defaultPort, "[::ffff:127.0.0.1]:4465"],
];

for (const [text, host, port, formatted] of readable) {
  Deno.test(`a server is read: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseServer(text), { host, port, fingerprint: null });
    assert.equal(formatServer(parseServer(text)), formatted);
    assert.deepEqual(parseServer(formatted), { host, port, fingerprint: null });
    const pinned = { host, port, fingerprint };
    assert.deepEqual(parseServer(`${text.trim()}#${hex}`), pinned);
    assert.deepEqual(parseServer(`${text.trim()}#SHA256:${hex.toUpperCase()}`), pinned);
  });
}

const unreadable = [
  "",
  " ",
  ":4465",
  "host:",
  "host:0",
  "host:65536",
  "host:999999",
  "host:-1",
  "host:1x",
  "host:1:2",
  "::1",
  "2001:db8::1",
  "[::1",
  "::1]",
  "[]",
  "[]:1",
  "[host]:1",
  "[::1%eth0]",
  "ho st",
  "host/path",
  "https://host",
  "host\nother",
  "#",
  `#${hex}`,
  "host#",
  "host#abc",
  `host#${hex}00`,
  `host#${hex}#${hex}`,
];

for (const text of unreadable) {
  Deno.test(`what is no server is refused: ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseServer(text), { name: "MailError", code: "usage" });
  });
}
