/** A keyring in parts: what a change sends, when a whole ring is sent again, and that all machines see the same. */
import assert from "node:assert/strict";
import type { Contact } from "../../../../src/client/correspondents/contacts.ts";
import type { Keyring } from "../../../../src/client/correspondents/keyring.ts";
import { noRing, sealRing } from "../../../../src/client/correspondents/keyring_parts.ts";
import {
  giveNumbers,
  noteMessages,
} from "../../../../src/client/correspondents/numbered_contacts.ts";
import type { ListMark } from "../../../../src/client/list_mark.ts";
import { type Address, asAddress } from "../../../../src/model/address.ts";
import { bytesOf, versionOf } from "../../../../src/model/keyring.ts";
import { limits } from "../../../../src/model/limits.ts";
import type { RequestOf } from "../../../../src/wire/operations.ts";
import { seeded } from "../../../support/mime.ts";
import {
  emptyRing,
  filledPrint,
  pinIn,
  ringKey,
  ringOfParts,
  RingServer,
} from "../../../support/ring_server.ts";

const addressOf = (at: number) => asAddress(`correspondent${at}@mail.test`);

function contacts(count: number): Contact[] {
  return Array.from({ length: count }, (_, at) => ({
    address: addressOf(at),
    fingerprint: filledPrint(1),
    verified: false,
    since: 1,
  }));
}

/** A server whose account has so many contacts. */
async function serverWith(count: number): Promise<RingServer> {
  const server = new RingServer();
  const ring = { own: filledPrint(0), restoredAt: 0, contacts: contacts(count) };
  const { sealed } = await sealRing(ringKey, 1, ring, noRing);
  server.kept = { ...emptyRing, parts: sealed.parts };
  return server;
}

/** Counts a message to a contact, as a send does. */
function give(ring: Keyring, to: Address): Promise<boolean> {
  return ring.change((all) => {
    giveNumbers(all, [to], null, { now: 1, restoredAt: 0 });
    return true;
  });
}

/** What is sent in `count` sends, each to the next contact: bytes of the largest, and of all together. */
async function sent(size: number, count: number) {
  const server = await serverWith(size);
  const { ring } = await server.open();
  let [total, deltas, parts] = [0, 0, 0];
  for (let at = 0; at < count; at++) {
    await give(ring, addressOf(at % size));
    const newest = server.kept.parts.at(-1)!;
    total += newest.sealed.length;
    if (server.kept.parts.length > 1) deltas++;
    parts = Math.max(parts, server.kept.parts.length);
    assert.ok(bytesOf(server.kept.parts) <= limits.maxKeyringBytes);
  }
  assert.deepEqual((await server.open()).ring.contacts(), ring.contacts());
  return { deltas, parts, bytes: Math.round(total / count) };
}

/** `bytes`: of a send, on average, at most. */
const sizes: readonly { contacts: number; deltas: number; parts: number; bytes: number }[] = [
  { contacts: 1, deltas: 0, parts: 1, bytes: 250 }, // a delta would be no shorter
  { contacts: 3, deltas: 100, parts: 2, bytes: 550 },
  { contacts: 10, deltas: 150, parts: 4, bytes: 600 },
  { contacts: 100, deltas: 195, parts: 34, bytes: 750 },
  { contacts: 1_000, deltas: 197, parts: 64, bytes: 3_000 },
  { contacts: 3_000, deltas: 197, parts: 64, bytes: 8_000 },
];
for (const { contacts, ...expected } of sizes) {
  Deno.test(`200 sends with ${contacts} contacts send a whole ring now and then`, async () => {
    const { deltas, parts, bytes } = await sent(contacts, 200);
    assert.deepEqual({ deltas, parts }, { deltas: expected.deltas, parts: expected.parts });
    assert.ok(bytes <= expected.bytes, `${bytes} bytes a send`);
  });
}

Deno.test("a ring that is nearly as long as may be is sent whole", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  const long = (at: number) => asAddress(`${"x".repeat(30)}${at}@${"y".repeat(140)}.test`);
  const many = Array.from({ length: 1_716 }, (_, at) => [long(at), filledPrint(1)] as const);
  await pinIn(ring, new Map(many), 1);
  assert.ok(bytesOf(server.kept.parts) > limits.maxKeyringBytes - 1_000);
  await give(ring, long(1));
  assert.equal(server.kept.parts.length, 1);
  const more = Array.from({ length: 9 }, (_, at) => [long(2_000 + at), filledPrint(1)] as const);
  await assert.rejects(pinIn(ring, new Map(more), 1), {
    code: "too_large",
    message: "Cannot save the key: the list of contacts is full",
  });
});

Deno.test("a machine that has seen parts is sent those behind them alone", async () => {
  const server = await ringOfParts(5);
  const asked: number[] = [];
  server.lie = (honest) => {
    asked.push(honest.parts.length);
    return honest;
  };
  const { marks: [seen] } = await server.open();
  const { noted } = await server.open(seen!.slice(0, 3));
  const again = await server.open(seen);
  assert.deepEqual([asked, noted, again.noted], [[5, 2, 0], [5], []]);
});

const damages: readonly [what: string, damage: (seen: ListMark) => ListMark][] = [
  ["the first part", (seen) => [alter(seen[0]!), ...seen.slice(1)]],
  ["the newest part", (seen) => [...seen.slice(0, -1), alter(seen.at(-1)!)]],
  ["one part is lost of", (seen) => seen.toSpliced(1, 1)],
  ["the version of", (seen) => [...seen.slice(0, -1), { ...seen.at(-1)!, version: 2 }]],
];
const alter = <P extends { sealed: Uint8Array }>(part: P) => ({
  ...part,
  sealed: part.sealed.with(20, part.sealed[20]! ^ 1),
});
for (const [what, damage] of damages) {
  Deno.test(`where what was kept is damaged, everything is asked for: ${what}`, async () => {
    const server = await ringOfParts(4);
    const { marks: [seen] } = await server.open();
    await ringAfter(server);
    const { ring } = await server.open();
    const { ring: opened, told } = await server.open(damage(seen!));
    assert.deepEqual(opened.contacts(), ring.contacts());
    assert.deepEqual(told, []);
  });
}

async function ringAfter(server: RingServer) {
  const opened = await server.open();
  await pinIn(opened.ring, new Map([[asAddress("later@x.org"), filledPrint(9)]]), 9);
  return opened;
}

Deno.test("a delta that was made from another ring of the version is not taken, and is made again", async () => {
  const server = await ringOfParts(3);
  const { ring } = await server.open();
  const { marks: [seen] } = await server.open();
  server.kept = { ...server.kept, parts: server.kept.parts.slice(0, 2) }; // a restored backup
  await pinIn((await server.open()).ring, new Map([[addressOf(1), filledPrint(7)]]), 9);
  assert.equal(server.version, 3);
  const pinned = pinIn(ring, new Map([[addressOf(2), filledPrint(8)]]), 9);
  await assert.rejects(pinned, { code: "bad_signature" }); // it looks like a server that forked it
  const { ring: again, told } = await server.open(seen);
  assert.equal(told.length, 1);
  await pinIn(again, new Map([[addressOf(2), filledPrint(8)]]), 9);
  const { ring: other } = await server.open();
  for (
    const [address, fill] of [[addressOf(1), 7], [addressOf(2), 8], [
      asAddress("new3@x.org"),
      3,
    ]] as const
  ) {
    assert.equal(other.judge(address, filledPrint(fill)), "signed");
  }
});

Deno.test("a change that another machine was quicker than is sent as a delta behind that one's", async () => {
  const server = await serverWith(200);
  const sizes: number[] = [];
  const honest = server.client.call;
  server.client.call = (name, request) => {
    if (name === "replaceKeyring") {
      sizes.push((request as RequestOf<"replaceKeyring">).sealed.length);
    }
    return honest(name, request);
  };
  const [one, two] = [await server.open(), await server.open()];
  await Promise.all([give(one.ring, addressOf(1)), give(two.ring, addressOf(2))]);
  assert.deepEqual([sizes.length, server.kept.parts.length], [3, 3]);
  assert.ok(sizes.every((bytes) => bytes < 400), `${sizes}`);
});

/** One of all the changes that there are; none is at the same time as another. */
function change(ring: Keyring, next: (below: number) => number, now: number): Promise<unknown> {
  const address = addressOf(next(60));
  const pinned = ring.find(address);
  switch (next(5)) {
    case 0:
      return pinIn(ring, new Map([[address, pinned?.fingerprint ?? filledPrint(1)]]), now);
    case 1: {
      const [fill, replaces] = [now % 256, pinned?.fingerprint ?? null]; // nobody goes back to a key
      return ring.accept(
        { address, fingerprint: filledPrint(fill), verified: next(2) === 1, replaces },
        now,
      );
    }
    case 2: {
      const former = [{ fingerprint: pinned?.fingerprint ?? filledPrint(1), until: now }];
      const line = { fingerprint: filledPrint(now % 256), former };
      return ring.followKeyChanges(new Map([[address, line]]), now);
    }
    case 3: {
      const numbering = { since: 0, absent: [], heard: next(9), lacks: [] };
      const message = { ...numbering, from: address, id: now, number: 1 + next(40) };
      return ring.change((all) => noteMessages(all, [message], 0));
    }
    default:
      return give(ring, address);
  }
}

Deno.test("after any changes on three machines every one sees the same, as does a fresh one", async () => {
  const random = seeded(7);
  const next = (below: number) => random() % below;
  const server = await serverWith(40);
  const marks: ListMark[] = [[], [], []];
  let now = 1;
  for (let round = 0; round < 300; round++) {
    const machine = next(3);
    const { ring, marks: noted, told } = await server.open(marks[machine]);
    for (let count = next(3); count >= 0; count--) await change(ring, next, ++now);
    marks[machine] = noted.at(-1) ?? marks[machine]!;
    assert.deepEqual(told, []);
    assert.deepEqual(
      (await server.open()).ring.contacts(),
      (await server.open(marks[machine])).ring.contacts(),
    );
    assert.equal(versionOf(marks[machine]!), server.version);
  }
});
