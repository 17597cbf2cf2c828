/**
 * A server's store in a process of its own, made to be killed while held mail goes out and is taken back: `alice` holds
 * messages for `bob`, then some are cancelled while all are released. Prints the key of each that was cancelled, and a
 * line for each step of releasing.
 */
import { openStore } from "../../src/store/open.ts";
import { createAccounts, sampleMessage } from "./store_samples.ts";

const count = 600;
const terms = { partial: false, unknown: [], expiresAt: null, deliverAt: 2_000 };
const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

const store = await openStore(Deno.args[0]!, { domain: null });
const [alice] = await createAccounts(store, ["alice", "bob"]);
await Promise.all(Array.from({ length: count }, (_, n) => {
  return store.submit(sampleMessage(alice!.id, { key: `k${n}`, to: ["bob"] }), terms);
}));
const { entries } = await store.list({
  accountId: alice!.id,
  box: "sent",
  before: null,
  limit: 1_000,
  unread: false,
  from: null,
  since: null,
  aside: null,
});

async function cancelSome(): Promise<void> {
  for (const { id, envelope } of entries.filter((_, at) => at % 3 === 0)) { // newest first: those due last
    const key = new TextDecoder().decode(envelope!).split(" ")[2]!;
    const isCancelled = await store.cancel(alice!.id, [id], 1_900).then(() => true, () => false);
    say(isCancelled ? `cancelled ${key}` : `late ${key}`);
  }
}

async function releaseAll(): Promise<void> {
  while (await store.deliverDue(2_000)) say("step");
}

await Promise.all([cancelSome(), releaseAll()]);
await new Promise(() => setInterval(() => {}, 1_000));
