/** What a server tells programs of its own machine about itself, and whom it tells nothing. */
import assert from "node:assert/strict";
import { makeCertificate } from "../../src/crypto/certificate.ts";
import { asAccountName } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { asLoginSeed } from "../../src/model/digests.ts";
import { messageTo, registerOn } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { makeKeyFolder, startServer } from "../support/server.ts";

const metrics = { host: "127.0.0.1", port: 0 };

async function page(port: number, path: string, init?: RequestInit) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: response.status, text: await response.text() };
}

/** Reads one value out of the text. */
function valueOf(text: string, name: string): number {
  const line = text.split("\n").find((line) => line.startsWith(`mailctl_${name} `));
  return Number(line?.split(" ")[1] ?? NaN);
}

Deno.test("metrics count what was done, in the format that Prometheus reads", async () => {
  await using server = await startServer({ metrics });
  const port = server.ready.metricsPort!;
  const ada = await RawClient.open(await server.dial());
  const account = await registerOn(ada, "ada");
  const message = messageTo([account], randomBytes(10));
  for (let time = 0; time < 2; time++) await ada.call("send", message); // stored once
  const bob = await RawClient.open(await server.dial());
  const wrong = {
    name: asAccountName("ada"),
    loginSeed: asLoginSeed(randomBytes(32)),
  };
  assert.equal(await outcome(bob.logIn(wrong)), "denied");

  const { status, text } = await page(port, "/metrics");
  assert.equal(status, 200);
  const counted = ["connections", "connections_total", "handshakes_total", "messages_total"];
  assert.deepEqual(counted.map((name) => valueOf(text, name)), [2, 2, 2, 1]);
  assert.equal(valueOf(text, "logins_refused_total"), 1);
  assert.ok(valueOf(text, "received_bytes_total") > 3_000);
  assert.ok(valueOf(text, "sent_bytes_total") > 3_000);
  for (const line of text.trimEnd().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) mailctl_\w+ .+|mailctl_\w+(\{le="[^"]+"\})? [\d.e+-]+)$/);
  }
  assert.ok(!/ada|127\.0\.0\.1/.test(text));
  ada.close();
  bob.close();
});

Deno.test("health is that of the store", async () => {
  await using server = await startServer({ metrics });
  assert.deepEqual(await page(server.ready.metricsPort!, "/health"), { status: 200, text: "ok\n" });
});

Deno.test("nothing else is told, and nobody by another name", async () => {
  await using server = await startServer({ metrics });
  const port = server.ready.metricsPort!;
  assert.equal((await page(port, "/")).status, 404);
  assert.equal((await page(port, "/metrics/../keys")).status, 404);
  assert.equal((await page(port, "/metrics", { method: "POST", body: "x" })).status, 405);
  const rebound = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = "GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
  await rebound.write(new TextEncoder().encode(request));
  assert.match(await new Response(rebound.readable).text(), /^HTTP\/1.1 421 /);
  const elsewhere = startServer({ metrics: { host: "0.0.0.0", port: 0 } });
  await assert.rejects(elsewhere, { code: "configuration", message: /loopback/ });
});

Deno.test("a certificate that was replaced is shown after a reload; sessions that are open stay", async () => {
  const keys = await makeKeyFolder();
  await using server = await startServer({ keys });
  const ada = await RawClient.open(await server.dial());
  await registerOn(ada, "ada");
  const { certificate, privateKey } = await makeCertificate(
    { hosts: ["localhost"], addresses: ["127.0.0.1"] },
    Date.now(),
  );
  const own = Deno.readTextFileSync(`${keys}/self_signed.pem`);

  Deno.writeTextFileSync(`${keys}/tls.crt`, certificate);
  await assert.rejects(server.ready.reload(), { code: "configuration" });
  (await server.dial()).close(); // it still shows the one it has

  Deno.writeTextFileSync(`${keys}/tls.key`, privateKey, { mode: 0o600 });
  await server.ready.reload();
  await assert.rejects(server.dial(), /another certificate/);
  Deno.writeTextFileSync(`${keys}/self_signed.pem`, certificate + privateKey);
  const later = await RawClient.open(await server.dial());
  await later.call("ping", {});
  await ada.call("ping", {});
  Deno.writeTextFileSync(`${keys}/self_signed.pem`, own);
  later.close();
  ada.close();
  await server.stop();
  await Deno.remove(keys, { recursive: true });
});
