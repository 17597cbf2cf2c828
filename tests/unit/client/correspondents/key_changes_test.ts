/** A keyring that goes on to new keys: only along the line of the pinned ones, and with nothing more trusted than before. */
import assert from "node:assert/strict";
import {
  type Contact,
  encodeRing,
  followHistories,
  type KeyHistory,
  pinSeen,
} from "../../../../src/client/correspondents/contacts.ts";
import { Follower } from "../../../../src/client/correspondents/key_changes.ts";
import type { ListedMessage } from "../../../../src/client/reading/opened_entry.ts";
import { requireUnchanged } from "../../../../src/client/sending/pinned_recipients.ts";
import { changed, emptyRing, pinIn, pinOf } from "../../../support/ring_server.ts";
import type { Change, Client } from "../../../../src/client/connection/client.ts";
import { Keyring } from "../../../../src/client/correspondents/keyring.ts";
import { MailboxKey } from "../../../../src/crypto/account/mailbox_key.ts";
import { succession } from "../../../../src/model/account.ts";
import { type Address, asAddress } from "../../../../src/model/address.ts";
import { asAccountFingerprint } from "../../../../src/model/digests.ts";
import { MailError } from "../../../../src/model/errors.ts";
import { bytesOf } from "../../../../src/model/keyring.ts";
import { limits } from "../../../../src/model/limits.ts";

const key = await MailboxKey.derive(
  new Uint8Array(32).fill(1),
  asAddress("alice@example.org"),
  ["now"],
);
const bob = asAddress("bob@example.org");
const print = (fill: number) => asAccountFingerprint(new Uint8Array(32).fill(fill));
const line = (current: number, ...former: [fill: number, until: number][]): KeyHistory => ({
  fingerprint: print(current),
  former: former.map(([fill, until]) => ({ fingerprint: print(fill), until })),
});

class RingServer {
  kept = emptyRing;
  replaced = 0;

  open(): Promise<Keyring> {
    const client = {
      call: () => Promise.resolve(this.kept),
      change: (_: string, update: Change<"replaceKeyring">) =>
        Promise.try(() => {
          this.kept = changed(this.kept, update);
          this.replaced++;
          return {};
        }),
    } as unknown as Client;
    return Keyring.open(this.kept, {
      client,
      own: { fingerprint: print(0), earlier: [] },
      key,
      seen: [],
      note: () => Promise.resolve(),
      tell: () => {},
    });
  }

  /** A ring with Bob verified. */
  async keepBob(): Promise<void> {
    const mark = await key.markOf(bob, print(1));
    const contacts = [{ address: bob, fingerprint: print(1), verified: true, mark, since: 5 }];
    const ring = encodeRing({ own: print(0), restoredAt: 0, contacts });
    const sealed = await key.sealKeyring({ version: 1, after: null }, ring);
    this.kept = { ...emptyRing, parts: [{ version: 1, sealed }] };
  }
}

async function pinned(): Promise<{ server: RingServer; ring: Keyring }> {
  const server = new RingServer();
  await server.keepBob();
  return { server, ring: await server.open() };
}

Deno.test("a contact goes on to keys that its own lead to; they are not verified, and other machines see it", async () => {
  const { server, ring } = await pinned();
  assert.equal(ring.judge(bob, print(1)), "verified");
  await ring.followKeyChanges(new Map([[bob, line(3, [2, 20], [1, 10])]]), 30);
  for (const each of [ring, await server.open()]) {
    assert.deepEqual(pinOf(each.find(bob)), {
      address: bob,
      fingerprint: print(3),
      verified: false,
      since: 30,
      former: [{ fingerprint: print(2), until: 20 }, { fingerprint: print(1), until: 10 }],
    });
    assert.equal(each.judge(bob, print(3)), "signed");
  }
});

Deno.test("changes that one program makes at once all hold, and none of them looks like a forked ring", async () => {
  const { server, ring } = await pinned();
  const names = ["carol@example.org", "dave@example.org", "erin@example.org"].map(asAddress);
  await Promise.all(names.map((name, at) => pinIn(ring, new Map([[name, print(5 + at)]]), 30)));
  const contacts = (await server.open()).contacts();
  assert.deepEqual(contacts.map(({ address }) => address), [bob, ...names]);
});

Deno.test("former keys are good for what is dated while they held, and never to be sealed to", async () => {
  const { ring } = await pinned();
  const until = 1_000_000_000;
  await ring.followKeyChanges(new Map([[bob, line(2, [1, until])]]), 30);
  assert.equal(ring.judge(bob, print(1), until), "signed");
  assert.equal(ring.judge(bob, print(1), until + succession.slackMs), "signed");
  assert.equal(ring.judge(bob, print(1), until + succession.slackMs + 1), "changed");
  assert.equal(ring.judge(bob, print(1)), "changed");
  assert.throws(() => requireUnchanged(ring, new Map([[bob, print(1)]])), { code: "key_changed" });
});

Deno.test("a line without the pinned keys changes nothing and costs no call", async () => {
  const { server, ring } = await pinned();
  await ring.followKeyChanges(
    new Map([[bob, line(3, [2, 20])], [asAddress("eve@example.org"), line(4)]]),
    30,
  );
  await ring.followKeyChanges(new Map([[bob, line(1)]]), 30);
  assert.equal(server.replaced, 0);
  assert.equal(ring.judge(bob, print(1)), "verified");
  assert.equal(ring.judge(bob, print(3)), "changed");
  assert.equal(ring.find(asAddress("eve@example.org")), null);
});

Deno.test("what the pinned keys own up to is learned, and the pin stays as verified as it was", async () => {
  const { server, ring } = await pinned();
  const lines = new Map([[bob, line(1, [7, 20])]]);
  await ring.followKeyChanges(lines, 30);
  assert.equal(ring.judge(bob, print(1)), "verified");
  assert.equal(ring.judge(bob, print(7), 20), "signed");
  await ring.followKeyChanges(lines, 40);
  assert.equal(server.replaced, 1, "learned once");
});

Deno.test("former keys are kept up to a bound, the newest of them", async () => {
  const { ring } = await pinned();
  for (let n = 2; n < limits.maxSuccessions + 10; n++) {
    await ring.followKeyChanges(new Map([[bob, line(n, [n - 1, n])]]), n);
  }
  const { former } = ring.find(bob)!;
  assert.equal(former!.length, limits.maxSuccessions);
  assert.equal(former![0]!.until, limits.maxSuccessions + 9);
});

Deno.test("where another machine was quicker, both changes are kept", async () => {
  const { server, ring } = await pinned();
  await pinIn(await server.open(), new Map([[asAddress("carol@example.org"), print(9)]]), 6);
  await ring.followKeyChanges(new Map([[bob, line(2, [1, 10])]]), 30);
  const other = await server.open();
  assert.equal(other.judge(bob, print(2)), "signed");
  assert.equal(other.judge(asAddress("carol@example.org"), print(9)), "signed");
});

Deno.test("strangers who change their keys often leave room to pin", async () => {
  const server = new RingServer();
  const ring = await server.open();
  const strangers = Array.from({ length: 1_000 }, (_, n) => asAddress(`stranger${n}@example.org`));
  const keys = new Map(strangers.map((address) => [address, print(1)] as const));
  await ring.change((contacts) => pinSeen(contacts, keys, 1));
  const former = Array.from(
    { length: limits.maxSuccessions },
    (_, n): [number, number] => [n + 10, n + 1],
  );
  const lines = strangers.map((address) => [address, line(2, [1, 100], ...former)] as const);
  await ring.followKeyChanges(new Map(lines), 2);
  assert.ok(bytesOf(server.kept.parts) <= limits.maxKeyringBytes / 2 + 1_000);
  for (const address of strangers) {
    assert.equal(ring.judge(asAddress(address), print(2)), "signed");
  }
  const wanted = Array.from(
    { length: 1_000 },
    (_, n) => [asAddress(`friend${n}@example.org`), print(3)] as const,
  );
  await pinIn(ring, new Map(wanted), 3);
  assert.equal(
    (await server.open()).judge(asAddress("friend999@example.org"), print(3)),
    "signed",
  );
});

Deno.test("however many keys changed, all contacts are counted once", () => {
  let counted = 0;
  const contacts = new class extends Map<Address, Contact> {
    override values() {
      counted++;
      return super.values();
    }
  }();
  for (const name of ["a", "b", "c", "d"]) {
    const address = asAddress(`${name}@example.org`);
    contacts.set(address, { address, fingerprint: print(1), verified: false, since: 1 });
  }
  const lines = new Map([...contacts.keys()].map((address) => [address, line(2, [1, 5])]));
  assert.equal(followHistories(contacts, lines, 9), true);
  assert.equal(counted, 1);
});

Deno.test("a line that brings nothing that is kept costs no call, however often it comes", async () => {
  const { server, ring } = await pinned();
  const former = Array.from(
    { length: limits.maxSuccessions },
    (_, n): [number, number] => [n + 10, n + 100],
  );
  await ring.followKeyChanges(new Map([[bob, line(1, ...former)]]), 30);
  await ring.followKeyChanges(new Map([[bob, line(1, ...former, [9, 1])]]), 31);
  assert.equal(server.replaced, 1);
});

Deno.test("keys that are compared later keep those that were before them", async () => {
  const { server, ring } = await pinned();
  await ring.followKeyChanges(new Map([[bob, line(2, [1, 10])]]), 30);
  await ring.accept(
    { address: bob, fingerprint: print(2), verified: true, replaces: print(2) },
    40,
  );
  assert.deepEqual(pinOf((await server.open()).find(bob)), {
    address: bob,
    fingerprint: print(2),
    verified: true,
    since: 30,
    former: [{ fingerprint: print(1), until: 10 }],
  });
});

Deno.test("keys that were accepted in the place of others vouch for none of theirs", async () => {
  const { server, ring } = await pinned();
  await ring.followKeyChanges(new Map([[bob, line(2, [1, 10])]]), 30);
  await ring.accept(
    { address: bob, fingerprint: print(9), verified: true, replaces: print(2) },
    40,
  );
  const contact = { address: bob, fingerprint: print(9), verified: true, since: 40 };
  for (const each of [ring, await server.open()]) {
    const { former = [], ...rest } = pinOf(each.find(bob))!;
    assert.deepEqual([rest, former.map(({ until }) => until)], [contact, [0, 0]]);
    assert.equal(each.judge(bob, print(1), 5), "changed");
  }
});

Deno.test("who asks about a sender while another does has the same answer, and asks again where there was none", async () => {
  const { ring } = await pinned();
  const follower = new Follower(() => 30);
  const message = {
    outcome: "changed",
    from: bob,
    senderFingerprint: print(3),
    headers: { date: 25 },
  } as ListedMessage;
  const asked: PromiseWithResolvers<Map<Address, KeyHistory>>[] = [];
  const keyLines = () => {
    asked.push(Promise.withResolvers());
    return asked.at(-1)!.promise;
  };
  const judge = () => follower.judgeAll(ring, [message], { keyLines });
  const failing = [judge(), judge()];
  asked[0]!.reject(new MailError("try_later", "The server is busy"));
  for (const each of failing) await assert.rejects(each, { code: "try_later" });
  const judging = [judge(), judge()];
  asked[1]!.resolve(new Map([[bob, line(3, [2, 20], [1, 10])]]));
  const outcomes = (await Promise.all(judging)).flat().map(({ outcome }) => outcome);
  assert.deepEqual([asked.length, outcomes], [2, ["signed", "signed"]]);
});
