/** How keys follow one another: a walk back goes as far as both signatures of every step hold, and no further. */
import assert from "node:assert/strict";
import { accountFingerprint } from "../../../../src/crypto/fingerprint.ts";
import { generateSecretKeys, publicKeysOf } from "../../../../src/crypto/account/identity.ts";
import {
  formerKeys,
  signSuccession,
  type SuccessionStep,
} from "../../../../src/crypto/account/succession.ts";
import { asAddress } from "../../../../src/model/address.ts";

const address = asAddress("ada@mail.test");

async function makeSide() {
  const { signingSeed, ...rest } = generateSecretKeys();
  const open = await publicKeysOf({ signingSeed, ...rest });
  return { open, signingSeed, fingerprint: await accountFingerprint(open) };
}

type Side = Awaited<ReturnType<typeof makeSide>>;

async function stepOf(from: Side, to: Side, time: number, of = address): Promise<SuccessionStep> {
  return { ...from.open, ...await signSuccession(asAddress(of), from, to, time) };
}

const [first, second, third, mallory] = await Promise.all([1, 2, 3, 4].map(makeSide)) as [
  Side,
  Side,
  Side,
  Side,
];
const steps = [await stepOf(first, second, 10), await stepOf(second, third, 20)];
const former = (steps: readonly SuccessionStep[], current = third) =>
  formerKeys(address, current.open, steps);

Deno.test("a line is walked back to its beginning, newest first", async () => {
  assert.deepEqual(await former(steps), [
    { fingerprint: second.fingerprint, until: 20 },
    { fingerprint: first.fingerprint, until: 10 },
  ]);
  assert.deepEqual(await former([]), []);
});

Deno.test("a step that does not hold ends the walk", async () => {
  const newest = { fingerprint: second.fingerprint, until: 20 };
  const [old, last] = steps as [SuccessionStep, SuccessionStep];
  const broken: readonly SuccessionStep[] = [
    { ...old, succeededAt: 11 },
    { ...old, signature: last.signature },
    { ...old, acceptance: last.acceptance },
    { ...old, recipient: mallory.open.recipient },
    { ...old, signingKey: mallory.open.signingKey },
    await stepOf(first, second, 10, asAddress("eve@mail.test")),
    await stepOf(first, third, 10),
  ];
  for (const step of broken) assert.deepEqual(await former([step, last]), [newest]);
  assert.deepEqual(await former([last, old]), [], "another order");
  assert.deepEqual(await former([old]), [], "a gap");
  assert.deepEqual(await former(steps, mallory), [], "another end");
});

Deno.test("nobody claims to have been somebody before: the newer keys own up to the older", async () => {
  // The older side of a step alone is anybody's to sign.
  const claim = await stepOf(mallory, second, 5);
  const byMallory = await signSuccession(address, mallory, mallory, 5);
  for (const acceptance of [byMallory.acceptance, steps[0]!.acceptance]) {
    const planted = { ...claim, acceptance };
    assert.equal((await former([planted, steps[1]!])).length, 1);
  }
});

Deno.test("a signature is for its own side alone", async () => {
  const step = await stepOf(first, first, 10);
  assert.equal((await former([step], first)).length, 1);
  const swapped = { ...step, signature: step.acceptance, acceptance: step.signature };
  assert.equal((await former([swapped], first)).length, 0);
});
