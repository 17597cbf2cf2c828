/** 400 connections that say nothing, to the real program with its own permissions and 128 file descriptors. */
import assert from "node:assert/strict";
import { Stage } from "../support/person.ts";
import { ServerProcess } from "../support/program_server.ts";

Deno.test("400 silent connections keep nobody out of a server with 128 descriptors", async () => {
  await using stage = new Stage();
  const home = stage.home("server");
  home.runsIn("ulimit -n 128");
  const server = stage.keep(await ServerProcess.start(home));
  const [alice] = await stage.people(server, "alice");
  const [hostname = "", port] = server.address.split(":");

  const silent = await Promise.all(
    Array.from({ length: 400 }, () => Deno.connect({ hostname, port: Number(port) })),
  );
  for (const subject of ["one", "two"]) await alice!.send(["alice", "-s", subject, "-m", "x"]);
  for (const connection of silent) connection.close();
  await alice!.send(["alice", "-s", "three", "-m", "x"]);
  assert.equal((await alice!.list("inbox")).total, 3);
  assert.doesNotMatch(server.log, /"event":"internal"/);
  assert.equal(await server.stop(), 0);
});
