/** Filing over the wire: who is told of what, when, and by whose right. */
import assert from "node:assert/strict";
import { loginKeyOf } from "../../src/crypto/account/login_proof.ts";
import { asAccountName } from "../../src/model/address.ts";
import { randomBytes, utf8 } from "../../src/model/bytes.ts";
import { type DeviceScope, deviceScopes } from "../../src/model/device.ts";
import { asLoginSeed } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import { type OperationName, operations } from "../../src/wire/operations.ts";
import { enter, messageTo } from "../support/account.ts";
import { CountedStore } from "../support/counted_store.ts";
import { until } from "../support/person.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

function filing(id: number, expectedVersion = 0) {
  const sealed = utf8(`filing ${expectedVersion}`);
  return { filings: [{ id: entryId(id), expectedVersion, sealed, moves: false, aside: true }] };
}

const all = { since: 0, known: 0, limit: 65535, aside: false };

Deno.test("a wait for changes is answered by each kind of them, and by nobody else's", async () => {
  const store = new CountedStore("mail.test");
  await using server = await startPipeServer({ store });
  const [ada, adaAccount] = await enter(server, "ada");
  const [bob, bobAccount] = await enter(server, "bob");
  const other = await RawClient.open(server.connect());
  await other.logIn(adaAccount);
  const changes: readonly [what: string, change: () => Promise<unknown>, gone: boolean][] = [
    ["mail", () => bob.call("send", messageTo([adaAccount], utf8("x"))), false],
    ["a filing", () => other.call("file", filing(1)), false],
    [
      "a read mark",
      () => other.call("markRead", { read: [{ id: entryId(1), receipt: null }] }),
      false,
    ],
    ["unread", () => other.call("markUnread", { ids: [entryId(1)] }), false],
    ["a deletion", () => other.call("delete", { ids: [entryId(1)], versions: null }), true],
  ];
  let since = 0;
  let folders = 0;
  for (const [what, change, isGone] of changes) {
    await ada.sendRequest("waitForChanges", { since, folders });
    await until(() => store.waiting === 1, "the wait");
    await bob.call("send", messageTo([bobAccount], utf8("not ada's")));
    await change();
    const { modseq, entries, gone } = await ada.reply("waitForChanges");
    assert.ok(modseq > since, what);
    assert.deepEqual([entries.length, gone.length], isGone ? [0, 1] : [1, 0], what);
    since = modseq;
  }
  await ada.sendRequest("waitForChanges", { since, folders });
  await until(() => store.waiting === 1, "the wait for folders");
  const list = { expectedVersion: 0, version: 7, sealed: new Uint8Array(40) };
  await other.call("replaceFolders", list);
  ({ folders } = await ada.reply("waitForChanges"));
  assert.equal(folders, 7);
  await ada.sendRequest("waitForChanges", { since, folders: 0 });
  assert.equal((await ada.reply("waitForChanges")).folders, 7, "at once");
  await ada.sendRequest("waitForChanges", { since, folders });
  await until(() => store.waiting === 1, "the last wait");
  await ada.sendRequest("ping", {});
  const { modseq, more } = await ada.reply("waitForChanges");
  assert.deepEqual([modseq, more], [since, false], "whatever the client says next ends it");
});

Deno.test("a filing is refused for a version that was, and shows what is there", async () => {
  await using server = await startPipeServer();
  const [ada, account] = await enter(server, "ada");
  await ada.call("send", messageTo([account], utf8("x")));
  const first = await ada.call("file", filing(2));
  assert.deepEqual(await ada.call("file", filing(2)), first, "the same again");
  const [stale] = (await ada.call("file", filing(2, 4))).answers;
  assert.equal(stale!.outcome, "stale");
  assert.deepEqual(stale!.entry!.filing.sealed, utf8("filing 0"));
  const { entries } = await ada.call("look", { ids: [entryId(2)] });
  assert.deepEqual(entries[0]!.filing, stale!.entry!.filing);
});

Deno.test("copies get ids of their own, and usage tells the server's bounds", async () => {
  await using server = await startPipeServer({ quota: { maxBytes: 5000, maxMessages: 0 } });
  const [ada, account] = await enter(server, "ada");
  await ada.call("send", messageTo([account], utf8("x")));
  const { bytes, ...usage } = await ada.call("usage", {});
  const { createdAt } = (await server.store.findAccount(asAccountName("ada")))!;
  assert.deepEqual(usage, { messages: 2, maxBytes: 5000, maxMessages: null, createdAt });
  assert.ok(bytes > 0);
  const copies = [{ id: entryId(1), sealed: utf8("f"), aside: true }];
  assert.deepEqual((await ada.call("copy", { copies })).ids, [entryId(3)]);
  const none = { copies: [{ ...copies[0]!, id: entryId(99) }] };
  assert.deepEqual((await ada.call("copy", none)).ids, [null]);
});

Deno.test("a list of folders goes up in its version, and nowhere else", async () => {
  await using server = await startPipeServer();
  const [ada] = await enter(server, "ada");
  const list = { sealed: utf8("list") };
  const replace = (expectedVersion: number, version: number) =>
    ada.call("replaceFolders", { expectedVersion, version, ...list });
  assert.equal(await outcome(replace(1, 1)), "malformed");
  assert.deepEqual([(await replace(0, 5)).replaced, (await replace(0, 6)).replaced], [true, false]);
  assert.deepEqual(await ada.call("folders", {}), { version: 5, ...list });
});

const byScope: Readonly<Record<DeviceScope, readonly OperationName[]>> = {
  mail: [
    "changes",
    "waitForChanges",
    "file",
    "folders",
    "replaceFolders",
    "copy",
    "markUnread",
    "usage",
    "filings",
  ],
  read: ["changes", "waitForChanges", "folders", "markUnread", "usage", "filings"],
  send: [],
};

for (const scope of deviceScopes) {
  Deno.test(`a login of scope ${scope} may call of filing what is its own`, () => {
    for (const name of byScope.mail) {
      const { callers } = operations[name];
      const may = (callers as readonly DeviceScope[]).includes(scope);
      assert.equal(may, byScope[scope].includes(name), name);
    }
  });
}

Deno.test("a login for the mail of some senders is told of no other's changes", async () => {
  await using server = await startPipeServer();
  const [owner, ada] = await enter(server, "ada");
  const [bob] = await enter(server, "bob");
  const [eve] = await enter(server, "eve");
  await bob.call("send", messageTo([ada], utf8("x")));
  await eve.call("send", messageTo([ada], utf8("x")));
  await owner.call("markRead", {
    read: [1, 2].map((id) => ({ id: entryId(id), receipt: null })),
  });
  const loginSeed = asLoginSeed(randomBytes(32));
  await owner.call("addDevice", {
    label: "phone",
    scope: "read",
    senders: [asAccountName("bob")],
    expires: null,
    key: await loginKeyOf(loginSeed),
    sealedKeys: randomBytes(90),
    wrappedKey: randomBytes(60),
    replaces: null,
  });
  const phone = await RawClient.open(server.connect());
  await phone.logIn({ name: ada.name, loginSeed });
  const { entries, modseq, newest } = await phone.call("changes", all);
  assert.deepEqual([entries.map(({ id }) => id), modseq], [[1], newest]);
  const asked = await phone.call("filings", { ids: [entryId(1), entryId(2), entryId(9)] });
  assert.deepEqual(asked.entries.map((entry) => entry?.id ?? null), [1, null, null]);
  await phone.call("markUnread", { ids: [entryId(1), entryId(2)] });
  const marked = (await owner.call("changes", all)).entries;
  assert.deepEqual(marked.map(({ id, readAt }) => [id, readAt === null]), [[2, false], [1, true]]);
});

Deno.test("as many of the largest filings as a request has fit into a request and a reply", () => {
  const entry = 100; // what a reply has of an entry beside its filing
  const most = limits.maxFilingsPerRequest * (limits.maxFilingBytes + entry);
  assert.ok(most < limits.maxRequestBytes);
});
