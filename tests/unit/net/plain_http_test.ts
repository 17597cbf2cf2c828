/** Who may see which page: programs of this machine all of them, and forwarders whether the server is well. */
import assert from "node:assert/strict";
import { parseIpPrefix } from "../../../src/net/ip_address.ts";
import { answerPage, servePages } from "../../../src/net/plain_http.ts";

const page = () => Promise.resolve({ status: 200, text: "here\n" });
const pages = { "/metrics": page, "/health": page };
const elsewhere = {
  from: ["10.0.0.5", "fd00::/8"].map((text) => parseIpPrefix(text)!),
  paths: ["/health"],
};

/** Who asks, for what, and the status of the answer. */
const asked: readonly (readonly [remote: string, url: string, status: number])[] = [
  ["127.0.0.1", "http://127.0.0.1/metrics", 200],
  ["::1", "http://[::1]/health", 200],
  ["127.0.0.1", "http://evil.example/metrics", 421],
  ["127.0.0.1", "http://localhost/keys", 404],
  ["10.0.0.5", "http://10.0.0.7/health", 200],
  ["10.0.0.5", "http://mail.example.org/health", 200],
  ["::ffff:10.0.0.5", "http://10.0.0.7/health", 200],
  ["fd12::1", "http://[fd12::7]/health", 200],
  ["10.0.0.5", "http://10.0.0.7/metrics", 404],
  ["10.0.0.5", "http://127.0.0.1/metrics", 404],
  ["10.0.0.6", "http://10.0.0.7/health", 403],
  ["10.0.0.6", "http://127.0.0.1/health", 403],
  ["fe80::1%eth0", "http://[fe80::7]/health", 403],
];

for (const [remote, url, status] of asked) {
  Deno.test(`${remote} that asks for ${url} hears ${status}`, async () => {
    const response = await answerPage(new Request(url), remote, pages, elsewhere);
    assert.equal(response.status, status);
  });
}

Deno.test("other machines reach no page where none of them is let in", () => {
  const address = { hostname: "0.0.0.0", port: 0 };
  const open = () => servePages(address, pages, { from: [], paths: [] });
  assert.throws(open, { code: "configuration", message: /not loopback/ });
});
