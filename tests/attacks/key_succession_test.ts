/** Keys that change: correspondents go on where the old keys say so, and nobody but the old keys can say it. */
import { asAccountName, asAddress, parseAddress } from "../../src/model/address.ts";
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { changePassword } from "../../src/client/account/change_password.ts";
import { makeRecovery, recover } from "../../src/client/account/recovery.ts";
import { rotateKeys } from "../../src/client/account/rotate_keys.ts";
import { keysOf, logIn } from "../../src/client/account/log_in.ts";
import { connect } from "../../src/client/connection/connect.ts";
import { sealFile } from "../../src/crypto/age/file.ts";
import { signEnvelope } from "../../src/crypto/message/envelope.ts";
import { asContentTag, asEnvelopeDigest, asIdempotencyKey } from "../../src/model/digests.ts";
import { envelopeBetween } from "../support/envelope.ts";
import { accountFingerprint, sha256 } from "../../src/crypto/fingerprint.ts";
import { generateSecretKeys, publishKeys } from "../../src/crypto/account/identity.ts";
import { signSuccession } from "../../src/crypto/account/succession.ts";
import { randomBytes, utf8 } from "../../src/model/bytes.ts";
import { MailError } from "../../src/model/errors.ts";
import type { StoredLine } from "../../src/store/credential_store.ts";
import type { Store } from "../../src/store/store.ts";
import { makeAccount } from "../support/account.ts";
import { passwordHere, PersonHere } from "../support/account_here.ts";
import { atHostileServer, type HostileScene } from "../support/hostile_scene.ts";
import { type Lies, madeUpKeys } from "../support/hostile_server.ts";
import { ended, outcome, RawClient } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

/** Two people who know each other: each has had mail from the other. */
function play(act: (scene: HostileScene) => Promise<void>): Promise<void> {
  return atHostileServer(async (scene) => {
    const { alice, bob } = scene;
    await alice.send("bob", "before");
    await bob.send("alice", "answer");
    assert.deepEqual(await bob.outcomes(), ["before signed"]);
    await act(scene);
  });
}

const rotate = ({ options }: PersonHere) => rotateKeys(options, Date.now());

async function refused(work: Promise<unknown>, code: string): Promise<MailError> {
  const error = await work.then(() => null, (error) => error);
  assert.ok(error instanceof MailError, String(error));
  assert.equal(error.code, code);
  return error;
}

Deno.test("a machine whose clock is wrong changes no keys", () =>
  play(async ({ alice }) => {
    const before = await alice.fingerprint();
    const wrong = rotateKeys(alice.options, Date.now() - 3 * 3_600_000);
    await refused(wrong, "configuration");
    assert.equal(await alice.fingerprint(), before);
  }));

Deno.test("older mail opens, and a correspondent is not stopped, over several changes", () =>
  play(async ({ alice, bob }) => {
    const first = await alice.fingerprint();
    const { fingerprint } = await rotate(alice);
    await rotate(alice);
    assert.notEqual(await alice.fingerprint(), first);
    assert.notEqual(await alice.fingerprint(), fingerprint.toHex());
    await alice.send("bob", "after");
    await bob.send("alice", "to the new key");
    assert.deepEqual(await bob.outcomes(), ["before signed", "after signed"]);
    assert.equal((await bob.read(1)).outcome, "signed");
    assert.deepEqual(await alice.outcomes(), ["answer signed", "to the new key signed"]);
    assert.deepEqual(await alice.outcomes("sent"), ["before verified", "after verified"]);
    for (const [id, text] of [[1, "before"], [2, "answer"], [3, "after"]] as const) {
      const read = await alice.read(id);
      assert.ok(read.text.includes(text), `message ${id}`);
      assert.notEqual(read.outcome, "changed");
    }
  }));

Deno.test("reading, without any list before, follows as well, and the pin is kept", () =>
  play(async ({ server, alice, bob }) => {
    await rotate(alice);
    await alice.send("bob", "after");
    assert.equal((await bob.read(3)).outcome, "signed");
    // The line is not asked for again.
    const silent: Lies = { findLines: () => () => Promise.reject(new Error("asked again")) };
    await server.lying(silent, async () => {
      assert.deepEqual(await bob.outcomes(), ["before signed", "after signed"]);
      await bob.send("alice", "again");
    });
  }));

Deno.test("who knows only the new keys takes mail of before for signed by the old ones", () =>
  play(async ({ server, folder, alice }) => {
    const carol = await PersonHere.join("carol", server.trusted, `${folder}/carol`);
    await alice.send("carol", "before");
    await rotate(alice);
    await carol.send("alice", "hello");
    assert.deepEqual(await carol.outcomes(), ["before signed"]);
  }));

Deno.test("a mailbox that stays open follows every change, not only the first", () =>
  play(async ({ alice, bob }) => {
    await bob.with(async (mailbox) => {
      for (let after = 2; after < 5; after++) {
        await rotate(alice);
        await alice.send("bob", `change ${after}`);
        const { messages } = await mailbox.waitForMail({ after, unread: false });
        assert.deepEqual(messages.map(({ id, outcome }) => [id, outcome]), [[after + 1, "signed"]]);
      }
    });
  }));

Deno.test("looking at a message for an answer follows as well", () =>
  play(async ({ alice, bob }) => {
    await rotate(alice);
    await alice.send("bob", "after");
    assert.equal((await bob.with((mailbox) => mailbox.look(entryId(3)))).outcome, "signed");
  }));

Deno.test("a comparison shows keys that followed as not compared, and is of them alone", () =>
  play(async ({ server, alice, bob }) => {
    const compared = await bob.with(async (mailbox) =>
      await mailbox.accept(await mailbox.compare("alice"), { verified: true })
    );
    assert.equal(compared.state, "verified");
    await rotate(alice);
    const hidden: Lies = {
      findLines: (honest) => async (names) =>
        (await honest.findLines(names)).map((line) => line && { ...line, steps: [] }),
    };
    const compare = () => bob.with((mailbox) => mailbox.compare("alice"));
    assert.equal((await server.lying(hidden, compare)).state, "changed");
    const shown = await compare();
    assert.deepEqual([shown.state, shown.fingerprint.toHex()], [
      "signed",
      await alice.fingerprint(),
    ]);
    assert.deepEqual(shown.pinned?.fingerprint, shown.fingerprint);
    await bob.with((mailbox) => mailbox.accept(shown, { verified: true }));
    assert.equal((await compare()).state, "verified");
    assert.deepEqual(await bob.outcomes(), ["before signed"], "by the keys of before");
  }));

/** What a server gives out that wants to put its own keys in the place of somebody's. */
function substituted(name: string, line: (honest: StoredLine) => StoredLine): Lies {
  const change = async (honest: Store, names: readonly string[]) => {
    const lines = await honest.findLines(names.map(asAccountName));
    return lines.map((each, at) => names[at] === name && each ? line(each) : each);
  };
  return {
    findKeys: (honest) => async (names) =>
      (await change(honest, names)).map((each) => each?.keys ?? null),
    findLines: (honest) => (names) => change(honest, names),
  };
}

Deno.test("a server makes up no step, whatever signatures it puts together", () =>
  play(async ({ server, alice, bob }) => {
    await rotate(alice);
    const [honest] = await server.store.findLines([asAccountName("alice")]);
    const address = asAddress("alice@mail.test");
    const secret = generateSecretKeys();
    const keys = await publishKeys(secret, address);
    const made = { ...keys, fingerprint: await accountFingerprint(keys) };
    const own = { signingSeed: secret.signingSeed, fingerprint: made.fingerprint };
    const { signingKey, recipient } = honest!.keys;
    const before = { signingSeed: secret.signingSeed, fingerprint: honest!.keys.fingerprint };
    const forged = await signSuccession(address, before, own, Date.now());
    const step = { signingKey, recipient, ...forged };
    const real = honest!.steps[0]!;
    const ways: readonly (readonly StoredLine["steps"][number][])[] = [
      [],
      honest!.steps,
      [...honest!.steps, step],
      [...honest!.steps, { ...step, signature: real.signature }],
      [{ ...real, acceptance: forged.acceptance }],
      [{ ...real, signature: forged.signature }],
    ];
    for (const [at, steps] of ways.entries()) {
      await server.lying(substituted("alice", () => ({ keys: made, steps })), async () => {
        await refused(bob.send("alice", "secret"), "key_changed");
        assert.deepEqual(await bob.outcomes(), ["before signed"], `way ${at}`);
      });
    }
    await bob.send("alice", "honest again");
  }));

Deno.test("a server that hides the steps stops its people, and deceives nobody", () =>
  play(async ({ server, alice, bob }) => {
    await rotate(alice);
    await alice.send("bob", "after");
    const hidden: Lies = {
      findLines: (honest) => async (names) =>
        (await honest.findLines(names)).map((line) => line && { ...line, steps: [] }),
    };
    await server.lying(hidden, async () => {
      await refused(bob.send("alice", "secret"), "key_changed");
      assert.deepEqual(await bob.outcomes(), ["before signed", "after changed"]);
      assert.equal((await bob.read(3)).outcome, "changed");
    });
    assert.deepEqual(await bob.outcomes(), ["before signed", "after signed"]);
  }));

Deno.test("a server that gives the old keys out again stops who knows the new ones", () =>
  play(async ({ server, alice, bob }) => {
    const [old] = await server.store.findLines([asAccountName("alice")]);
    await rotate(alice);
    await bob.send("alice", "follows");
    const back = substituted("alice", () => old!);
    await server.lying(back, () => refused(bob.send("alice", "secret"), "key_changed"));
  }));

Deno.test("other keys without any step stop a correspondent as ever", () =>
  play(async ({ server, bob }) => {
    const keys = await madeUpKeys("alice");
    const lie = substituted("alice", () => ({ keys, steps: [] }));
    await server.lying(lie, () => refused(bob.send("alice", "secret"), "key_changed"));
  }));

Deno.test("a send whose recipient gets new keys meanwhile is made again, once, for the new ones", () =>
  play(async ({ server, alice, bob }) => {
    let sends = 0;
    const meanwhile: Lies = {
      send: (honest) => async (message) => {
        if (sends++ === 0) await rotate(alice);
        return await honest.send(message);
      },
    };
    await server.lying(meanwhile, () => bob.send("alice", "in between"));
    assert.equal(sends, 2);
    assert.deepEqual(await alice.outcomes(), ["answer signed", "in between signed"]);
    sends = 0;
    const body = async function* () {
      yield await Promise.resolve(utf8("read once"));
    };
    const draft = { to: ["alice"], cc: [], bcc: [], subject: "", body: body(), attachments: [] };
    await server.lying(meanwhile, async () => {
      const told = await refused(bob.with((mailbox) => mailbox.send(draft)), "try_later");
      assert.equal(told.hint, "Send it again.");
    });
    assert.equal(sends, 1);
  }));

Deno.test("a server takes new keys that are signed by the old and the new, and once", async () => {
  await using server = await startPipeServer();
  const address = asAddress("ada@mail.test");
  const make = async () => {
    const secret = generateSecretKeys();
    const keys = await publishKeys(secret, address);
    const fingerprint = await accountFingerprint(keys);
    return { keys, fingerprint, side: { signingSeed: secret.signingSeed, fingerprint } };
  };
  const [old, fresh, other] = await Promise.all([make(), make(), make()]);
  const open = () => RawClient.open(server.connect());
  const [owner, elsewhere] = [await open(), await open()];
  const { registration, loginSeed } = await makeAccount("ada");
  await owner.call("register", { ...registration, keys: old.keys });
  await elsewhere.logIn({
    name: asAccountName("ada"),
    loginSeed,
  });
  const sealedKeys = randomBytes(50);
  const succession = await signSuccession(address, old.side, fresh.side, 7);
  const right = { keys: fresh.keys, succession, sealedKeys, devices: [] };
  const wrong: readonly [string, Partial<typeof right>][] = [
    ["malformed", { keys: other.keys }],
    ["malformed", { keys: { ...fresh.keys, signature: other.keys.signature } }],
    ["malformed", { succession: { ...succession, succeededAt: 8 } }],
    ["malformed", { succession: { ...succession, signature: succession.acceptance } }],
    ["malformed", { succession: { ...succession, acceptance: succession.signature } }],
    ["malformed", {
      succession: await signSuccession(asAddress("eve@mail.test"), old.side, fresh.side, 7),
    }],
    ["malformed", { succession: await signSuccession(address, other.side, fresh.side, 7) }],
  ];
  for (const [code, change] of wrong) {
    assert.equal(await outcome(owner.call("rotateKeys", { ...right, ...change })), code);
  }
  assert.deepEqual(
    (await owner.call("successions", { names: [asAccountName("ada")] })).lines[0]?.steps,
    [],
  );
  assert.deepEqual(await owner.call("rotateKeys", right), { recoveryEnded: false });
  assert.deepEqual(await ended(elsewhere), [], "another session has the old keys");
  const { lines } = await owner.call("successions", {
    names: [asAccountName("nobody"), asAccountName("ada")],
  });
  const { signingKey, recipient } = old.keys;
  const steps = [{ signingKey, recipient, ...succession }];
  assert.deepEqual(lines, [null, { keys: fresh.keys, steps }]);
  const { found } = await owner.call("lookUp", { names: [asAccountName("ada")] });
  assert.deepEqual(found, [{ name: "ada", keys: fresh.keys }]);
  assert.equal(await outcome(owner.call("rotateKeys", right)), "malformed", "not from these");
});

Deno.test("a recovery code ends with the keys, and password and new code go on with the new ones", () =>
  play(async ({ alice }) => {
    const { code } = await makeRecovery(alice.options, false);
    const rotated = await rotate(alice);
    assert.equal(rotated.recoveryEnded, true);
    const fresh = () => Promise.resolve("staple staple staple");
    const by = (code: string) => ({
      ...alice.options,
      code: () => Promise.resolve(code),
      newPassword: fresh,
    });
    await refused(recover(by(code!)), "denied");
    const again = await makeRecovery(alice.options, false);
    await changePassword({ ...alice.options, newPassword: fresh });
    await recover(by(again.code!));
    assert.equal(await alice.fingerprint(), rotated.fingerprint.toHex());
    assert.deepEqual(await alice.outcomes(), ["answer signed"]);
    assert.ok((await alice.read(1)).text.includes("before"));
  }));

Deno.test("keys that were stolen and replaced sign nothing from where the new ones begin, whatever date they write", () =>
  play(async ({ server, alice, bob }) => {
    const client = connect(alice.options);
    const login = await keysOf(client, parseAddress("alice"), passwordHere);
    const stolen = await logIn(client, login);
    client.close();
    await rotate(alice);
    await alice.send("bob", "after");
    assert.deepEqual(await bob.outcomes(), ["before signed", "after signed"]);
    const reader = await bob.with((mailbox) => mailbox.account());
    const numbers = [1, 2, 3, 1_000];
    for (const number of numbers) {
      const envelope = {
        ...envelopeBetween(stolen, reader),
        messageId: `${number}@mail.test`,
        subject: `forged ${number}`,
        date: Date.now() - 3_600_000, // before the change
        recipients: [{ address: reader.address, fingerprint: reader.fingerprint, number }],
      };
      const signed = await signEnvelope(stolen.secretKeys.signingSeed, envelope);
      const copy = await storedCopy(await sealFile(reader.recipient, signed));
      await server.store.send({
        senderId: await server.accountId("alice"),
        idempotencyKey: asIdempotencyKey(randomBytes(32)),
        contentTag: asContentTag(randomBytes(32)),
        storedAt: Date.now(),
        body: new Uint8Array(0),
        own: copy,
        recipients: [{ name: asAccountName("bob"), fingerprint: reader.fingerprint, copy }],
      });
    }
    const [, , ...forged] = await bob.outcomes();
    assert.deepEqual(forged, [
      "forged 1 invalid",
      "forged 2 changed",
      "forged 3 changed",
      "forged 1000 changed",
    ]);
    assert.deepEqual(await bob.with((mailbox) => mailbox.missing()), []);
  }));

async function storedCopy(envelope: Uint8Array) {
  return { envelope, envelopeDigest: asEnvelopeDigest(await sha256(envelope)) };
}
