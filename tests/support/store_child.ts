/**
 * A server's store in a process of its own, made to be killed: sends without end from `alice` to `bob` and prints
 * each key on stdout once the store has acknowledged it. Every fourth body is an upload of three chunks.
 */
import type { AccountId } from "../../src/model/ids.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { createAccounts, patterned, sampleMessage } from "./store_samples.ts";

const callers = 16;
const chunkBytes = 40_000;

async function makeBody(store: Store, senderId: AccountId, seed: number) {
  if (seed % 4 !== 0) return patterned(2_000, seed);
  const upload = await store.beginUpload(senderId);
  for (let n = 0; n < 3; n++) await store.appendUpload(upload, n, patterned(chunkBytes, n));
  return { upload };
}

async function sendForEver(store: Store, senderId: AccountId, caller: number): Promise<void> {
  for (let n = caller;; n += callers) {
    const body = await makeBody(store, senderId, n);
    await store.send(sampleMessage(senderId, { key: `key-${n}`, to: ["bob"], body }));
    Deno.stdout.writeSync(new TextEncoder().encode(`key-${n}\n`));
  }
}

const store = await openStore(Deno.args[0]!, { domain: null });
const [alice] = await createAccounts(store, ["alice", "bob"]);
await Promise.all(Array.from({ length: callers }, (_, n) => sendForEver(store, alice!.id, n)));
