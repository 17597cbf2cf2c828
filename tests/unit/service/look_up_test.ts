/** Accounts by their names and aliases: each in its place, and the keys of each read once. */
import assert from "node:assert/strict";
import { asAccountName } from "../../../src/model/address.ts";
import { registerOn } from "../../support/account.ts";
import { MemoryStore } from "../../support/memory_store.ts";
import { RawClient } from "../../support/raw_client.ts";
import { startPipeServer } from "../../support/server.ts";

class KeyReads extends MemoryStore {
  readonly reads: string[] = [];

  override findKeys(...[names]: Parameters<MemoryStore["findKeys"]>) {
    this.reads.push(...names);
    return super.findKeys(names);
  }
}

const cases: readonly [asked: string, found: string, reads: string][] = [
  ["ada bob", "ada bob", "ada bob"],
  ["ada info bob", "ada bob bob", "ada info bob bob"],
  ["info ada sales", "bob ada ada", "info ada sales bob ada"],
  ["nobody ada", "- ada", "nobody ada"],
  ["nobody", "-", "nobody"],
];

Deno.test("the keys of a name are read once, and those behind an alias as well", async () => {
  const store = new KeyReads("mail.test");
  await using server = await startPipeServer({ store });
  for (const name of ["ada", "bob"]) {
    await registerOn(await RawClient.open(server.connect()), name);
  }
  const { accounts, aliases } = server.context;
  await aliases.add("info", "bob");
  await aliases.add("sales", "ada");
  await aliases.add("*", "ada");
  const ada = (await store.findAccount(asAccountName("ada")))!;
  for (const [asked, found, reads] of cases) {
    store.reads.length = 0;
    const answers = await accounts.lookUp(ada, asked.split(" ").map(asAccountName));
    assert.equal(answers.map((each) => each?.name ?? "-").join(" "), found, asked);
    assert.equal(store.reads.join(" "), reads, asked);
  }
});
