/** Old mail in a store, announced; at `dueAt` the most of it is to go. */
import { entryId } from "../../src/model/ids.ts";
import { type Retention, retentionOf } from "../../src/model/retention.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { Store } from "../../src/store/store.ts";
import { createAccounts, patterned, sampleMessage } from "./store_samples.ts";

const day = 86_400_000;
const now = 20_000 * day;

export const retentionSample = { keepMs: 90 * day, dueAt: now + 7 * day, messages: 200 } as const;

export async function retainAll(store: Store, retention: Retention, at: number): Promise<void> {
  for (let after: number | null = 0; after !== null;) {
    after = await store.retain(retention, at, after);
  }
}

/** Alice sends to bob, who reads every third; some of it has bodies of their own rows. All of it is announced. */
export async function fillAndAnnounce(store: Store): Promise<readonly [Account, Account]> {
  const [alice, bob] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
  for (let n = 0; n < retentionSample.messages; n++) {
    const storedAt = now - 100 * day + n;
    const body = patterned(n * 100, n);
    await store.send(sampleMessage(alice.id, { key: `k${n}`, to: ["bob"], body, storedAt }));
    if (n % 3 === 0) await store.markRead(bob.id, [entryId(n + 1)], now);
  }
  await retainAll(store, retentionOf(retentionSample.keepMs), now);
  return [alice, bob];
}
