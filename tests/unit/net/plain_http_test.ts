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
  const open = () => servePages(address, pages, { from: [], paths: [] }, () => {});
  assert.throws(open, { code: "configuration", message: /not loopback/ });
});

/** Pages on a free port of this machine. */
function serveHere() {
  return servePages({ hostname: "127.0.0.1", port: 0 }, pages, elsewhere, () => {});
}

/** Says something, and hears all that is answered. */
async function ask(port: number, said: string): Promise<string> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(new TextEncoder().encode(said));
  return await new Response(socket.readable).text();
}

/** What is said, and the status of the answer. */
const said: readonly (readonly [said: string, status: number, body: string])[] = [
  ["GET /health HTTP/1.0\r\n\r\n", 200, "here\n"],
  ["GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n", 200, "here\n"],
  ["HEAD /health HTTP/1.1\r\nHOST:localhost:80\r\n\r\n", 200, ""],
  ["POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\na", 405, "GET only\n"],
  ["GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, "not here\n"],
  ["GET //evil.example/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 421, "not here\n"],
  ["GET /health\r\n\r\n", 400, "not a request\n"],
  ["\x16\x03\x01\r\n\r\n", 400, "not a request\n"],
  [`GET /health HTTP/1.1\r\nX: ${"y".repeat(20_000)}`, 400, "not a request\n"],
];

for (const [words, status, body] of said) {
  Deno.test(`${JSON.stringify(words.slice(0, 60))} hears ${status}`, async () => {
    const server = serveHere();
    const answer = await ask(server.port, words);
    server.close();
    const [head = "", told] = answer.split("\r\n\r\n");
    assert.equal(Number(head.split(" ")[1]), status);
    assert.equal(told, body);
  });
}

Deno.test("callers that say nothing keep nobody from the pages, and the pages from no end", async () => {
  const server = serveHere();
  const silent = await Promise.all(
    Array.from({ length: 200 }, () => Deno.connect({ hostname: "127.0.0.1", port: server.port })),
  );
  const asking = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  assert.match(await ask(server.port, asking), /^HTTP\/1.1 200 /);
  server.close();
  for (const socket of silent) {
    assert.equal(await socket.read(new Uint8Array(1)).catch(() => null), null);
    socket.close();
  }
});
