/** HAProxy, with the configuration of docs/scale.md, passes clients to a server that says it is well. */
import assert from "node:assert/strict";
import { areInstalled } from "../support/installed.ts";

const file = new URL("../../docs/scale/haproxy.cfg", import.meta.url).pathname;
const signature = new TextDecoder("latin1").decode(
  Uint8Array.fromHex("0d0a0d0a000d0a515549540a"), // PROXY protocol, version 2
);

/** A server that tells its name to whoever comes with a PROXY header, and whether it is well. */
class FakeServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #health: Deno.HttpServer<Deno.NetAddr>;
  readonly port = (this.#listener.addr as Deno.NetAddr).port;
  isWell = true;
  onAsked = () => {};

  constructor(readonly name: string) {
    this.#health = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
      const isWell = this.isWell && new URL(url).pathname === "/health";
      this.onAsked();
      return new Response(null, { status: isWell ? 200 : 503 });
    });
    this.#answer();
  }

  get healthPort(): number {
    return this.#health.addr.port;
  }

  async #answer(): Promise<void> {
    for await (const connection of this.#listener) {
      const header = new Uint8Array(1024);
      const read = await connection.read(header);
      const text = new TextDecoder("latin1").decode(header.subarray(0, read ?? 0));
      await connection.write(
        new TextEncoder().encode(text.startsWith(signature) ? this.name : "no header"),
      );
      connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#health.shutdown();
  }
}

/** Finds out to which server HAProxy passes this address; undefined if to none, or without a header. */
async function serverOf(
  port: number,
  servers: readonly FakeServer[],
): Promise<FakeServer | undefined> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const answer = await new Response(connection.readable).text();
  return servers.find(({ name }) => name === answer);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** Asks until the answer is as it should be. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!await isSo().catch(() => false)) {
    assert.ok(performance.now() < end, "HAProxy does not follow");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Deno.test({
  name: "HAProxy gives an address one server while it is well, then another, and any where none is",
  ignore: !areInstalled("haproxy"),
  fn: async () => {
    await using a = new FakeServer("a");
    await using b = new FakeServer("b");
    await using c = new FakeServer("c");
    const servers = [a, b, c];
    const port = freePort();
    const env: Record<string, string> = { FRONT_LISTEN: `127.0.0.1:${port}` };
    for (const { name, port, healthPort } of servers) {
      env[`MAILCTL_${name.toUpperCase()}`] = `127.0.0.1:${port}`;
      env[`MAILCTL_${name.toUpperCase()}_METRICS`] = String(healthPort);
    }
    const child = new Deno.Command("haproxy", {
      args: ["-dW", "-db", "-f", file], // a warning is an error
      env,
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      await until(async () => await serverOf(port, servers) !== undefined);
      const first = (await serverOf(port, servers))!;
      for (let again = 0; again < 5; again++) assert.equal(await serverOf(port, servers), first);
      first.isWell = false;
      await until(async () => {
        const next = await serverOf(port, servers);
        return next !== undefined && next !== first;
      });
      for (const server of servers) server.isWell = false;
      let asked = 0; // HAProxy has heard of all by the second time that each was asked
      for (const server of servers) server.onAsked = () => asked++;
      await until(() => Promise.resolve(asked > 3 * servers.length));
      assert.notEqual(await serverOf(port, servers), undefined);
    } finally {
      child.kill("SIGTERM");
      await child.status;
    }
  },
});
