/** A login of less power does what it is for, and has neither the right nor the keys for more. */
import assert from "node:assert/strict";
import { enterByDevice, type LoginOptions } from "../../src/client/account/log_in.ts";
import { rotateKeys } from "../../src/client/account/rotate_keys.ts";
import { readLogins } from "../../src/client/account/saved_logins.ts";
import { connect } from "../../src/client/connection/connect.ts";
import { Keyring } from "../../src/client/correspondents/keyring.ts";
import type { Mailbox } from "../../src/client/mailbox.ts";
import { openMailbox, saveLogin } from "../../src/client/open_mailbox.ts";
import { openOnDevice } from "../../src/crypto/account/device.ts";
import { loginKeyOf } from "../../src/crypto/account/login_proof.ts";
import { accountFingerprint } from "../../src/crypto/fingerprint.ts";
import { asAccountName } from "../../src/model/address.ts";
import { randomBytes, utf8 } from "../../src/model/bytes.ts";
import { span } from "../../src/model/delivery_time.ts";
import { type DeviceScope, deviceScopes } from "../../src/model/device.ts";
import { asLoginSeed } from "../../src/model/digests.ts";
import type { MailError } from "../../src/model/errors.ts";
import { entryId } from "../../src/model/ids.ts";
import { messageTo, registerOn, type TestAccount, wholeInbox } from "../support/account.ts";
import { PersonHere } from "../support/account_here.ts";
import { HostileServer } from "../support/hostile_server.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

interface Scene {
  readonly server: HostileServer;
  readonly ada: PersonHere;
  readonly bob: PersonHere;
  /** Saves a login of this scope on another machine. */
  machine(scope: DeviceScope, senders?: readonly string[]): Promise<LoginOptions>;
}

async function play(act: (scene: Scene) => Promise<void>): Promise<void> {
  await using server = await HostileServer.start();
  const home = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  try {
    const ada = await PersonHere.join("ada", server.trusted, `${home}/ada`);
    const bob = await PersonHere.join("bob", server.trusted, `${home}/bob`);
    const machine = async (scope: DeviceScope, names?: readonly string[]) => {
      const options = { ...ada.options, state: { folder: `${home}/${scope}` } };
      const power = { scope, expires: null, senders: names?.map(asAccountName) ?? null };
      (await saveLogin({ ...options, device: { label: scope }, power })).close();
      const password = () => Promise.reject(new Error("a saved login asks for no password"));
      return { ...options, password };
    };
    await act({ server, ada, bob, machine });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** What a machine's login is told, or `ok`. */
async function tryOn(options: LoginOptions, work: (mailbox: Mailbox) => Promise<unknown>) {
  const mailbox = await openMailbox(options);
  try {
    await work(mailbox);
    return "ok";
  } catch (error) {
    return `${(error as MailError).code}: ${(error as MailError).message}`;
  } finally {
    await mailbox.finish();
  }
}

const draft = {
  to: ["bob"],
  cc: [],
  bcc: [],
  subject: "log",
  body: utf8("all well"),
  attachments: [],
};
const send = (mailbox: Mailbox) => mailbox.send(draft);
const list = (mailbox: Mailbox) => mailbox.list({ box: "inbox", limit: 10 });
const onlyReads = "denied: Cannot do that: this login may only read mail";

Deno.test("a login that only sends is known to its recipients, and reads nothing", () =>
  play(async ({ bob, ada, machine }) => {
    await bob.send("ada", "secret");
    const there = await machine("send");
    assert.equal(await tryOn(there, send), "ok");
    assert.equal(await tryOn(there, send), "ok", "also to one whose key is pinned");
    assert.deepEqual(await bob.outcomes(), ["log signed", "log signed"]);
    const refused: ((mailbox: Mailbox) => Promise<unknown>)[] = [
      list,
      (mailbox) => mailbox.look(entryId(1)),
      (mailbox) => mailbox.open(entryId(1)),
      (mailbox) => mailbox.list({ box: "sent", limit: 1 }),
      (mailbox) => mailbox.delete([entryId(1)]),
      (mailbox) => mailbox.keyFile(),
    ];
    for (const work of refused) {
      assert.match(await tryOn(there, work), /^denied: .* only send mail/);
    }
    assert.deepEqual((await ada.outcomes()).map((line) => line.split(" ")[0]), ["secret"]);
  }));

/** Whether bob's key is marked as verified, as this machine sees it. */
async function isVerified(there: LoginOptions): Promise<boolean> {
  const mailbox = await openMailbox(there);
  try {
    return (await mailbox.contacts()).some(({ verified }) => verified);
  } finally {
    await mailbox.finish();
  }
}

const decide = async (mailbox: Mailbox) => {
  await mailbox.accept(await mailbox.compare("bob"), { verified: true });
};

for (const scope of ["send", "read"] as const) {
  Deno.test(`a login that may only ${scope} mail verifies no key, by a client of its own either`, () =>
    play(async ({ ada, bob, machine }) => {
      await bob.send("ada", "hello");
      await ada.outcomes();
      const there = await machine(scope);
      for (const work of [decide, (mailbox: Mailbox) => mailbox.unblock(["bob"])]) {
        assert.match(await tryOn(there, work), new RegExp(`^denied: .* only ${scope} mail`));
      }
      const [login] = await readLogins(there.state.folder);
      const client = connect(there);
      const { mailboxKey: key, fingerprint } = await enterByDevice(client, login!);
      const own = { fingerprint, earlier: null };
      const rest = { seen: [], note: () => Promise.resolve(), tell: () => {} };
      const kept = await client.call("keyring", { known: null });
      const ring = await Keyring.open(kept, { client, own, key, ...rest });
      await assert.rejects(async () => await key.markOf(login!.address, fingerprint));
      await ring.change((contacts) => {
        const forged = { verified: true, mark: randomBytes(32) };
        for (const [address, contact] of contacts) contacts.set(address, { ...contact, ...forged });
        return contacts.size > 0;
      });
      client.close();
      assert.equal(await isVerified(there), true, "another one of less power cannot tell");
      assert.equal(await isVerified(ada.options), false);
    }));
}

Deno.test("what was verified stays that when a login of less power changes the keyring", () =>
  play(async ({ ada, machine }) => {
    const there = await machine("send");
    await ada.send("bob", "hello");
    await ada.with(decide);
    for (let n = 0; n < 3; n++) {
      assert.equal(await tryOn({ ...there, requireVerified: true }, send), "ok");
      assert.deepEqual([await isVerified(there), await isVerified(ada.options)], [true, true]);
    }
  }));

Deno.test("a login of less than all is told of no other", () =>
  play(async ({ machine }) => {
    const labels = async (there: LoginOptions) => {
      const mailbox = await openMailbox(there);
      const devices = await mailbox.devices().finally(() => mailbox.finish());
      return devices.map(({ label }) => label);
    };
    const [all, ...limited] = await Promise.all(deviceScopes.map((scope) => machine(scope)));
    assert.deepEqual(await Promise.all(limited.map(labels)), [["send"], ["read"]]);
    assert.ok(new Set(await labels(all!)).isSupersetOf(new Set(deviceScopes)));
  }));

Deno.test("a login that only reads sends nothing, and signs no receipt", () =>
  play(async ({ server, bob, machine }) => {
    await bob.send("ada", "hello");
    const there = await machine("read");
    const read = async (mailbox: Mailbox) => {
      const { messages: [message] } = await mailbox.list({ box: "inbox", limit: 1 });
      assert.equal(message!.outcome, "unknown");
      const opened = await mailbox.open(message!.id);
      await Array.fromAsync(opened.source());
      await mailbox.markRead([opened]);
    };
    assert.equal(await tryOn(there, read), "ok");
    const [sent] = await server.store.entries(await server.accountId("bob"), [entryId(1)]);
    assert.equal(sent!.deliveries[0]!.receipt, null);
    assert.equal(await tryOn(there, send), onlyReads);
    assert.match(await tryOn(there, (mailbox) => mailbox.keyFile()), /^denied: .* only read mail/);
  }));

Deno.test("the keys of a limited login are not on its machine, also after the keys changed", () =>
  play(async ({ server, ada, machine }) => {
    for (const round of ["as made", "as renewed"]) {
      if (round === "as renewed") await rotateKeys(ada.options, Date.now());
      for (const scope of deviceScopes) {
        const options = round === "as made"
          ? await machine(scope)
          : { ...ada.options, state: { folder: ada.options.state.folder.replace(/ada$/, scope) } };
        const [login] = await readLogins(options.state.folder);
        const client = connect(options);
        const { share, publicKeys } = await enterByDevice(client, login!);
        client.close();
        const { signingSeed, identity, earlier = [], mailboxKeys } = share;
        const { summaryKeys, filingKey, markKey } = mailboxKeys;
        const opens = [identity !== null, summaryKeys.length > 0, filingKey !== null];
        assert.equal(markKey !== null, scope === "mail");
        assert.deepEqual(
          [signingSeed !== null, ...opens, earlier.length > 0],
          [
            scope !== "read",
            scope !== "send",
            scope !== "send",
            scope !== "send",
            scope !== "send" && round !== "as made",
          ],
          `${scope} ${round}`,
        );
        const row = await server.store.findDevice(
          await server.accountId("ada"),
          await loginKeyOf(login!.loginSeed),
        );
        const owner = {
          address: login!.address,
          fingerprint: await accountFingerprint(publicKeys),
        };
        for (const other of deviceScopes.filter((one) => one !== scope)) {
          const taken = { ...owner, scope: other };
          const opening = openOnDevice(
            login!.deviceKey,
            taken,
            publicKeys.signingKey,
            row!.sealedKeys,
          );
          await assert.rejects(opening, { code: "bad_signature" });
        }
      }
    }
  }));

Deno.test("a login for the mail of some senders is given no other's", () =>
  play(async ({ server, ada, bob, machine }) => {
    const eve = await PersonHere.join("eve", server.trusted, `${ada.options.state.folder}-eve`);
    for (let n = 0; n < 3; n++) {
      await bob.send("ada", `b${n}`);
      await eve.send("ada", `e${n}`);
      await ada.send("ada", `a${n}`);
    }
    const there = await machine("read", ["bob", "ada"]);
    const seen = async (limit: number, from?: string) => {
      const mailbox = await openMailbox(there);
      try {
        const { messages } = await mailbox.list({ box: "inbox", limit, from });
        return messages.map(({ headers }) => headers?.subject).join(" ");
      } finally {
        await mailbox.finish();
      }
    };
    assert.deepEqual([await seen(10), await seen(3), await seen(2, "bob"), await seen(9, "eve")], [
      "a2 b2 a1 b1 a0 b0",
      "a2 b2 a1",
      "b2 b1",
      "",
    ]);
    const ids = (await ada.list()).filter(({ from }) => from.startsWith("eve@")).map(({ id }) =>
      id
    );
    assert.equal(ids.length, 3);
    for (const id of ids) {
      assert.match(await tryOn(there, (mailbox) => mailbox.open(id)), /^no_such_message/);
      assert.match(await tryOn(there, (mailbox) => mailbox.look(id)), /^no_such_message/);
      await tryOn(there, (mailbox) => mailbox.markFetched([id]));
    }
    assert.ok(
      (await ada.list()).filter(({ id }) => ids.includes(id)).every(({ readAt }) =>
        readAt === null
      ),
    );
  }));

/** A session of a device of this power. */
async function deviceOf(
  server: PipeServer,
  owner: RawClient,
  { name }: TestAccount,
  power: { scope: DeviceScope; senders?: readonly string[]; expiresMs?: number },
) {
  const loginSeed = asLoginSeed(randomBytes(32));
  await owner.call("addDevice", {
    label: randomBytes(4).toHex(),
    scope: power.scope,
    senders: power.senders?.map(asAccountName) ?? null,
    key: await loginKeyOf(loginSeed),
    sealedKeys: randomBytes(90),
    wrappedKey: randomBytes(60),
    expires: power.expiresMs === undefined ? null : span(power.expiresMs),
    replaces: null,
  });
  const login = { name, loginSeed };
  const client = await RawClient.open(server.connect());
  await client.logIn(login);
  return { client, login };
}

Deno.test("the server holds every login to its scope, whatever its client asks", async () => {
  await using server = await startPipeServer();
  const owner = await RawClient.open(server.connect());
  const ada = await registerOn(owner, "ada");
  const reader = await deviceOf(server, owner, ada, { scope: "read" });
  assert.equal(await outcome(reader.client.call("list", wholeInbox)), "ok");
  assert.equal(
    await outcome(reader.client.call("send", messageTo([ada], randomBytes(9)))),
    "denied",
  );
  const sender = await deviceOf(server, owner, ada, { scope: "send" });
  assert.equal(await outcome(sender.client.call("send", messageTo([ada], randomBytes(9)))), "ok");
  assert.equal(await outcome(sender.client.call("list", wholeInbox)), "denied");
  await sender.client.sendRequest("fetch", { id: entryId(1) });
  assert.equal(await outcome(sender.client.reply("fetch")), "denied");
});

Deno.test("a login that expired is told so, and its sessions ask in vain", async () => {
  let now = Date.UTC(2026, 0, 1);
  await using server = await startPipeServer({ now: () => now, clock: () => 0 });
  const owner = await RawClient.open(server.connect());
  const ada = await registerOn(owner, "ada");
  const { client, login } = await deviceOf(server, owner, ada, {
    scope: "mail",
    expiresMs: 86_400_000,
  });
  assert.equal(await outcome(client.call("keyring", { known: null })), "ok");
  now += 86_400_000;
  assert.equal(await outcome(client.call("keyring", { known: null })), "denied");
  const later = await RawClient.open(server.connect());
  await assert.rejects(later.logIn(login), /denied: .* the saved login expired on 2026-01-02/);
  const again = deviceOf(server, owner, ada, { scope: "mail", expiresMs: 0 });
  await assert.rejects(again, /malformed/);
  const wrong = deviceOf(server, owner, ada, { scope: "send", senders: ["bob"] });
  await assert.rejects(wrong, /malformed/);
});
