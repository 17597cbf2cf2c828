/** Two rings of one account made one: the same from both sides, and no verified pin and no decision is lost. */
import assert from "node:assert/strict";
import { addKnown } from "../../../../src/client/correspondents/merge_contacts.ts";
import {
  byAddress,
  type Contact,
  encodeRing,
} from "../../../../src/client/correspondents/contacts.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { limits } from "../../../../src/model/limits.ts";
import { filledPrint } from "../../../support/ring_server.ts";

const bob = asAddress("bob@x.org");

/** A pin of bob: its key, when it was made, whether it is verified, and the keys that it took the place of. */
function pin(key: number, since: number, verified = false, ...replaced: number[]): Contact {
  const former = replaced.map((fill) => ({ fingerprint: filledPrint(fill), until: 0 }));
  const contact = { address: bob, fingerprint: filledPrint(key), verified, since };
  return replaced.length === 0 ? contact : { ...contact, former };
}

const pairs: readonly [what: string, a: Contact, b: Contact, key: number, verified: boolean][] = [
  ["the same key, verified once", pin(1, 5), pin(1, 9, true), 1, true],
  ["a key that took the other's place", pin(1, 5, true), pin(2, 9, false, 1), 2, false],
  ["one that did so earlier by the clock", pin(1, 9), pin(2, 5, false, 1), 2, false],
  ["one that did so by a longer way", pin(1, 5), pin(3, 9, false, 2, 1), 3, false],
  ["a decision that was taken back", pin(2, 5, true, 1), pin(1, 9, false, 2, 1), 1, false],
  ["a verified key and one that came without it", pin(1, 9, true), pin(2, 5), 1, true],
  ["two keys of first mail: the earlier", pin(1, 9), pin(2, 5), 2, false],
  ["two keys that were compared: the later", pin(1, 9, true), pin(2, 5, true), 1, true],
  ["two of one moment", pin(1, 5), pin(2, 5), 1, false],
];

for (const [what, a, b, key, verified] of pairs) {
  Deno.test(`two pins of one address: ${what}`, () => {
    for (const [theirs, mine] of [[a, b], [b, a]] as const) {
      const contacts = byAddress([theirs]);
      const isChanged = addKnown(contacts, [mine]);
      const merged = contacts.get(bob)!;
      assert.deepEqual([merged.fingerprint, merged.verified], [filledPrint(key), verified]);
      assert.equal(isChanged, theirs.verified !== verified || theirs.fingerprint[0] !== key);
      const settled = byAddress([merged]);
      assert.equal(addKnown(settled, [a, b]), false, "the choice is made once");
    }
  });
}

Deno.test("machines with three keys that nobody can order agree in the end", () => {
  const rings = [pin(1, 5), pin(2, 7, true), pin(3, 9, true)].map((each) => byAddress([each]));
  for (let round = 0; round < 3; round++) {
    for (const here of rings) for (const there of rings) addKnown(here, [...there.values()]);
  }
  const keys = rings.map((ring) => ring.get(bob)!.fingerprint[0]);
  assert.deepEqual(keys, [3, 3, 3]);
});

Deno.test("what has no room in the ring is left out: first the newest that nobody compared", () => {
  const many = (mark: string, count: number, verified: boolean) =>
    Array.from({ length: count }, (_, at): Contact => ({
      address: asAddress(`${mark}${at}@x.org`),
      fingerprint: filledPrint(1),
      verified,
      since: at,
    }));
  const contacts = byAddress(many("theirs", 2_900, false));
  assert.equal(
    addKnown(contacts, [...many("seen", 90, false), ...many("compared", 60, true)]),
    true,
  );
  assert.equal(contacts.size, 3_000);
  const mine = [...contacts.keys()].slice(2_900).map((address) => address.split("@")[0]);
  assert.deepEqual([mine[0], mine[59], mine[60], mine[99]], [
    "compared0",
    "compared59",
    "seen0",
    "seen39",
  ]);
  const long = "x".repeat(200);
  const large = Array.from({ length: 2_000 }, (_, at): Contact => ({
    ...pin(1, at),
    address: asAddress(`${at}@${long}.org`),
  }));
  const full = byAddress([]);
  addKnown(full, large);
  assert.ok(
    encodeRing({ own: filledPrint(9), restoredAt: 0, contacts: [...full.values()] }).length <=
      limits.maxKeyringBytes - 28,
  );
  assert.ok(full.size > 700 && full.size < 2_000);
});
