/** A ring that the server has lost, wholly or in part: this machine's is put back, is told of, and takes nothing away. */
import assert from "node:assert/strict";
import type { Keyring } from "../../../../src/client/correspondents/keyring.ts";
import type { KeyringMark } from "../../../../src/client/correspondents/keyring_parts.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { FakeClock } from "../../../support/fake_clock.ts";
import {
  emptyRing,
  filledPrint,
  pinIn,
  ringKey,
  RingServer,
} from "../../../support/ring_server.ts";

const [bob, carol, dave] = ["bob", "carol", "dave"].map((name) => asAddress(`${name}@x.org`));
const older = "The server had an older list of contacts; this machine's newer one was put back";
const another = "The server had a different list of contacts; this machine's was added to it";

function pin(ring: Keyring, address = bob!, fill = 1): Promise<void> {
  return pinIn(ring, new Map([[address, filledPrint(fill)]]), 1);
}

/** A server with bob at version 1 and carol at version 2, and what a machine saw of both. */
async function twoVersions(): Promise<{ server: RingServer; marks: KeyringMark[] }> {
  const server = new RingServer();
  const { ring, marks } = await server.open();
  await pin(ring);
  await pin(ring, carol, 2);
  return { server, marks };
}

function backTo(server: RingServer, version: number, marks: readonly KeyringMark[]) {
  const parts = version === 0 ? [] : marks[version - 1]!;
  server.kept = { ...emptyRing, parts };
}

for (const version of [0, 1]) {
  Deno.test(`a server that is back at version ${version} of 2 gets the newer ring, as version 3`, async () => {
    const { server, marks } = await twoVersions();
    backTo(server, version, marks);
    const { ring, told, noted } = await server.open(marks[1]);
    assert.deepEqual([server.version, noted, told], [3, [3], [older]]);
    assert.equal(ring.judge(carol!, filledPrint(2)), "signed");
    const other = await server.open(marks[1]);
    assert.deepEqual([other.told, other.noted], [[], [3]]); // a machine that knew as much has nothing to add
    assert.equal(other.ring.judge(carol!, filledPrint(2)), "signed");
  });
}

Deno.test("a server that goes back again and again gains nothing, and each time is told", async () => {
  const { server, marks } = await twoVersions();
  let seen = marks[1]!;
  for (let round = 0; round < 5; round++) {
    backTo(server, round % 2, marks);
    const opened = await server.open(seen);
    assert.deepEqual([opened.noted, opened.told], [[3 + round], [older]]);
    assert.equal(opened.ring.judge(carol!, filledPrint(2)), "signed");
    seen = opened.marks.at(-1)!;
  }
});

Deno.test("another ring of the same version is made one with this machine's", async () => {
  const { server, marks } = await twoVersions();
  backTo(server, 1, marks);
  await pin((await server.open(marks[0])).ring, dave, 3);
  const { ring, told, noted } = await server.open(marks[1]);
  assert.deepEqual([told, noted], [[another], [3]]);
  assert.deepEqual(ring.contacts().map(({ address }) => address), [bob, carol, dave]);
});

Deno.test("a newer ring that was not made from this machine's takes in what it lacks", async () => {
  const { server, marks } = await twoVersions();
  backTo(server, 1, marks);
  const { ring: elsewhere } = await server.open(marks[0]);
  await pin(elsewhere, dave, 3);
  await elsewhere.accept(
    { address: bob!, fingerprint: filledPrint(1), verified: true, replaces: null },
    9,
  );
  const { ring, told, noted } = await server.open(marks[1]); // at 2, and the server at 3
  assert.deepEqual([told, noted], [[another], [4]]);
  assert.deepEqual(ring.contacts().map(({ address, verified }) => [address, verified]), [
    [bob, true],
    [carol, false],
    [dave, false],
  ]);
});

Deno.test("a newer ring that was made from this machine's is taken as it is", async () => {
  const { server, marks } = await twoVersions();
  const { ring } = await server.open(marks[1]);
  const decided = { address: bob!, fingerprint: filledPrint(9), verified: false };
  await ring.accept({ ...decided, replaces: filledPrint(1) }, 9);
  const { told, noted, ring: here } = await server.open(marks[1]);
  assert.deepEqual([told, noted, server.replacements], [[], [3], 3]);
  assert.equal(here.judge(bob!, filledPrint(9)), "signed");
});

Deno.test("a machine that is stopped between putting back and noting does it once", async () => {
  const { server, marks } = await twoVersions();
  backTo(server, 1, marks);
  await server.open(marks[1]); // what it noted is lost
  const { told, noted } = await server.open(marks[1]);
  assert.deepEqual([told, noted, server.version], [[], [3], 3]);
});

Deno.test("many machines that meet at a restored server all keep what they knew", async () => {
  const { server, marks } = await twoVersions();
  const seen: KeyringMark[] = [];
  for (let at = 0; at < 8; at++) {
    backTo(server, 2, marks);
    const opened = await server.open(marks[1]);
    await pin(opened.ring, asAddress(`u${at}@x.org`), 5);
    seen.push(opened.marks.at(-1)!);
  }
  backTo(server, 1, marks);
  using clock = new FakeClock();
  let isDone = false;
  const opening = Promise.all(seen.map((mark) => server.open(mark))).then(() => isDone = true);
  while (!isDone) await clock.pass(100);
  await opening;
  const { ring } = await server.open();
  assert.equal(ring.contacts().length, 10);
});

Deno.test("where it cannot be put back now, this machine's ring counts all the same", async () => {
  const { server, marks } = await twoVersions();
  backTo(server, 1, marks);
  const { ring, told, noted } = await server.open(marks[1], { putsBack: false });
  assert.deepEqual([ring.isOwed, told, noted], [true, [], []]);
  assert.equal(ring.judge(carol!, filledPrint(2)), "signed");
  await pin(ring, dave, 3); // the next change takes all with it
  assert.deepEqual([server.version, told, noted, ring.isOwed], [3, [older], [3], false]);
});

const useless: readonly [what: string, sealed: Uint8Array][] = [
  ["that is damaged", new Uint8Array(60)],
  [
    "that is sealed under other keys",
    await ringKey.sealKeyring({ version: 1, after: null }, new Uint8Array([1, 0, 0, 0, 0])),
  ],
];
for (const [what, sealed] of useless) {
  Deno.test(`an older ring is refused where the newer is one ${what}`, async () => {
    const { server, marks } = await twoVersions();
    backTo(server, 1, marks);
    await assert.rejects(server.open([{ version: 2, sealed }]), {
      code: "bad_signature",
      message: /version 1 .* 2 was seen/,
    });
  });
}
