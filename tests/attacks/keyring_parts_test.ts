/** A server that keeps a keyring in parts, and leaves out, moves or mixes them: it is refused, or gains nothing. */
import assert from "node:assert/strict";
import { MailboxKey } from "../../src/crypto/account/mailbox_key.ts";
import { asAddress } from "../../src/model/address.ts";
import type { KeyringPart } from "../../src/model/keyring.ts";
import {
  emptyRing,
  filledPrint,
  type KeptRing,
  pinIn,
  ringOfParts,
  RingServer,
} from "../support/ring_server.ts";

type Parts = readonly KeyringPart[];

const refused = { name: "MailError", code: "bad_signature" };
const older = "The server had an older list of contacts; this machine's newer one was put back";
const parts = (await ringOfParts(5)).kept.parts;

/** Parts of the same versions that the same account made elsewhere: on a server that had lost versions 4 and 5. */
async function forkedParts(): Promise<Parts> {
  const server = new RingServer();
  server.kept = { ...emptyRing, parts: parts.slice(0, 3) };
  const { ring } = await server.open();
  for (const at of [4, 5]) {
    await pinIn(ring, new Map([[asAddress(`elsewhere${at}@x.org`), filledPrint(at)]]), at);
  }
  return server.kept.parts;
}

/** Of another account that has the same secret, as no account has. */
async function partsOfMallory(): Promise<Parts> {
  const secret = new Uint8Array(32).fill(1);
  const key = await MailboxKey.derive(secret, asAddress("mallory@example.org"), ["now"]);
  return (await ringOfParts(5, { key })).kept.parts;
}

/** The parts that a whole ring took the place of, and those that came then. */
async function laterParts(): Promise<Parts> {
  const server = new RingServer();
  server.kept = { ...emptyRing, parts };
  const { ring } = await server.open();
  const many = Array.from({ length: 20 }, (_, at) => asAddress(`many${at}@x.org`));
  await pinIn(ring, new Map(many.map((name) => [name, filledPrint(9)])), 9);
  await pinIn(ring, new Map([[asAddress("last@x.org"), filledPrint(9)]]), 9);
  return server.kept.parts;
}

const [forked, mallory, later] = [await forkedParts(), await partsOfMallory(), await laterParts()];
const altered = (part: KeyringPart, at: number) => {
  const index = at < 0 ? part.sealed.length + at : at;
  return { ...part, sealed: part.sealed.with(index, part.sealed[index]! ^ 1) };
};
const [one, two, three, four, five] = parts as Parts & [
  KeyringPart,
  KeyringPart,
  KeyringPart,
  KeyringPart,
  KeyringPart,
];

const mixed: readonly [what: string, parts: Parts][] = [
  ["a delta in the middle is left out", [one, two, four, five]],
  ["the first delta is left out", [one, three, four, five]],
  ["the whole ring is left out", [two, three, four, five]],
  ["a delta is alone", [five]],
  ["two deltas are swapped", [one, two, four, three, five]],
  ["a delta is there twice", [one, two, two, three, four, five]],
  ["the whole ring is there twice", [one, one, two]],
  ["a delta is another account's", [one, two, mallory[2]!, four, five]],
  ["all parts are another account's", mallory],
  ["a delta is of another ring of the account", [one, two, three, forked[3]!, five]],
  ["the newest delta is of another ring of the account", [one, two, three, four, forked[4]!]],
  ["the whole ring is older than the delta", [one, later[1]!]],
  ["an older delta is behind a newer whole ring", [later[0]!, five]],
  ["two whole rings stand behind each other", [one, later[0]!]],
  ["a delta has another version", [one, { ...two, version: 3 }, three]],
  ["the newest delta claims a higher version", [one, two, { ...three, version: 9 }]],
  ["a delta was altered", [one, altered(two, 20), three]],
  ["the tag of a delta was altered", [one, altered(two, -1), three]],
  ["the newest delta was cut", [one, { ...two, sealed: two.sealed.slice(0, 20) }]],
  ["a delta is empty", [one, { version: 2, sealed: new Uint8Array(0) }]],
];
for (const [what, kept] of mixed) {
  Deno.test(`a keyring is refused where ${what}`, async () => {
    const server = new RingServer();
    server.kept = { ...emptyRing, parts: kept };
    await assert.rejects(server.open(), refused, "by a machine that has seen nothing");
    server.lie = () => ({ ...emptyRing, parts: kept });
    await assert.rejects(server.open([one, two, three]), refused, "by one that has");
  });
}

const answers: readonly [what: string, answer: Partial<KeptRing>][] = [
  ["lacks the first", { isWhole: false, parts: [five] }],
  ["has them swapped", { isWhole: false, parts: [five, four] }],
  ["has one that is known", { isWhole: false, parts: [three, four, five] }],
  ["has all parts, as if it were those behind", { isWhole: false, parts }],
  ["has those behind, as if it were all", { isWhole: true, parts: [four, five] }],
  ["has those behind another ring", { isWhole: false, parts: [forked[3]!, five] }],
  ["has another account's", { isWhole: false, parts: mallory.slice(3) }],
  ["has a whole ring, as if it were behind", { isWhole: false, parts: [later[0]!] }],
];
for (const [what, answer] of answers) {
  Deno.test(`an answer about the parts behind a known one is refused where it ${what}`, async () => {
    const server = new RingServer();
    server.lie = () => ({ ...emptyRing, ...answer });
    await assert.rejects(server.open([one, two, three]), refused);
  });
}

for (const count of [0, 1, 3, 4]) {
  Deno.test(`a server that shows ${count} of five parts gets the others back, and is told of`, async () => {
    const server = new RingServer();
    server.kept = { ...emptyRing, parts: parts.slice(0, count) };
    const { ring, told, noted } = await server.open(parts);
    assert.deepEqual([told, noted, server.version], [[older], [6], 6]);
    assert.equal(ring.judge(asAddress("new5@x.org"), filledPrint(5)), "signed");
    const fresh = await server.open();
    assert.deepEqual(fresh.ring.contacts(), ring.contacts());
  });
}

Deno.test("parts that this machine has not seen can be kept back from it, and nothing else", async () => {
  const server = new RingServer();
  server.kept = { ...emptyRing, parts };
  server.lie = (honest) => ({ ...honest, parts: honest.parts.slice(0, 1) });
  const { ring, told } = await server.open([one, two, three]);
  assert.deepEqual(told, []);
  assert.equal(ring.judge(asAddress("new4@x.org"), filledPrint(4)), "signed");
  assert.equal(ring.judge(asAddress("new5@x.org"), filledPrint(5)), "unknown");
  const later = pinIn(ring, new Map([[asAddress("bob@x.org"), filledPrint(1)]]), 1);
  server.lie = (honest) => ({ ...honest, parts: [] }); // it refuses the change, and has nothing newer
  await assert.rejects(later, refused);
});
