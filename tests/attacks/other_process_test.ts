/**
 * A session does not outlive a change of its account that was made elsewhere: at another server on the same store, or by
 * an administrator's program.
 */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { registerOn } from "../support/account.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { ended, outcome, RawClient } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

const ada = asAccountName("ada");

/** What is done at the other server. */
const endings: Record<string, (elsewhere: PipeServer, store: MemoryStore) => Promise<unknown>> = {
  "disabled": ({ context }) => context.administration.disable(ada),
  "removed": ({ context }) => context.administration.remove([ada]),
  "given other sealed keys": async (_, store) => {
    const { id } = (await store.findAccount(ada))!;
    await store.replaceSealedKeys({ accountId: id, devices: [], sealedKeys: new Uint8Array(9) });
  },
};

for (const [what, end] of Object.entries(endings)) {
  Deno.test(`a session is over at its next request once its account was ${what} elsewhere`, async () => {
    const store = new MemoryStore("mail.test");
    await using here = await startPipeServer({ store });
    await using elsewhere = await startPipeServer({ store });
    const session = await RawClient.open(here.connect());
    await registerOn(session, "ada");
    const other = await RawClient.open(here.connect());
    await registerOn(other, "bob");
    assert.equal(await outcome(session.call("keyring", { known: null })), "ok");
    await end(elsewhere, store);
    assert.equal(await outcome(session.call("keyring", { known: null })), "unavailable");
    assert.deepEqual(await ended(session), []);
    assert.equal(await outcome(other.call("keyring", { known: null })), "ok");
  });
}
