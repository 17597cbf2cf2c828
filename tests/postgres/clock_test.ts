/** Clocks that differ, and one that jumps: PostgreSQL goes by a clock of its own, by libfaketime. */
import assert from "node:assert/strict";
import { entryId } from "../../src/model/ids.ts";
import { openStore } from "../../src/store/open.ts";
import type { SendTerms } from "../../src/store/send_store.ts";
import type { Store } from "../../src/store/store.ts";
import { areInstalled } from "../support/installed.ts";
import { until } from "../support/person.ts";
import { Cluster, withoutPostgres } from "../support/postgres.ts";
import {
  createAccounts,
  patterned,
  query,
  readBody,
  sampleMessage,
} from "../support/store_samples.ts";

const ignore = withoutPostgres || !areInstalled("faketime");
const hours = 3_600_000;

/** A database, and what sets its clock so many seconds before or behind the machine's own. */
async function withClock(
  work: (url: string, set: (seconds: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const file = await Deno.makeTempFile();
  const set = (seconds: number) => Deno.writeTextFile(file, `${seconds < 0 ? "" : "+"}${seconds}`); // one write
  await set(0);
  await Deno.chmod(file, 0o644);
  await using cluster = await Cluster.start(
    "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1",
    `FAKETIME_TIMESTAMP_FILE=${file}`,
    "FAKETIME_NO_CACHE=1",
    "FAKETIME_DONT_FAKE_MONOTONIC=1",
  );
  await using database = await cluster.freshDatabase();
  try {
    await work(database.url, set);
  } finally {
    await set(0);
    await Deno.remove(file);
  }
}

Deno.test({
  name: "postgres: a database whose clock is more than five seconds off is refused",
  ignore,
  fn: () =>
    withClock(async (url, set) => {
      for (const seconds of [10, -10, 7_200]) {
        await set(seconds);
        const refused = { code: "unavailable", message: /its clock and this machine's differ/ };
        await assert.rejects(openStore(url, { domain: null }), refused, `${seconds} s`);
      }
      await set(3);
      const store = await openStore(url, { domain: null });
      assert.match((await store.warnings()).join(), /differ by [23]\.\d seconds/);
      await store.close();
    }),
});

Deno.test({
  name:
    "postgres: while the database's clock is hours off, nothing is lost, doubled, or due too early",
  ignore,
  fn: () =>
    withClock(async (url, set) => {
      const one = await openStore(url, { domain: null });
      const other = await openStore(url, { domain: null });
      const [alice, bob] = await createAccounts(one, ["alice", "bob"]);
      const send = (store: Store, key: string, terms: Partial<SendTerms> = {}) => {
        const message = sampleMessage(alice!.id, { key, to: ["bob"], storedAt: store.now() });
        return store.submit(message, { partial: false, unknown: [], expiresAt: null, ...terms });
      };
      const later = one.now() + hours;
      await send(one, "held", { deliverAt: later });
      await send(one, "expires", { expiresAt: later });
      const upload = await one.beginUpload(alice!.id);
      await one.appendUpload(upload, 0, patterned(9_000));

      const lines: string[] = [];
      one.watchWarnings((warning, isOver) => {
        assert.match(
          warning,
          /^The database's clock and this machine's differ by 7\d{3}\.\d seconds$/,
        );
        lines.push(isOver ? "over" : "begins");
      });
      let kept = 1; // in bob's inbox
      for (const hoursOff of [2, -2]) {
        await set(hoursOff * 3_600);
        const told = async (store: Store) => (await store.warnings()).join().includes("differ");
        await until(async () => await told(one) && await told(other), "both processes see it");
        for (const store of [one, other]) {
          assert.ok(Math.abs(store.now() - Date.now()) < 5_000, "goes by its own count");
          while (await store.deliverDue(store.now()));
          while (await store.expireDue(null, store.now()));
          await send(store, `${hoursOff} ${kept}`);
          await send(store, `${hoursOff} ${kept}`);
          kept++;
        }
        const { entries, total } = await other.list(query(bob!.id));
        assert.equal(total, kept);
        const ids = Array.from({ length: kept }, (_, at) => kept - at);
        assert.deepEqual(entries.map(({ id }) => id), ids, "newest first");
        assert.deepEqual(
          entries.map(({ storedAt }) => storedAt).toSorted((a, b) => b - a),
          entries.map(({ storedAt }) => storedAt),
        );
      }
      assert.deepEqual(lines, ["begins"]);
      await set(0);
      await until(() => lines.length > 1, "it is told that the clocks agree");
      assert.deepEqual(lines, ["begins", "over"]);
      await one.appendUpload(upload, 1, patterned(9_000, 1));
      const body = sampleMessage(alice!.id, { key: "upload", to: ["bob"], body: { upload } });
      await one.send(body);
      assert.equal((await readBody(other, bob!.id, entryId(kept + 1))).length, 18_000);
      await Promise.all([one.close(), other.close()]);
    }),
});

Deno.test({
  name: "postgres: a clock that jumps with the machine's own takes no upload for one that is old",
  ignore,
  fn: () =>
    withClock(async (url, set) => {
      const real = Date.now;
      const stores = [
        await openStore(url, { domain: null }),
        await openStore(url, { domain: null }),
      ];
      try {
        const [alice] = await createAccounts(stores[0]!, ["alice"]);
        const uploads = await Promise.all(stores.map((store) => store.beginUpload(alice!.id)));
        const daysAhead = 2;
        await set(daysAhead * 86_400);
        Date.now = () => real() + daysAhead * 24 * hours;
        const hasFollowed = (store: Store) => store.now() - real() > hours;
        await until(() => stores.every(hasFollowed), "both go by the clock as it is now");
        for (const [at, store] of stores.entries()) {
          await store.appendUpload(uploads[at]!, 0, patterned(9_000));
        }
      } finally {
        Date.now = real;
        for (const store of stores) await store.close();
      }
    }),
});
