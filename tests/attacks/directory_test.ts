/** Learning who has an account, or who is there, from a server that does not tell; and a directory that never ends. */
import assert from "node:assert/strict";
import { Client } from "../../src/client/connection/client.ts";
import { findUsers } from "../../src/client/correspondents/directory.ts";
import type { OpenAccount } from "../../src/client/account.ts";
import { sampleAccount } from "../support/store_samples.ts";
import { registerOn } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";
import { type AccountName } from "../../src/model/address.ts";

async function insider(server: PipeServer, name: string): Promise<RawClient> {
  const client = await RawClient.open(server.connect());
  await registerOn(client, name);
  return client;
}

Deno.test("a server that keeps its names to itself tells of one name, and not who is there", async () => {
  await using server = await startPipeServer();
  const eve = await insider(server, "eve");
  await insider(server, "ada");
  const ask = (pattern: string, online = false) =>
    outcome(eve.call("directory", { pattern, online, after: null }));
  for (const pattern of ["*", "a*", "ad?", "?da"]) {
    assert.equal(await ask(pattern), "denied", pattern);
  }
  assert.equal(await ask("ada", true), "denied");
  assert.equal(await ask("nobody", true), "denied");
  const { accounts } = await eve.call("directory", { pattern: "Ada", online: false, after: null });
  assert.deepEqual(accounts, [{ name: "ada", online: null }]);
});

Deno.test("nobody without an account is told anything, whatever the server tells accounts", async () => {
  await using server = await startPipeServer({ directory: "all" });
  await insider(server, "ada");
  const stranger = await RawClient.open(server.connect());
  const query = { pattern: "ada", online: false, after: null };
  assert.equal(await outcome(stranger.call("directory", query)), "denied");
});

Deno.test("a directory of thousands comes in pages, each looking at a bounded number of names", async () => {
  await using server = await startPipeServer({ directory: "all" });
  const eve = await insider(server, "eve");
  for (let n = 0; n < 1_500; n++) {
    await server.store.createAccount(sampleAccount(`u${String(n).padStart(4, "0")}`));
  }
  const ask = (after: AccountName | null) =>
    eve.call("directory", { pattern: "u*9", online: false, after });
  const first = await ask(null);
  assert.deepEqual([first.accounts.length, first.next], [100, "u0999"]);
  const second = await ask(first.next);
  assert.deepEqual([second.accounts.length, second.next], [50, null]);
  assert.equal(second.accounts[0]!.name, "u1009");
  const online = await eve.call("directory", { pattern: "*", online: true, after: null });
  assert.deepEqual(online.accounts, [{ name: "eve", online: true }]);
});

type Page = { accounts: { name: string; online: boolean | null }[]; next: string | null };

/** What a client makes of a server's pages. */
async function found(pages: readonly Page[]): Promise<string[]> {
  const left = [...pages];
  const client = { call: () => Promise.resolve(left.shift()) } as unknown as Client;
  const account = Promise.resolve({ domain: "mail.test" } as OpenAccount);
  const query = { pattern: "b*", online: false };
  return (await Array.fromAsync(findUsers(client, account, query))).map(({ name }) => name);
}

Deno.test("a hostile directory can neither go round in circles nor slip in other names", async () => {
  const page = (names: string[], next: string | null = null) => ({
    accounts: names.map((name) => ({ name, online: null })),
    next,
  });
  assert.deepEqual(await found([page(["ba"], "bb"), page([], "bc"), page(["bd"])]), ["ba", "bd"]);
  const hostile = [
    [page(["carol"])],
    [page(["bb", "ba"])],
    [page(["ba", "ba"])],
    [page(["ba"], "ba"), page(["ba"], "ba")],
    [page([], "bb"), page([], "bb")],
    [page([], "bb"), page([], "ba")],
  ];
  for (const pages of hostile) await assert.rejects(found(pages), { code: "protocol" });
});
