/** What a store promises of how entries are filed, and of the feed of changes. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { asEnvelopeDigest, asIdempotencyKey } from "../../src/model/digests.ts";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import { retentionOf } from "../../src/model/retention.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { NewAppend } from "../../src/store/append_store.ts";
import type { Changes, NewFiling } from "../../src/store/filing_store.ts";
import type { Store } from "../../src/store/store.ts";
import { FilingModel, Follower, rowOf } from "../support/filing_model.ts";
import { seeded } from "../support/mime.ts";
import {
  bytes,
  createAccounts,
  patterned,
  type Promises,
  query,
  readBody,
  sampleMessage,
} from "../support/store_samples.ts";

const unlimited = { since: 0, known: 0, limit: 500, aside: false };

/** alice, who sent bob so many messages. */
async function filled(store: Store, count: number): Promise<[Account, Account]> {
  const [alice, bob] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
  for (let n = 1; n <= count; n++) {
    await store.send(sampleMessage(alice.id, { key: `${n}`, to: ["bob"], storedAt: n * 10 }));
  }
  return [alice, bob];
}

function filing(id: number, change: Partial<NewFiling> = {}): NewFiling {
  const sealed = change.sealed ?? bytes("a filing");
  return { id: entryId(id), expectedVersion: 0, moves: false, aside: false, ...change, sealed };
}

function changesOf(store: Store, { id }: Account, since = 0, aside = false): Promise<Changes> {
  return store.changes({ ...unlimited, accountId: id, since, known: since, aside });
}

/** The ids of entries that changed behind a count, and of those that went. */
async function heard(store: Store, account: Account, since: number) {
  const { entries, gone } = await changesOf(store, account, since);
  return { changed: entries.map(({ id }) => id as number), gone: [...gone] as number[] };
}

async function countOf(store: Store, account: Account): Promise<number> {
  return (await changesOf(store, account)).newest;
}

async function bytesOf(store: Store, name: string): Promise<number> {
  return (await store.describeAccount(asAccountName(name)))!.bytes;
}

async function idsOf(store: Store, account: Account, aside: boolean | null): Promise<EntryId[]> {
  return (await store.list(query(account.id, { aside }))).entries.map(({ id }) => id);
}

function append(account: Account, change: Partial<NewAppend> = {}): NewAppend {
  return {
    accountId: account.id,
    idempotencyKey: asIdempotencyKey(bytes("key")),
    box: "inbox",
    isRead: false,
    storedAt: 7,
    body: bytes("body"),
    copy: { envelope: bytes("envelope"), envelopeDigest: asEnvelopeDigest(patterned(32)) },
    filing: { sealed: bytes("a filing"), aside: true },
    ...change,
  };
}

export const filingPromises: Promises = {
  "files entries, each by itself, for the version that is expected": async (store) => {
    const [, bob] = await filled(store, 2);
    const first = await store.fileEntries(bob.id, [
      filing(1),
      filing(2, { expectedVersion: 1 }),
      filing(9),
    ]);
    assert.deepEqual(first.map(({ outcome }) => outcome), ["filed", "stale", "gone"]);
    assert.deepEqual(first.map(({ entry }) => entry?.filing.version ?? null), [1, 0, null]);
    const next = filing(1, { expectedVersion: 1, sealed: bytes("another"), aside: true });
    const [second] = await store.fileEntries(bob.id, [next]);
    assert.deepEqual(second!.entry!.filing.sealed, bytes("another"));
    const [entry] = await store.entries(bob.id, [entryId(1)]);
    assert.deepEqual(entry!.filing, second!.entry!.filing, "an entry is shown with its filing");
    assert.deepEqual([entry!.filing.version, entry!.filing.aside], [2, true]);
    const asked = await store.filedEntries(bob.id, [entryId(9), entryId(1)]);
    assert.deepEqual(asked, [null, second!.entry]);
  },

  "answers a filing that comes again as it did at first": async (store) => {
    const [, bob] = await filled(store, 1);
    const asked = () => [filing(1, { moves: true, sealed: bytes("this one") })];
    const first = await store.fileEntries(bob.id, asked());
    assert.deepEqual(await store.fileEntries(bob.id, asked()), first);
    const [other] = await store.fileEntries(bob.id, [filing(1, { sealed: bytes("other") })]);
    assert.equal(other!.outcome, "stale");
  },

  "deletes what is filed as it is known to be, and passes over the rest": async (store) => {
    const [alice, bob] = await filled(store, 3);
    await store.fileEntries(bob.id, [filing(2)]);
    const deleted = (ids: number[], version: number) =>
      store.deleteEntries(bob.id, ids.map(entryId), ids.map(() => version));
    assert.deepEqual(await deleted([1, 2, 3, 9], 0), [1, 3]);
    assert.deepEqual(await idsOf(store, bob, null), [2]);
    assert.deepEqual(await deleted([2, 2], 1), [2]);
    assert.deepEqual(await deleted([2], 1), []);
    const terms = { partial: false, unknown: [], expiresAt: null, deliverAt: 9_000 };
    const waiting = await store.submit(sampleMessage(alice.id, { key: "w", to: ["bob"] }), terms);
    assert.deepEqual(await store.deleteEntries(alice.id, [waiting.id], [0]), []);
  },

  "gives an entry that moves a place behind all that there are": async (store) => {
    const [alice, bob] = await filled(store, 3);
    const [moved] = await store.fileEntries(bob.id, [filing(1, { moves: true })]);
    assert.equal(moved!.entry!.filing.place, 4);
    await store.send(sampleMessage(alice.id, { key: "later", to: ["bob"] }));
    assert.equal((await store.list(query(bob.id))).entries[0]!.id, 5);
    const [stays] = await store.fileEntries(bob.id, [filing(2, { aside: true })]);
    assert.equal(stays!.entry!.filing.place, 2);
  },

  "leaves what is aside out of lists, counts and new mail that ask for the rest": async (store) => {
    const [, bob] = await filled(store, 4);
    await store.markRead(bob.id, [entryId(4)], 5);
    await store.fileEntries(bob.id, [filing(2, { aside: true }), filing(4, { aside: true })]);
    const counts = async (aside: boolean | null) => {
      const { total, unread } = await store.list(query(bob.id, { aside, limit: 1 }));
      return [total, unread];
    };
    assert.deepEqual(await counts(null), [4, 3]);
    assert.deepEqual(await counts(false), [2, 2]);
    assert.deepEqual(await counts(true), [2, 1]);
    assert.deepEqual(await idsOf(store, bob, false), [3, 1]);
    assert.deepEqual(await idsOf(store, bob, true), [4, 2]);
    assert.deepEqual(await idsOf(store, bob, null), [4, 3, 2, 1]);
    const unread = await store.list(query(bob.id, { aside: false, unread: true }));
    assert.deepEqual(unread.entries.map(({ id }) => id), [3, 1]);
    const fresh = { accountId: bob.id, after: 0, limit: 9, unread: false };
    assert.deepEqual((await store.newMail(fresh)).map(({ id }) => id), [1, 3]);
    await store.markUnread(bob.id, [entryId(4)]);
    assert.deepEqual(await counts(true), [2, 2]);
    await store.deleteEntries(bob.id, [entryId(2), entryId(3)]);
    assert.deepEqual([await counts(null), await counts(false)], [[2, 2], [1, 1]]);
    const back = filing(4, { expectedVersion: 1, aside: false });
    await store.fileEntries(bob.id, [back]);
    assert.deepEqual([await counts(true), await counts(false)], [[0, 0], [2, 2]]);
  },

  "counts every change of a mailbox, and tells it": async (store) => {
    const [alice, bob] = await filled(store, 3);
    const steps: [what: string, who: Account, change: () => Promise<unknown>, heard: object][] = [
      [
        "an arrival",
        bob,
        () => store.send(sampleMessage(alice.id, { key: "x", to: ["bob"] })),
        { changed: [4], gone: [] },
      ],
      ["a read mark", bob, () => store.markRead(bob.id, [entryId(1)], 5), {
        changed: [1],
        gone: [],
      }],
      ["unread", bob, () => store.markUnread(bob.id, [entryId(1)]), { changed: [1], gone: [] }],
      ["a filing", bob, () => store.fileEntries(bob.id, [filing(2)]), { changed: [2], gone: [] }],
      [
        "a copy",
        bob,
        () => store.copyEntries(bob.id, [{ id: entryId(3), sealed: bytes("c"), aside: false }]),
        { changed: [5], gone: [] },
      ],
      ["a deletion", bob, () => store.deleteEntries(bob.id, [entryId(2), entryId(5)]), {
        changed: [],
        gone: [2, 5],
      }],
      [
        "a receipt",
        alice,
        () => store.markRead(bob.id, [entryId(3)], 5, new Map([[entryId(3), bytes("signed")]])),
        { changed: [3], gone: [] },
      ],
      ["an append", alice, () => store.append(append(alice)), { changed: [5], gone: [] }],
    ];
    for (const [what, who, change, expected] of steps) {
      const before = await countOf(store, who);
      await change();
      assert.deepEqual(await heard(store, who, before), expected, what);
    }
  },

  "counts what waits, burns, expires and comes back": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
    const terms = { partial: false, unknown: [], expiresAt: null };
    const start = await Promise.all([alice, bob].map((who) => countOf(store, who)));
    assert.deepEqual(start, [0, 0]);
    const submit = (key: string, more: object) =>
      store.submit(sampleMessage(alice.id, { key, to: ["bob"] }), { ...terms, ...more });
    await submit("waits", { deliverAt: 2_000 });
    await submit("is taken back", { deliverAt: 9_000 });
    let before = await countOf(store, alice);
    await store.cancel(alice.id, [entryId(2)], 1_500);
    assert.deepEqual(await heard(store, alice, before), { changed: [2], gone: [] }, "cancelled");
    before = await countOf(store, alice);
    await store.deliverDue(2_000);
    assert.deepEqual(await heard(store, alice, before), { changed: [1], gone: [] }, "delivered");
    assert.deepEqual(await heard(store, bob, 0), { changed: [1], gone: [] });
    await submit("burns", { burn: true });
    before = await countOf(store, bob);
    const sent = await countOf(store, alice);
    await store.markRead(bob.id, [entryId(2)], 2_500);
    assert.deepEqual(await heard(store, bob, before), { changed: [], gone: [2] }, "burnt");
    assert.deepEqual(await heard(store, alice, sent), { changed: [3], gone: [] }, "emptied");
    await submit("expires", { expiresAt: 3_000 });
    before = await countOf(store, bob);
    await store.expireDue(null, 3_000);
    assert.deepEqual(await heard(store, bob, before), { changed: [], gone: [3] }, "expired");
    const { entries } = await changesOf(store, alice, sent);
    assert.deepEqual(entries.at(-1)!.box, "inbox", "it came back");
  },

  "counts what is not kept, and what announces that": async (store) => {
    const day = 86_400_000;
    const [, bob] = await filled(store, 1);
    const before = await countOf(store, bob);
    for (let at = 0; at <= 40 * day; at += day / 4) {
      for (let after: number | null = 0; after !== null;) {
        after = await store.retain(retentionOf(30 * day), at, after);
      }
    }
    const told = await heard(store, bob, before);
    assert.ok(told.gone.includes(1), "it is gone");
    assert.ok((await countOf(store, bob)) >= before + 2, "and was announced");
  },

  "tells the changes of another mailbox to nobody": async (store) => {
    const [alice, bob] = await filled(store, 1);
    const before = await countOf(store, alice);
    await store.fileEntries(bob.id, [filing(1)]);
    await store.deleteEntries(bob.id, [entryId(1)]);
    assert.deepEqual(await heard(store, alice, before), { changed: [], gone: [] });
  },

  "tells only what is aside to whoever lists that": async (store) => {
    const [, bob] = await filled(store, 3);
    await store.fileEntries(bob.id, [filing(2, { aside: true })]);
    const { entries } = await changesOf(store, bob, 0, true);
    assert.deepEqual(entries.map(({ id }) => id), [2]);
  },

  "tells whoever lists all nothing of what went before, and all of what goes meanwhile": async (
    store,
  ) => {
    const [, bob] = await filled(store, 4);
    await store.deleteEntries(bob.id, [entryId(1)]);
    const asked = { accountId: bob.id, limit: 2, aside: false };
    const first = await store.changes({ ...asked, since: 0, known: 0 });
    assert.deepEqual([first.entries.map(({ id }) => id), first.gone], [[2, 3], []]);
    await store.deleteEntries(bob.id, [entryId(2)]);
    const rest = await store.changes({ ...asked, since: first.modseq, known: first.newest });
    assert.deepEqual([rest.entries.map(({ id }) => id), rest.gone], [[4], [2]]);
  },

  "sends whoever is ahead of the mailbox back to the beginning": async (store) => {
    const [, bob] = await filled(store, 1);
    const { newest } = await changesOf(store, bob);
    const ahead = await changesOf(store, bob, newest + 1);
    assert.deepEqual([ahead.reset, ahead.modseq, ahead.entries], [true, 0, []]);
    assert.equal((await changesOf(store, bob, newest)).reset, false);
  },

  "makes copies that share the body and outlive what they are of": async (store) => {
    const [, bob] = await filled(store, 2);
    await store.markRead(bob.id, [entryId(1)], 5);
    const before = await bytesOf(store, "bob");
    const sealed = () => bytes("a filing");
    const ids = await store.copyEntries(bob.id, [
      { id: entryId(1), sealed: sealed(), aside: true },
      { id: entryId(9), sealed: sealed(), aside: true },
      { id: entryId(2), sealed: sealed(), aside: false },
    ]);
    assert.deepEqual(ids, [3, null, 4]);
    const [original, copy] = await store.entries(bob.id, [entryId(1), entryId(3)]);
    assert.deepEqual(
      { ...copy!, id: 0, filing: 0 },
      { ...original!, id: 0, filing: 0 },
      "all else is the same",
    );
    assert.deepEqual([copy!.filing.version, copy!.filing.aside, copy!.filing.place], [1, true, 3]);
    assert.equal(await bytesOf(store, "bob") > before, true);
    await store.deleteEntries(bob.id, [entryId(1)]);
    assert.deepEqual(await readBody(store, bob.id, entryId(3)), bytes("body 1"));
    await store.deleteEntries(bob.id, [entryId(3), entryId(4)]);
    assert.deepEqual((await heard(store, bob, 0)).changed, [2]);
  },

  "counts filings and copies in full, and is refused where there is no room": async (store) => {
    const [, bob] = await filled(store, 2);
    const empty = await bytesOf(store, "bob");
    await store.fileEntries(bob.id, [filing(1, { sealed: patterned(300) })]);
    assert.equal(await bytesOf(store, "bob"), empty + 300);
    const shorter = filing(1, { sealed: patterned(100), expectedVersion: 1 });
    await store.fileEntries(bob.id, [shorter]);
    assert.equal(await bytesOf(store, "bob"), empty + 100);
    const full = { maxBytes: empty, maxMessages: 2 };
    const long = [filing(2, { sealed: patterned(300) })];
    await assert.rejects(store.fileEntries(bob.id, long, full), { code: "over_quota" });
    const [answer] = await store.fileEntries(bob.id, [filing(2, { sealed: patterned(156) })], full);
    assert.equal(answer!.outcome, "filed", "a full mailbox can be tidied");
    const copy = () => [{ id: entryId(2), sealed: patterned(9), aside: false }];
    await assert.rejects(store.copyEntries(bob.id, copy(), full), { code: "over_quota" });
    const roomy = { maxBytes: empty * 4, maxMessages: 2 };
    await assert.rejects(store.copyEntries(bob.id, copy(), roomy), { code: "over_quota" });
    await store.deleteEntries(bob.id, [entryId(1), entryId(2)]);
    assert.equal(await bytesOf(store, "bob"), 0);
  },

  "copies nothing that burns or waits, and no notice": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
    const terms = { partial: true, unknown: [], expiresAt: null };
    const sample = (key: string) => sampleMessage(alice.id, { key, to: ["bob"] });
    await store.submit(sample("burns"), { ...terms, burn: true });
    await store.submit(sample("waits"), { ...terms, deliverAt: 9_000 });
    await store.submit(sampleMessage(alice.id, { key: "back", to: [] }), {
      ...terms,
      unknown: [asAccountName("nobody")],
    });
    const copy = (id: number) => [{ id: entryId(id), sealed: bytes("c"), aside: false }];
    const refused: [Account, number][] = [[alice, 1], [alice, 2], [alice, 4], [bob, 1]];
    for (const [{ id }, entry] of refused) {
      await assert.rejects(store.copyEntries(id, copy(entry)), { code: "denied" });
    }
    assert.deepEqual(await store.copyEntries(alice.id, copy(3)), [5]);
  },

  "appends with a filing, and anew where a copy of what was appended is left": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]) as [Account];
    assert.deepEqual(await store.append(append(alice)), { id: 1, repeated: false });
    const [entry] = await store.entries(alice.id, [entryId(1)]);
    assert.deepEqual(rowOf(entry!), {
      id: entryId(1),
      box: "inbox",
      readAt: null,
      place: 1,
      version: 1,
      aside: true,
      sealed: "a filing",
    });
    await store.copyEntries(alice.id, [{ id: entryId(1), sealed: bytes("c"), aside: false }]);
    await store.deleteEntries(alice.id, [entryId(1)]);
    const keys = [asIdempotencyKey(bytes("key"))];
    assert.deepEqual(await store.findAppended(alice.id, keys), [null]);
    const again = append(alice, { body: bytes("other") });
    assert.deepEqual(await store.append(again), { id: 3, repeated: false });
    assert.deepEqual(await readBody(store, alice.id, entryId(2)), bytes("body"));
    assert.deepEqual(await readBody(store, alice.id, entryId(3)), bytes("other"));
  },

  "returns nothing that was read once, though it or a copy is unread": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
    await store.send(sampleMessage(alice.id, { key: "read", to: ["bob"] }));
    await store.copyEntries(bob.id, [{ id: entryId(1), sealed: bytes("copy"), aside: true }]);
    const receipt = new Map([[entryId(1), bytes("first")]]);
    await store.markRead(bob.id, [entryId(1)], 5, receipt);
    await store.markUnread(bob.id, [entryId(1)]);
    assert.equal((await store.list(query(bob.id))).unread, 2);
    await store.markRead(bob.id, [entryId(1)], 6, new Map([[entryId(1), bytes("second")]]));
    const [own] = await store.entries(alice.id, [entryId(1)]);
    assert.deepEqual(own!.deliveries[0]!.receipt, bytes("first"), "the first receipt stays");
    await store.markUnread(bob.id, [entryId(1)]);
    await store.closeAccount(bob.id, 4_000);
    while (await store.expireDue(null, 4_000));
    assert.equal((await store.list(query(alice.id))).total, 0);
  },

  "keeps one list of folders, replaced for the version that is expected": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]) as [Account];
    assert.deepEqual(await store.folders(alice.id), { version: 0, sealed: null });
    const update = (expectedVersion: number, version: number) =>
      store.replaceFolders(alice.id, { expectedVersion, version, sealed: bytes(`${version}`) });
    assert.deepEqual([await update(0, 3), await update(0, 4), await update(3, 4)], [
      true,
      false,
      true,
    ]);
    assert.deepEqual(await store.folders(alice.id), { version: 4, sealed: bytes("4") });
  },

  "wakes who watches for changes, and for mail only by mail": async (store) => {
    const [alice, bob] = await filled(store, 1);
    let ofMail = 0;
    let changed = Promise.withResolvers<void>();
    const mailed = Promise.withResolvers<void>();
    const stops = [
      store.watchChanges(bob.id, () => changed.resolve()),
      store.watch(bob.id, () => {
        ofMail++;
        mailed.resolve();
      }),
    ];
    const steps: (() => Promise<unknown>)[] = [
      () => store.fileEntries(bob.id, [filing(1)]),
      () => store.markRead(bob.id, [entryId(1)], 5),
      () => store.markUnread(bob.id, [entryId(1)]),
      () => store.append(append(bob)),
      () => store.copyEntries(bob.id, [{ id: entryId(1), sealed: bytes("c"), aside: true }]),
      () => store.deleteEntries(bob.id, [entryId(1)]),
      () => store.replaceFolders(bob.id, { expectedVersion: 0, version: 1, sealed: bytes("f") }),
    ];
    for (const step of steps) {
      changed = Promise.withResolvers();
      await step();
      await changed.promise; // where another process did it, some time after
    }
    assert.equal(ofMail, 0);
    await store.send(sampleMessage(alice.id, { key: "mail", to: ["bob"] }));
    await mailed.promise;
    for (const stop of stops) stop();
    await store.fileEntries(bob.id, [filing(2, { expectedVersion: 1 })]);
  },

  "leaves nothing of how a closed account filed": async (store) => {
    const [, bob] = await filled(store, 2);
    await store.fileEntries(bob.id, [filing(1)]);
    await store.replaceFolders(bob.id, { expectedVersion: 0, version: 1, sealed: bytes("f") });
    await store.deleteEntries(bob.id, [entryId(2)]);
    await store.closeAccount(bob.id, 9);
    while (await store.expireDue(null, 10));
    const { entries, gone } = await store.changes({ ...unlimited, accountId: bob.id });
    assert.deepEqual([entries, gone], [[], []]);
  },

  "takes as many filings as a request has": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]) as [Account];
    const most = limits.maxFilingsPerRequest;
    await Promise.all(Array.from({ length: most + 1 }, (_, n) => {
      return store.send(sampleMessage(alice.id, { key: `${n}`, to: [] }));
    }));
    const filings = Array.from({ length: most }, (_, n) => filing(n + 1, { moves: true }));
    const answers = await store.fileEntries(alice.id, filings);
    const places = answers.map(({ entry }) => entry!.filing.place);
    assert.deepEqual(places, Array.from({ length: most }, (_, n) => most + 2 + n));
    const page = await changesOf(store, alice);
    assert.deepEqual([page.entries.length, page.more], [most, true]);
  },

  "tells who follows a mailbox the same state, whatever is done and from wherever": async (
    store,
  ) => {
    const random = seeded(1_301);
    const actions = seeded(1_302);
    const model = new FilingModel(await createAccounts(store, ["alice", "bob", "carol"]));
    const followers = Array.from({ length: 6 }, () => new Follower());
    for (let round = 0; round < 60; round++) {
      const at = random() % 6;
      if (random() % 4 === 0) followers[at] = new Follower(); // one that begins now, and goes on later
      const account = (await store.findAccount(asAccountName(["alice", "bob", "carol"][at % 3]!)))!;
      await Promise.all([
        Array.fromAsync({ length: 20 }, () => model.act(store, actions)), // in their order
        followers[at]!.step(store, account.id, 1 + random() % 20),
      ]);
      const who = random() % 6;
      await model.compare(store, followers[who]!, who % 3, random);
      await model.compareLists(store, random() % 3, random);
    }
  },
};
