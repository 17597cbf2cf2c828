/** Storing without end what no message is: summaries, keyrings, passwords. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import { type RateName, rates } from "../../src/service/rate_limit.ts";
import { versionOf } from "../../src/model/keyring.ts";
import { messageTo, registerOn } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

const quota = { maxBytes: 100 * 1024, maxMessages: 0 };

Deno.test("what an account stores as summaries is bounded by its quota", async () => {
  await using server = await startPipeServer({ quota });
  const client = await RawClient.open(server.connect());
  const ada = await registerOn(client, "ada");
  const save = (id: number, bytes: number) =>
    outcome(
      client.call("saveSummaries", {
        summaries: [{ id: entryId(id), summary: randomBytes(bytes) }],
        keyring: null,
      }),
    );
  const messages = 40; // each has an entry in both boxes
  for (let n = 0; n < messages; n++) await client.call("send", messageTo([ada], randomBytes(1)));
  assert.equal(await save(1, limits.maxEnvelopeBytes), "too_large");
  const outcomes = [];
  for (let id = 1; id <= 2 * messages; id++) outcomes.push(await save(id, 2048));
  assert.equal(outcomes.at(-1), "over_quota");
  const { bytes } = (await server.store.describeAccount(asAccountName("ada")))!;
  assert.ok(bytes > quota.maxBytes - 3 * 1024 && bytes <= quota.maxBytes, `${bytes}`);
  const kept = outcomes.filter((each) => each === "ok").length;
  assert.ok(kept > 10);
  assert.ok(kept * 2048 <= bytes, "what is stored is counted");
});

/** What makes a server write again and again in the place of what is there. */
const changes: Partial<
  Record<RateName, (client: RawClient) => Promise<unknown>>
> = {
  summariesByAccount: (client) => client.call("saveSummaries", { summaries: [], keyring: null }),
  keyringByAccount: async (client) => {
    const { parts } = await client.call("keyring", { known: null });
    const version = versionOf(parts);
    const update = {
      expectedVersion: version,
      after: null,
      version: version + 1,
      sealed: randomBytes(1),
    };
    return await client.call("replaceKeyring", update);
  },
  credentialsByAccount: (client) => client.call("saveRecovery", { recovery: null }),
};

for (const [rate, change] of Object.entries(changes)) {
  Deno.test(`${rate}: an account that writes too often is told when to come back`, async () => {
    let now = 1_000_000;
    await using server = await startPipeServer({ now: () => now, clock: () => now });
    const remote = { remoteAddress: "192.0.2.7" };
    const client = await RawClient.open(server.connect(remote));
    const ada = await registerOn(client, "ada");
    const { burst, perSecond } = rates[rate as RateName];
    for (let n = 0; n < burst; n++) await change(client);
    assert.equal(await outcome(change(client)), "try_later");

    const other = await RawClient.open(server.connect(remote));
    await registerOn(other, "bob");
    assert.equal(await outcome(change(other)), "ok", "another account");
    const local = await RawClient.open(server.connect({ remoteAddress: "127.0.0.1" }));
    await local.logIn(ada);
    assert.equal(await outcome(change(local)), "ok", "on the server's own machine");
    now += Math.ceil(1000 / perSecond);
    assert.equal(await outcome(change(client)), "ok");
  });
}
