/** An index finds what looking at every message finds, whatever became of its file; and the file tells nobody anything. */
import assert from "node:assert/strict";
import { foldText } from "../../../../src/client/searching/folded_text.ts";
import type { IndexedMessage } from "../../../../src/client/searching/indexed_segment.ts";
import { noNames } from "../../../../src/client/searching/people_names.ts";
import { parseQuery } from "../../../../src/client/searching/query.ts";
import {
  bodyOf,
  type Searchable,
  searchable,
} from "../../../../src/client/searching/searchable.ts";
import { BrokenIndex } from "../../../../src/client/searching/held_segments.ts";
import { markOf, SearchIndex } from "../../../../src/client/searching/search_index.ts";
import { type IndexSeal, MailboxKey } from "../../../../src/crypto/account/mailbox_key.ts";
import { asAccountName, asAddress } from "../../../../src/model/address.ts";
import { asEnvelopeDigest } from "../../../../src/model/digests.ts";
import { entryId } from "../../../../src/model/ids.ts";
import { listedMessage } from "../../../support/listed_message.ts";
import { inFolder } from "../../../support/temporary_folder.ts";

const clock = { now: 0, at: Date.parse };
const vocabulary = "report reporter q3 budget lunch 予算案 算 今 Zoë x-ray 12,000 a ab".split(" ");
const queries = [
  ...vocabulary,
  ...vocabulary.map((word) => `-${word}`),
  '"report"',
  '"q3 budget"',
  "lunch OR 予算",
  "budget -lunch subject:q3",
  "from:alice5",
  "cc:carol",
  "bcc:dave",
  "body:lunch OR body:a",
  "rep 3",
  "--",
  "nowhere",
  `${"long".repeat(20)}`,
  "@y",
];

async function sealOf(address: string, secret = new Uint8Array(32)): Promise<IndexSeal> {
  return await (await MailboxKey.derive(secret, asAddress(address), ["an identity"])).indexSeal();
}

const seal = await sealOf("bob@x.test");

function some<T>(values: readonly T[]): T {
  return values[Math.floor(Math.random() * values.length)]!;
}

function textOf(words: number): string {
  return Array.from({ length: words }, () => some(vocabulary)).join(some([" ", ", ", "\n"]));
}

interface Made extends IndexedMessage {
  readonly message: Searchable;
  readonly entry: Parameters<typeof markOf>[0];
}

function made(id: number, text = textOf(9)): Made {
  const subject = textOf(2);
  const from = asAddress(`alice${id % 7}@x.test`);
  const [cc, bcc] = [some([[], ["carol@x.test"]]), some([[], ["dave@x.test"]])];
  const names = { ...noNames, from: some([[], ["Anna Müller"]]), cc: some([[], ["Zoë"]]) };
  const listed = listedMessage({ subject, cc, bcc }, { id: entryId(id), from });
  const message = searchable(listed, undefined, undefined, names);
  const envelopeDigest = asEnvelopeDigest(crypto.getRandomValues(new Uint8Array(32)));
  const entry = { id: entryId(id), envelopeDigest, from: asAccountName("alice"), burn: false };
  const folded = foldText(text);
  const body = some([folded, `${folded} and a file`, `before ${folded}`, "", null]);
  return { message, mark: markOf(entry), entry, text: folded, body };
}

/** Ids, newest first, as looking at every message finds them. */
function expected(truth: ReadonlyMap<number, Made>, query: string): number[] {
  const { test } = parseQuery(query, clock);
  return [...truth.values()]
    .filter(({ message, text }) => test({ ...message, body: bodyOf(text) }))
    .map(({ message }) => message.id).sort((a, b) => b - a);
}

async function found(index: SearchIndex, query: string): Promise<number[]> {
  const messages = await Array.fromAsync(index.find(parseQuery(query, clock)));
  return messages.map(({ id }) => id);
}

/** Brings an index up to date, as a search does; what breaks meanwhile is added again. */
async function repaired<T>(
  index: SearchIndex,
  truth: ReadonlyMap<number, Made>,
  work: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; tries < 99; tries++) {
    try {
      await index.remove(new Set(index.ids().filter((id) => !truth.has(id))));
      const missing: Made[] = [];
      for (const each of truth.values()) if (!await index.has(each.entry)) missing.push(each);
      await index.add(missing);
      return await work();
    } catch (error) {
      if (!(error instanceof BrokenIndex)) throw error;
    }
  }
  throw new Error("it breaks again and again");
}

/** What opens lists, and what opens texts. */
const fewQueries = ["from:müller -cc:zoe", "report", "-lunch", '"q3 budget"', "--"];

async function requireRight(path: string, truth: ReadonlyMap<number, Made>): Promise<void> {
  for (let openings = 0; openings < 2; openings++) { // the second one has nothing to repair
    const index = await SearchIndex.open(path, seal);
    try {
      for (const query of fewQueries) {
        const ids = await repaired(index, truth, () => found(index, query));
        assert.deepEqual(ids, expected(truth, query), query);
      }
      await repaired(index, truth, () => requireBodies(index, truth));
      await index.keepState();
    } finally {
      index.close();
    }
  }
}

/** The bodies that it has are those that it was given, and of no other envelope. */
async function requireBodies(index: SearchIndex, truth: ReadonlyMap<number, Made>): Promise<void> {
  for (const { entry: { id, envelopeDigest }, body } of truth.values()) {
    assert.equal(await index.bodyOf(id, envelopeDigest), body);
    assert.equal(await index.bodyOf(id, asEnvelopeDigest(new Uint8Array(32))), null);
  }
}

function withPath(test: (path: string) => Promise<void>): Promise<void> {
  return inFolder((folder) => test(`${folder}/index`));
}

/** An index of so many messages in a file. */
async function filled(path: string, count: number): Promise<Map<number, Made>> {
  const all = Array.from({ length: count }, (_, at) => made(at + 1));
  const index = await SearchIndex.open(path, seal);
  await index.add(all);
  await index.keepState();
  index.close();
  return new Map(all.map((each) => [each.message.id, each]));
}

Deno.test("an index finds what looking at every message finds, through additions and removals", () =>
  withPath(async (path) => {
    const truth = new Map<number, Made>();
    for (let round = 0, id = 1; round < 12; round++) {
      const index = await SearchIndex.open(path, seal);
      const added = Array.from({ length: some([0, 1, 60, 200]) }, () => made(id++));
      const again = [...truth.keys()].slice(0, some([0, 2])).map((id) => made(id));
      await index.add([...added, ...again]);
      for (const each of [...added, ...again]) truth.set(each.message.id, each);
      const gone = [...truth.keys()].filter(() => Math.random() < some([0.01, 0.6]));
      await index.remove(new Set(gone.map(entryId)));
      for (const id of gone) truth.delete(id);
      assert.deepEqual(
        index.ids().toSorted((a, b) => a - b),
        [...truth.keys()].sort((a, b) => a - b),
      );
      for (const query of queries) {
        assert.deepEqual(await found(index, query), expected(truth, query), query);
      }
      if (round % 2 === 0) await index.keepState(); // or an older one stays, or none
      index.close();
    }
    await requireRight(path, truth);
  }));

Deno.test("a file that was changed anywhere, cut or put together otherwise finds the same", () =>
  withPath(async (path) => {
    const truth = await filled(path, 150);
    const good = await Deno.readFile(path);
    const flipped = (at: number) => good.with(at, good[at]! ^ 1 << Math.floor(Math.random() * 8));
    const at = () => Math.floor(Math.random() * good.length);
    const lengths = Array.from({ length: 24 }, (_, index) => flipped(16 + index));
    const broken = [
      new Uint8Array(),
      new Uint8Array(999),
      crypto.getRandomValues(new Uint8Array(999)),
      good.slice(0, 16),
      good.slice(0, 20),
      good.slice(16),
      new Uint8Array([...good, ...good.slice(16)]),
      flipped(0),
      ...lengths,
      ...Array.from({ length: 10 }, () => flipped(at())),
      ...Array.from({ length: 5 }, () => good.slice(0, at())),
    ];
    for (const bytes of broken) {
      await Deno.writeFile(path, bytes);
      await requireRight(path, truth);
    }
  }));

Deno.test("a file of before, of another account or under other keys finds the same", () =>
  withPath(async (path) => {
    const truth = await filled(path, 40);
    const old = await Deno.readFile(path);
    const index = await SearchIndex.open(path, seal);
    await index.remove(new Set([entryId(3)]));
    await index.add([made(41), made(5)]);
    index.close();
    truth.delete(3);
    truth.set(41, made(41)).set(5, made(5));
    await Deno.writeFile(path, old);
    await requireRight(path, truth);
    for (
      const other of [
        await sealOf("eve@x.test"),
        await sealOf("bob@x.test", new Uint8Array(32).fill(1)),
      ]
    ) {
      const foreign = await SearchIndex.open(path, other);
      assert.deepEqual(foreign.ids(), []);
      foreign.close();
    }
  }));

Deno.test("no word of a message stands in the file, nor what was sealed of a removed one, and nobody else reads it", () =>
  withPath(async (path) => {
    const canary = "zanzibar";
    const secret = made(1, `${canary} ${textOf(9)}`);
    const index = await SearchIndex.open(path, seal);
    await index.add([secret, ...Array.from({ length: 150 }, (_, at) => made(at + 2))]);
    assert.deepEqual(await found(index, canary), [1]);
    const before = await Deno.readFile(path);
    const clear = new TextDecoder("latin1").decode(before);
    for (const word of [canary, "alice", "budget", "x.test"]) {
      assert.ok(!clear.includes(word), word);
    }
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    await index.remove(new Set([entryId(1)]));
    index.close();
    const after = (await Deno.readFile(path)).toHex();
    const first = new DataView(before.buffer).getUint32(16);
    for (let at = 24; at + 16 < 16 + first; at += 16) {
      assert.ok(!after.includes(before.subarray(at, at + 16).toHex()), `at ${at}`);
    }
  }));

Deno.test("an index takes in no more than its bound, and knows what it has", () =>
  withPath(async (path) => {
    const index = await SearchIndex.open(path, seal, 100_000);
    const all = Array.from({ length: 2000 }, (_, at) => made(at + 1));
    await index.add(all);
    const has: Made[] = [];
    for (const each of all) if (await index.has(each.entry)) has.push(each);
    assert.ok(has.length > 0 && has.length < all.length);
    assert.deepEqual(
      await found(index, "from:alice"),
      has.map(({ message }) => message.id).reverse(),
    );
    index.close();
    assert.ok((await Deno.stat(path)).size <= 100_000);
  }));

Deno.test("a message that the server tells otherwise of is another", () =>
  withPath(async (path) => {
    const index = await SearchIndex.open(path, seal);
    const one = made(1);
    await index.add([one]);
    assert.ok(await index.has(one.entry));
    const envelopeDigest = asEnvelopeDigest(new Uint8Array(32));
    for (const change of [{ burn: true }, { from: asAccountName("eve") }, { envelopeDigest }]) {
      assert.ok(!await index.has({ ...one.entry, ...change }));
    }
    index.close();
  }));

Deno.test("a file that other users can access is refused", () =>
  withPath(async (path) => {
    await filled(path, 1);
    await Deno.chmod(path, 0o644);
    await assert.rejects(SearchIndex.open(path, seal), { code: "configuration" });
  }));

Deno.test("a search opens no more segments than the newest messages that it is asked for are in", () =>
  withPath(async (path) => {
    const truth = await filled(path, 4000);
    const whole = await Deno.readFile(path);
    const opened = async (query: string, count: number) => {
      const ids: number[] = [];
      for await (const { id } of newest(path, query)) if (ids.push(id) === count) break;
      return ids;
    };
    const wanted = expected(truth, "report").slice(0, 5);
    assert.deepEqual(await opened("report", 5), wanted);
    const room = new DataView(whole.buffer).getUint32(16);
    await Deno.writeFile(path, whole.fill(0, 16 + 24, 16 + room)); // all of the oldest but its place
    assert.deepEqual(await opened("report", 5), wanted);
    await assert.rejects(opened("report", Infinity), BrokenIndex);
  }));

async function* newest(path: string, query: string): ReturnType<SearchIndex["find"]> {
  const index = await SearchIndex.open(path, seal);
  try {
    yield* index.find(parseQuery(query, clock));
  } finally {
    index.close();
  }
}
