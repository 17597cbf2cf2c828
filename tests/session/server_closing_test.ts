/** Deleting an account, frame by frame: no session of it does anything more. */
import { at, span } from "../../src/model/delivery_time.ts";
import type { SubmissionTerms } from "../../src/service/submitted_message.ts";
import assert from "node:assert/strict";
import { type AccountName, asAccountName } from "../../src/model/address.ts";
import { limits } from "../../src/model/limits.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { messageTo, registerOn } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

Deno.test("once deleted, this session may do nothing more as it, and every other is cut", async () => {
  await using server = await startPipeServer();
  const [client, other, stranger] = [
    await RawClient.open(server.connect()),
    await RawClient.open(server.connect()),
    await RawClient.open(server.connect()),
  ] as const;
  const ada = await registerOn(client, "ada");
  await registerOn(stranger, "bob");
  const { name, loginSeed } = ada;
  await other.logIn({ name, loginSeed });
  const claim = await client.proofOf(ada);
  assert.deepEqual(await client.call("closeAccount", claim), { erased: true });
  const changes = server.lines.map(({ event, account }) => `${event}: ${account}`);
  assert.deepEqual(changes.filter((change) => change.startsWith("account")), [
    "account registered: ada",
    "account registered: bob",
    "account deleted: ada",
  ]);
  for (
    const attempt of [
      () => client.call("keyring", { known: null }),
      () => client.call("send", messageTo([ada], new Uint8Array(1))),
      () => client.call("closeAccount", claim),
      () => client.logIn({ name, loginSeed }),
    ]
  ) assert.equal(await outcome(attempt()), "denied");
  await assert.rejects(other.call("keyring", { known: null }));
  assert.equal(await outcome(stranger.call("keyring", { known: null })), "ok");
});

Deno.test("a login that had begun before does not end as a login after", async () => {
  const found = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  class SlowStore extends MemoryStore {
    slow = false;
    override async findAccount(name: string) {
      const account = await super.findAccount(asAccountName(name));
      if (this.slow) {
        this.slow = false;
        found.resolve();
        await closed.promise;
      }
      return account;
    }
  }
  const store = new SlowStore("mail.test");
  await using server = await startPipeServer({ store });
  const client = await RawClient.open(server.connect());
  const late = await RawClient.open(server.connect());
  const { name, loginSeed } = await registerOn(client, "ada");
  store.slow = true;
  const login = outcome(late.logIn({ name, loginSeed }));
  await found.promise;
  await client.call("closeAccount", await client.proofOf({ name, loginSeed }));
  closed.resolve();
  assert.equal(await login, "denied");
});

Deno.test("the server's own names are nobody's", async () => {
  await using server = await startPipeServer();
  for (const name of ["mailer-daemon", "postmaster"]) {
    const client = await RawClient.open(server.connect());
    await assert.rejects(registerOn(client, name), /name_taken/);
  }
});

Deno.test("terms that contradict themselves are refused", async () => {
  await using server = await startPipeServer();
  const client = await RawClient.open(server.connect());
  const ada = await registerOn(client, "ada");
  const times: Pick<SubmissionTerms, "expires" | "deliver"> = { expires: null, deliver: null };
  const terms = { partial: true, burn: false, unknown: [] as AccountName[], ...times };
  const submit = (to: typeof ada[], change: Partial<typeof terms>) =>
    outcome(client.call("submit", {
      ...messageTo(to, new Uint8Array(1)),
      ...terms,
      ...change,
    }));
  assert.equal(await submit([], {}), "malformed");
  assert.equal(await submit([ada], { unknown: ["x", "x"].map(asAccountName) }), "malformed");
  assert.equal(await submit([ada], { unknown: [asAccountName("ada")] }), "malformed");
  assert.equal(await submit([ada], { expires: at(1) }), "malformed");
  const now = Date.now();
  const tooFar = limits.maxHoldMs + 60_000;
  assert.equal(await submit([ada], { expires: span(0) }), "malformed");
  assert.equal(await submit([ada], { deliver: at(now + tooFar) }), "malformed");
  assert.equal(await submit([ada], { deliver: span(tooFar) }), "malformed");
  assert.equal(
    await submit([ada], { deliver: span(60_000), expires: at(now + 30_000) }),
    "malformed",
  );
  assert.equal(
    await submit([ada], { deliver: at(now + 9e5), expires: at(now + 9e5) }),
    "malformed",
  );
  const many = Array.from({ length: 50 }, (_, n) => `n${n}`);
  assert.equal(await submit([ada], { unknown: many.map(asAccountName) }), "malformed");
  assert.equal(await submit([], { unknown: many.map(asAccountName) }), "ok");
  assert.equal(
    await submit([ada], { partial: false, unknown: [asAccountName("x")] }),
    "no_such_recipient",
  );
});
