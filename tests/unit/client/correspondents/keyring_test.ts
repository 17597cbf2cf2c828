/** The keyring: pins that outlive machines, that no server can take back, and that give way to nobody unseen. */
import assert from "node:assert/strict";
import type { AccountFingerprint } from "../../../../src/model/digests.ts";
import { encodeRing, pinSeen } from "../../../../src/client/correspondents/contacts.ts";
import { MailError } from "../../../../src/model/errors.ts";
import type { KeyringPart } from "../../../../src/model/keyring.ts";
import {
  requireUnchanged,
  requireVerified,
} from "../../../../src/client/sending/pinned_recipients.ts";
import { type Address, asAddress } from "../../../../src/model/address.ts";
import { FakeClock } from "../../../support/fake_clock.ts";
import {
  emptyRing,
  filledPrint as fingerprint,
  pinIn,
  pinOf,
  ringKey as key,
  RingServer,
} from "../../../support/ring_server.ts";

const bob = asAddress("bob@example.org");
const carol = asAddress("carol@example.org");

async function passUntil(clock: FakeClock, work: Promise<unknown>): Promise<void> {
  let isDone = false;
  const done = work.finally(() => isDone = true);
  while (!isDone) await clock.pass(10);
  await done;
}

Deno.test("a new account knows nobody", async () => {
  const { ring, noted } = await new RingServer().open();
  assert.equal(ring.find(bob), null);
  assert.equal(ring.judge(bob, fingerprint(1)), "unknown");
  assert.deepEqual(noted, []);
});

Deno.test("a pin is kept sealed, seen by other machines, and its version noted", async () => {
  const server = new RingServer();
  const { ring, noted } = await server.open();
  await pinIn(ring, new Map([[bob, fingerprint(1)]]), 1_000);
  assert.deepEqual(noted, [1]);
  const sealed = new TextDecoder("latin1").decode(server.kept.parts[0]!.sealed);
  assert.ok(!sealed.includes("bob"));
  const other = await server.open();
  const contact = { address: bob, fingerprint: fingerprint(1), verified: false, since: 1_000 };
  assert.deepEqual(pinOf(other.ring.find(bob)), contact);
  assert.deepEqual(other.noted, [1]);
  assert.equal(other.ring.judge(bob, fingerprint(1)), "signed");
  assert.equal(other.ring.judge(bob, fingerprint(2)), "changed");
  assert.equal(
    other.ring.judge(asAddress("BOB@example.org"), fingerprint(1)),
    "unknown",
  );
});

Deno.test("what is pinned already costs no call", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  await pinIn(ring, new Map([[bob, fingerprint(1)]]), 1);
  await pinIn(ring, new Map([[bob, fingerprint(1)]]), 2);
  await pinIn(ring, new Map([[bob, fingerprint(1)]]), 3);
  await pinIn(ring, new Map(), 4);
  assert.equal(server.replacements, 1);
  assert.equal(ring.find(bob)?.since, 1);
});

Deno.test("a changed key stops a send, names everybody it concerns, and changes no pin", async () => {
  const { ring } = await new RingServer().open();
  await pinIn(ring, new Map([[bob, fingerprint(1)], [carol, fingerprint(2)]]), 1);
  const changed = new Map([[bob, fingerprint(3)], [carol, fingerprint(4)]]);
  const refused = { name: "MailError", code: "key_changed", message: /bob@.*carol@/ };
  assert.throws(() => requireUnchanged(ring, changed), refused);
  await assert.rejects(pinIn(ring, changed, 2), refused);
  await ring.change((contacts) => pinSeen(contacts, changed, 3));
  assert.equal(ring.judge(bob, fingerprint(1)), "signed");
  requireUnchanged(
    ring,
    new Map([[bob, fingerprint(1)], [asAddress("new@example.org"), fingerprint(9)]]),
  );
});

Deno.test("where another machine was quicker, both changes are kept", async () => {
  const server = new RingServer();
  const { ring, noted } = await server.open();
  const { ring: other } = await server.open();
  await pinIn(other, new Map([[carol, fingerprint(2)]]), 1);
  await pinIn(ring, new Map([[bob, fingerprint(1)]]), 2);
  assert.deepEqual(noted, [2]);
  const { ring: third } = await server.open();
  assert.equal(third.judge(bob, fingerprint(1)), "signed");
  assert.equal(third.judge(carol, fingerprint(2)), "signed");
});

Deno.test("where another machine pinned another key meanwhile, that one stays and the send stops", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  const { ring: other } = await server.open();
  await pinIn(other, new Map([[bob, fingerprint(2)]]), 1);
  await assert.rejects(pinIn(ring, new Map([[bob, fingerprint(1)]]), 2), { code: "key_changed" });
  assert.equal((await server.open()).ring.judge(bob, fingerprint(2)), "signed");
});

for (const count of [2, 12, 50]) {
  Deno.test(`${count} machines that pin at once all get through`, async () => {
    using clock = new FakeClock();
    const server = new RingServer();
    server.before = () => new Promise((resolve) => setTimeout(resolve, 10)); // what a request takes
    const rings = await Promise.all(Array.from({ length: count }, () => server.open()));
    const names = rings.map((_, at) => asAddress(`u${at}@example.org`));
    const pins = rings.map(({ ring }, at) =>
      pinIn(ring, new Map([[names[at]!, fingerprint(at)]]), 1)
    );
    await passUntil(clock, Promise.all(pins));
    const { ring } = await server.open();
    assert.deepEqual(names.filter((name) => ring.find(asAddress(name)) === null), []);
  });
}

const nobody = encodeRing({ own: fingerprint(0), restoredAt: 0, contacts: [] });

Deno.test("a ring that never stands still is given up", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  server.before = async () => {
    const version = server.version + 1;
    const sealed = await key.sealKeyring({ version, after: null }, nobody);
    server.kept = { ...emptyRing, parts: [{ version, sealed }] };
  };
  using clock = new FakeClock();
  const pinned = assert.rejects(pinIn(ring, new Map([[bob, fingerprint(1)]]), 1), {
    code: "try_later",
  });
  await passUntil(clock, pinned);
  assert.equal(server.replacements, 20);
});

Deno.test("a server that offers an older ring than was seen is refused where that does not open", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  await pinIn(ring, new Map([[bob, fingerprint(1)]]), 1);
  const old = server.kept;
  await pinIn(ring, new Map([[carol, fingerprint(2)]]), 2);
  server.kept = old;
  const refused = { name: "MailError", code: "bad_signature" };
  await assert.rejects(server.open([{ version: 2, sealed: new Uint8Array(60) }]), {
    ...refused,
    message: /version 1 .* 2 was seen/,
    hint: "If its operator has restored a backup, run `mailctl logout`, then `mailctl login`.",
  });
  await assert.rejects(
    pinIn(ring, new Map([[asAddress("dave@example.org"), fingerprint(3)]]), 3),
    refused,
  );
  server.kept = emptyRing;
  await assert.rejects(server.open([{ version: 2, sealed: new Uint8Array(60) }]), refused);
});

Deno.test("a ring that was altered, taken away or given another version is refused", async () => {
  const server = new RingServer();
  await pinIn((await server.open()).ring, new Map([[bob, fingerprint(1)]]), 1);
  const { version, sealed } = server.kept.parts[0]!;
  const wrong: KeyringPart[] = [
    { version: 2, sealed },
    { version: 0, sealed },
    { version, sealed: sealed.with(20, sealed[20]! ^ 1) },
    { version, sealed: new Uint8Array(0) },
  ];
  for (const part of wrong) {
    server.kept = { ...emptyRing, parts: [part] };
    await assert.rejects(server.open(), { code: "bad_signature" });
  }
});

Deno.test("mail that merely arrives fills the ring up to a bound; sending goes on above it", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  const people = (from: number, count: number) =>
    new Map(
      Array.from(
        { length: count },
        (_, at) => [asAddress(`u${from + at}@example.org`), fingerprint(1)],
      ),
    );
  const see = (keys: Map<Address, AccountFingerprint>) =>
    ring.change((contacts) => pinSeen(contacts, keys, 1));
  await see(people(0, 1_499));
  await see(people(5_000, 2)); // one too many: neither
  assert.equal(ring.find(asAddress("u5000@example.org")), null);
  await see(people(6_000, 1));
  assert.notEqual(ring.find(asAddress("u6000@example.org")), null);
  await see(people(7_000, 1));
  assert.equal(ring.find(asAddress("u7000@example.org")), null);
  await pinIn(ring, people(8_000, 50), 1);
  assert.notEqual((await server.open()).ring.find(asAddress("u8049@example.org")), null);
});

Deno.test("a full ring refuses a new pin and keeps what it has", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  const many = (mark: string, count: number) =>
    new Map(
      Array.from({ length: count }, (_, at) => [asAddress(`${mark}${at}@x.org`), fingerprint(1)]),
    );
  await pinIn(ring, many("a", 3_000), 1);
  const { version } = server;
  await assert.rejects(pinIn(ring, many("b", 1), 2), {
    name: "MailError",
    code: "too_large",
    message: "Cannot save the key: the list of contacts is full",
  });
  assert.equal(server.version, version);
  assert.equal(ring.judge(asAddress("a2999@x.org"), fingerprint(1)), "signed");
});

Deno.test("another ring of the version that was seen is refused where that does not open", async () => {
  const server = new RingServer();
  const one = await server.open();
  await pinIn(one.ring, new Map([[bob, fingerprint(1)]]), 1);
  const seen = one.marks.at(-1)!.map((part) => ({
    ...part,
    sealed: part.sealed.with(20, part.sealed[20]! ^ 1),
  }));
  await server.open(seen);
  server.kept = emptyRing;
  const two = await server.open();
  await pinIn(two.ring, new Map([[asAddress("carol@example.org"), fingerprint(2)]]), 1);
  await assert.rejects(server.open(seen), {
    code: "bad_signature",
    message: /version 1 .* differs/,
  });
});

/** What somebody decided: bob's key is the one of `fill`; the pin shown to them was that of `replaces`. */
function decided(fill: number, verified: boolean, replaces: number | null = null) {
  const shown = replaces === null ? null : fingerprint(replaces);
  return { address: bob, fingerprint: fingerprint(fill), verified, replaces: shown };
}

Deno.test("a key that was compared is verified, in the place of none, the same or the one shown", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  await ring.accept(decided(1, true), 5);
  const contact = { address: bob, fingerprint: fingerprint(1), verified: true, since: 5 };
  assert.deepEqual((await server.open()).ring.contacts().map(pinOf), [contact]);
  await ring.accept(decided(2, false, 1), 6);
  const former = [{ fingerprint: fingerprint(1), until: 0 }];
  const changed = { address: bob, fingerprint: fingerprint(2), verified: false, since: 6, former };
  assert.deepEqual((await server.open()).ring.contacts().map(pinOf), [changed]);
  await ring.accept(decided(2, true, 2), 7); // pinned since 6, compared now
  assert.deepEqual((await server.open()).ring.contacts().map(pinOf), [{
    ...changed,
    verified: true,
  }]);
});

Deno.test("a decision takes nothing back, and what changes nothing costs no call", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  await ring.accept(decided(1, true), 5);
  await ring.accept(decided(1, true, 1), 6);
  await ring.accept(decided(1, false, 1), 7);
  assert.equal(server.replacements, 1);
  assert.equal(ring.judge(bob, fingerprint(1)), "verified");
});

Deno.test("a third key, which nobody was shown, is not replaced", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  await pinIn(ring, new Map([[bob, fingerprint(1)]]), 1);
  const refused = { name: "MailError", code: "key_changed", message: /another machine has saved/ };
  await assert.rejects(ring.accept(decided(3, true), 2), refused);
  await assert.rejects(ring.accept(decided(3, true, 2), 2), refused);
  const { ring: other } = await server.open();
  await other.accept(decided(2, false, 1), 3);
  await assert.rejects(ring.accept(decided(3, true, 1), 4), refused); // found out by the version
  assert.deepEqual((await server.open()).ring.find(bob)?.fingerprint, fingerprint(2));
});

Deno.test("a decision outlives other changes of the ring, and they outlive it", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  const { ring: other } = await server.open();
  await pinIn(other, new Map([[carol, fingerprint(2)], [bob, fingerprint(1)]]), 1);
  await ring.accept(decided(1, true), 2);
  const { ring: third } = await server.open();
  assert.deepEqual(third.contacts().map((each) => [each.address, each.verified, each.since]), [
    [bob, true, 1],
    [carol, false, 1],
  ]);
});

Deno.test("only a compared key is verified: all the others are named", async () => {
  const { ring } = await new RingServer().open();
  await ring.accept(decided(1, true), 1);
  await pinIn(ring, new Map([[carol, fingerprint(2)]]), 1);
  requireVerified(ring, new Map([[bob, fingerprint(1)]]));
  requireVerified(ring, new Map());
  const keys = new Map([[bob, fingerprint(1)], [carol, fingerprint(2)], [
    asAddress("d@x.org"),
    fingerprint(3),
  ]]);
  const refused = { name: "MailError", code: "not_verified" };
  assert.throws(() => requireVerified(ring, keys), {
    ...refused,
    message: "Cannot send to carol@example.org, d@x.org: the key is not verified",
  });
  assert.throws(() => requireVerified(ring, new Map([[bob, fingerprint(9)]])), refused);
});

Deno.test("a server that refuses a change and then offers another ring of that version is refused", async () => {
  const server = new RingServer();
  const { ring } = await server.open();
  await ring.accept(decided(1, true), 1);
  const sealed = await key.sealKeyring({ version: 1, after: null }, nobody);
  const forgotten = { ...emptyRing, parts: [{ version: 1, sealed }] };
  const honest = server.client.call;
  let refused = false;
  server.client.call = (name, request) => {
    if (refused || name === "keyring") return honest(name, request);
    refused = true;
    server.kept = forgotten;
    return Promise.reject(new MailError("keyring_changed", "moved"));
  };
  await assert.rejects(ring.accept(decided(2, true, 1), 2), { code: "bad_signature" });
  assert.deepEqual([refused, server.kept], [true, forgotten]);
});
