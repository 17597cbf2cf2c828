/** Files, copies and deletes without end in the store of the folder it is given, and says what is done: to be killed. */
import { asAccountName } from "../../src/model/address.ts";
import type { EntryId } from "../../src/model/ids.ts";
import { openStore } from "../../src/store/open.ts";
import { bytes, createAccounts, sampleMessage } from "./store_samples.ts";

const store = await openStore(Deno.args[0]!, { domain: null });
await createAccounts(store, ["alice"]);
const { id: alice } = (await store.findAccount(asAccountName("alice")))!;
for (let n = 0; n < 20; n++) await store.send(sampleMessage(alice, { key: `k${n}`, to: [] }));

for (let version = 0;; version++) {
  const { entries } = await store.list({
    accountId: alice,
    box: "sent",
    before: null,
    limit: 20,
    unread: false,
    from: null,
    since: null,
    aside: null,
  });
  const filings = entries.map(({ id, filing }) => ({
    id,
    expectedVersion: filing.version,
    sealed: bytes(`filing ${filing.version}`),
    moves: version % 2 === 0,
    aside: version % 3 === 0,
  }));
  const [oldest] = filings.slice(-1);
  await store.fileEntries(alice, filings);
  const copy = { id: oldest!.id, sealed: bytes("copy"), aside: true };
  const [copied] = await store.copyEntries(alice, [copy]) as [EntryId];
  await store.deleteEntries(alice, [oldest!.id]);
  Deno.stdout.writeSync(bytes(`${oldest!.id} ${copied}\n`));
}
