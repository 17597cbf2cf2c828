/** What a store promises of aliases: names that no account has, each of one account. */
import assert from "node:assert/strict";
import { createAccounts, sampleAccount } from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";
import { asAccountName } from "../../src/model/address.ts";

const info = {
  name: asAccountName("info"),
  skeleton: "info",
  account: asAccountName("alice"),
};
const all = { after: null, limit: 100 };

export const aliasPromises: Promises = {
  "finds the account of an alias, and nobody for a name that is none": async (store) => {
    await createAccounts(store, ["alice", "bob"]);
    assert.equal(await store.addAlias(info), true);
    assert.equal(
      await store.addAlias({
        name: asAccountName("*"),
        skeleton: "*",
        account: asAccountName("bob"),
      }),
      true,
    );
    assert.deepEqual(
      await store.findAliases([
        asAccountName("alice"),
        asAccountName("info"),
        asAccountName("sales"),
        asAccountName("*"),
        asAccountName("info"),
      ]),
      [
        null,
        "alice",
        null,
        "bob",
        "alice",
      ],
    );
    assert.deepEqual([
      await store.findAccount(asAccountName("info")),
      await store.findKeys([asAccountName("info")]),
    ], [null, [
      null,
    ]]);
  },

  "adds no alias for an account that there is not": async (store) => {
    assert.equal(await store.addAlias(info), false);
    assert.deepEqual(await store.aliases(all), []);
  },

  "gives no name twice, nor one that looks like another: accounts and aliases alike": async (
    store,
  ) => {
    const [alice] = await createAccounts(store, ["alice", "bob"]);
    const { skeleton } = sampleAccount("bob");
    await store.addAlias(info);
    const aliases = [
      { ...info, name: asAccountName("bob"), skeleton: "x" },
      { ...info, name: asAccountName("b0b"), skeleton },
      { ...info, name: asAccountName("inf0") },
      { ...info, account: asAccountName("bob") },
    ];
    for (const alias of aliases) {
      await assert.rejects(store.addAlias(alias), { code: "name_taken" }, alias.name);
    }
    for (const account of [sampleAccount("info"), sampleAccount("inf0", { skeleton: "info" })]) {
      await assert.rejects(store.createAccount(account), { code: "name_taken" });
    }
    await store.closeAccount(alice!.id, 1);
    const former = {
      ...info,
      name: asAccountName("alice"),
      skeleton: "alice",
      account: asAccountName("bob"),
    };
    await assert.rejects(store.addAlias(former), { code: "name_taken" });
  },

  "adds an alias that the account has already once": async (store) => {
    await createAccounts(store, ["alice"]);
    assert.deepEqual([await store.addAlias(info), await store.addAlias(info)], [true, true]);
    assert.equal((await store.aliases(all)).length, 1);
  },

  "gives one of many that want a name": async (store) => {
    await createAccounts(store, ["alice", "bob"]);
    const tries = await Promise.allSettled([
      store.addAlias(info),
      store.createAccount(sampleAccount("info")),
      store.addAlias({ ...info, account: asAccountName("bob") }),
    ]);
    assert.equal(tries.filter(({ status }) => status === "fulfilled").length, 1);
  },

  "lists aliases by name, page by page": async (store) => {
    await createAccounts(store, ["alice", "bob"]);
    for (const [name, account] of [["sales", "bob"], ["*", "alice"], ["info", "alice"]] as const) {
      await store.addAlias({
        name: asAccountName(name),
        skeleton: name,
        account: asAccountName(account),
      });
    }
    const pairs = (page: readonly { name: string; account: string }[]) =>
      page.map(({ name, account }) => [name, account]);
    const first = await store.aliases({ after: null, limit: 2 });
    assert.deepEqual(pairs(first), [["*", "alice"], ["info", "alice"]]);
    assert.deepEqual(pairs(await store.aliases({ after: asAccountName("info"), limit: 2 })), [[
      "sales",
      "bob",
    ]]);
    assert.deepEqual(await store.aliases({ after: asAccountName("sales"), limit: 2 }), []);
  },

  "removes aliases, all or none, and their names are free again": async (store) => {
    await createAccounts(store, ["alice"]);
    await store.addAlias(info);
    await store.addAlias({ ...info, name: asAccountName("sales"), skeleton: "sales" });
    await assert.rejects(
      store.removeAliases([asAccountName("info"), asAccountName("nobody"), asAccountName("alice")]),
      {
        code: "no_such_recipient",
        message: "Cannot find nobody, alice: there is no such alias",
      },
    );
    assert.equal((await store.aliases(all)).length, 2);
    await store.removeAliases([asAccountName("info"), asAccountName("sales")]);
    assert.deepEqual(await store.findAliases([asAccountName("info"), asAccountName("sales")]), [
      null,
      null,
    ]);
    await store.createAccount(sampleAccount("info"));
  },

  "removes the aliases of an account that is closed, and no others": async (store) => {
    const [alice] = await createAccounts(store, ["alice", "bob"]);
    await store.addAlias(info);
    await store.addAlias({
      name: asAccountName("sales"),
      skeleton: "sales",
      account: asAccountName("bob"),
    });
    await store.closeAccount(alice!.id, 1);
    assert.deepEqual((await store.aliases(all)).map(({ name }) => name), ["sales"]);
    assert.deepEqual(await store.findAliases([asAccountName("info"), asAccountName("sales")]), [
      null,
      "bob",
    ]);
  },
};
