/** Connections that say nothing, to the real programs with their own permissions and 128 file descriptors. */
import assert from "node:assert/strict";
import { enter, PageProcess } from "../support/page_process.ts";
import { Stage, until } from "../support/person.ts";
import { ServerProcess } from "../support/program_server.ts";

/** Connects 400 times, without a word. What no place is left for is reset, or never taken. */
async function connectOften(hostname: string, port: number): Promise<Disposable> {
  const silent = await Promise.all(
    Array.from({ length: 400 }, () => Deno.connect({ hostname, port }).catch(() => null)),
  );
  return { [Symbol.dispose]: () => silent.forEach((connection) => connection?.close()) };
}

Deno.test("silent connections keep nobody out of a server, nor from its metrics, and end neither", async (t) => {
  await using stage = new Stage();
  const home = stage.home("server");
  home.runsIn("ulimit -n 128");
  const args = ["--metrics", "127.0.0.1:0"];
  const server = stage.keep(await ServerProcess.start(home, { args }));
  const [alice] = await stage.people(server, "alice");
  const [metrics = ""] = server.extraAddresses;
  const doors = [
    ["clients come in by", new URL(`http://${server.address}`)],
    ["metrics are at", new URL(metrics)],
  ] as const;
  for (const [name, { hostname, port }] of doors) {
    await t.step(`what ${name}`, async () => {
      using _silent = await connectOften(hostname, Number(port));
      for (const subject of ["one", "two"]) await alice!.send(["alice", "-s", subject, "-m", "x"]);
      const response = await fetch(new URL("/health", metrics));
      assert.equal(await response.text(), "ok\n");
    });
  }
  await alice!.send(["alice", "-s", "three", "-m", "x"]);
  assert.equal((await alice!.list("inbox")).total, 5);
  assert.doesNotMatch(server.log, /"event":"internal"/);
  assert.equal(await server.stop(), 0);
});

Deno.test("a page that silent connections were made to is there again when they are gone", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice");
  alice!.home.runsIn("ulimit -n 128");
  await using page = await PageProcess.start(alice!, "--no-open");
  const { base, cookie } = await enter(page.link);
  const { hostname, port } = new URL(base);
  (await connectOften(hostname, Number(port)))[Symbol.dispose]();
  const inbox = () => fetch(`${base}/inbox`, { headers: { cookie } }).catch(() => null);
  await until(async () => (await inbox())?.status === 200, "the page");
  assert.equal(await page.end("SIGTERM"), 0);
});
