/**
 * A server's store in a process of its own, made to be killed while mail burns: sends to `bob`, marks one message after
 * the other as read, and prints the id of each once the store has acknowledged it.
 */
import { entryId } from "../../src/model/ids.ts";
import { openStore } from "../../src/store/open.ts";
import { bytes, createAccounts, sampleMessage } from "./store_samples.ts";

const count = 400;
const terms = { partial: false, unknown: [], expiresAt: null, burn: true };

const store = await openStore(Deno.args[0]!, { domain: null });
const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
for (let n = 1; n <= count; n++) {
  const body = bytes(`<secret ${n}>`.repeat(n % 2 === 0 ? 9 : 2_000));
  await store.submit(sampleMessage(alice!.id, { key: `k${n}`, to: ["bob"], body }), terms);
}
for (let id = 1; id <= count; id++) {
  await store.markRead(bob!.id, [entryId(id)], 2_000);
  Deno.stdout.writeSync(new TextEncoder().encode(`${id}\n`));
}
