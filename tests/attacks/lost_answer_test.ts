/**
 * The answer to each command that changes something is cut off, once the server has carried it out: the command asks
 * again on a new connection, is told the first result, and has changed things once.
 */
import assert from "node:assert/strict";
import { askAdmin } from "../../src/cli/admin/ask_admin.ts";
import { createAppPassword } from "../../src/client/account/app_passwords.ts";
import { changePassword } from "../../src/client/account/change_password.ts";
import { revokeDevice } from "../../src/client/account/devices.ts";
import { importKeys } from "../../src/client/account/import_keys.ts";
import type { LoginOptions } from "../../src/client/account/log_in.ts";
import { makeRecovery, recover } from "../../src/client/account/recovery.ts";
import { rotateKeys } from "../../src/client/account/rotate_keys.ts";
import { endDevices } from "../../src/client/account/log_out.ts";
import { readLogins } from "../../src/client/account/saved_logins.ts";
import type { Mailbox } from "../../src/client/mailbox.ts";
import {
  deleteAccount,
  dropLogin,
  openMailbox,
  register,
  saveLogin,
} from "../../src/client/open_mailbox.ts";
import { generateSecretKeys } from "../../src/crypto/account/identity.ts";
import { asAccountFingerprint, asServerFingerprint } from "../../src/model/digests.ts";
import { asAccountName } from "../../src/model/address.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { MailError } from "../../src/model/errors.ts";
import { entryId } from "../../src/model/ids.ts";
import { askLocal, listenLocal } from "../../src/net/local_socket.ts";
import { openAdminChannel } from "../../src/server/admin/channel.ts";
import type { AdminReply } from "../../src/server/admin/commands.ts";
import type { AdminCommand, AdminRequest } from "../../src/server/admin/requests.ts";
import { Invites } from "../../src/service/invites.ts";
import type { Store } from "../../src/store/store.ts";
import { versionOf } from "../../src/model/keyring.ts";
import { registerOn } from "../support/account.ts";
import { RawClient } from "../support/raw_client.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { password, passwordLogin, saveNewAccount } from "../support/person_account.ts";
import { Relay } from "../support/relay.ts";
import { recordingLog, startPipeServer, startServer } from "../support/server.ts";

const fresh = "staple staple staple";

interface Stage {
  readonly store: Store;
  readonly relay: Relay;
  readonly ada: LoginOptions;
  /** Cuts at the next change. */
  readonly arm: () => void;
}

interface Change {
  /** The method of the store whose answer never arrives. */
  readonly write: keyof Store;
  readonly before?: (stage: Stage) => Promise<unknown>;
  /** Fails where the command would. */
  readonly act: (stage: Stage) => Promise<unknown>;
  /** What is so afterwards, as it would be without a cut. */
  readonly after: (stage: Stage, told: never) => Promise<unknown>;
  /** What is unknown where no connection comes about again; absent: the failure is another's. */
  readonly unknown?: RegExp;
}

const name = asAccountName("ada");
const by = (text: string) => () => Promise.resolve(text);
const idOf = async ({ store }: Stage) => (await store.findAccount(name))!.id;

async function inMailbox<T>({ ada }: Stage, work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
  const mailbox = await openMailbox(ada);
  try {
    return await work(mailbox);
  } finally {
    await mailbox.finish();
  }
}

async function opens(stage: Stage, text: string): Promise<boolean> {
  const there = { ...stage.ada, password: by(text), state: { folder: await folderOf() } };
  const mailbox = await openMailbox(there);
  try {
    return await mailbox.account().then(() => true, (error) => {
      assert.equal((error as MailError).code, "denied");
      return false;
    });
  } finally {
    await mailbox.finish();
    await Deno.remove(there.state.folder, { recursive: true });
  }
}

async function savedOnce({ store, ada: { state } }: Stage): Promise<void> {
  const carol = asAccountName("carol");
  assert.equal((await store.devices((await store.findAccount(carol))!.id)).length, 1);
  assert.equal((await readLogins(state.folder)).filter((one) => one.name === carol).length, 1);
}

const folderOf = () => Deno.makeTempDir({ prefix: "mailctl-test-" });

const changes: Record<string, Change> = {
  "register": {
    write: "createAccount",
    act: async ({ ada }) => (await register({ ...ada, name: "carol", isSaved: true })).close(),
    after: savedOnce,
    unknown: /^Cannot tell whether the account was made/,
  },
  "register, where the login is saved": {
    write: "addDevice",
    act: async ({ ada }) => (await register({ ...ada, name: "carol", isSaved: true })).close(),
    after: savedOnce,
    unknown:
      /^Cannot tell whether the login was saved, but the account is made: the connection was lost/,
  },
  "register, where the login gets its label": {
    write: "devices",
    act: async ({ ada }) => (await register({ ...ada, name: "carol", isSaved: true })).close(),
    after: savedOnce,
    unknown: /^Cannot save the login, but the account is made: /,
  },
  "register by an invite": {
    write: "createInvitedAccount",
    act: async ({ ada, store }) => {
      const query = { uses: 2, expiresInMs: 60_000, maxBytes: null, provisioning: false };
      const { token: invite } = await new Invites(store, "open", Date.now).create(query);
      (await register({ ...ada, name: "carol", invite })).close();
    },
    after: async ({ store }) => {
      const [left] = await store.invites({ now: Date.now(), after: null, limit: 9 });
      assert.equal(left!.uses, 1);
    },
    unknown: /^Cannot tell whether the account was made/,
  },
  "login": {
    write: "addDevice",
    act: async ({ ada }) => (await saveLogin(ada)).close(),
    after: async (stage) => {
      assert.equal((await stage.store.devices(await idOf(stage))).length, 1);
      await inMailbox(stage, (mailbox) => mailbox.account());
    },
    unknown: /^Cannot tell whether the login was saved/,
  },
  "login revoke": {
    write: "removeDevice",
    act: ({ ada }) => revokeDevice(ada, "test"),
    after: async (stage) => assert.deepEqual(await stage.store.devices(await idOf(stage)), []),
    unknown: /^Cannot tell whether the login was revoked/,
  },
  "logout": {
    write: "removeDevice",
    act: async ({ ada }) => {
      const failures: MailError[] = [];
      await endDevices(
        ada.state,
        await dropLogin(ada.state, { name: "ada" }),
        (_, e) => failures.push(e),
      );
      if (failures.length > 0) throw failures[0];
    },
    after: async (stage) => assert.deepEqual(await stage.store.devices(await idOf(stage)), []),
  },
  "passwd": {
    write: "replacePassword",
    act: ({ ada }) => changePassword({ ...ada, newPassword: by(fresh) }),
    after: async (stage) => {
      assert.deepEqual([await opens(stage, password), await opens(stage, fresh)], [false, true]);
      assert.equal((await stage.store.findAccount(name))!.epoch, 2);
      await inMailbox(stage, (mailbox) => mailbox.account());
    },
    unknown: /^Cannot tell whether the password was changed/,
  },
  "account recovery": {
    write: "replaceRecovery",
    act: ({ ada }) => makeRecovery(ada, false),
    after: async ({ ada }, { code }: { code: string }) =>
      await recover({ ...ada, code: by(code), newPassword: by(fresh) }),
    unknown: /^Cannot tell which recovery code is valid/,
  },
  "account recover": {
    write: "recover",
    act: async ({ ada }) => {
      const { code } = await makeRecovery(ada, false);
      return await recover({ ...ada, code: by(code!), newPassword: by(fresh) });
    },
    after: async (stage) => {
      assert.deepEqual([await opens(stage, password), await opens(stage, fresh)], [false, true]);
      await inMailbox(stage, (mailbox) => mailbox.account());
    },
    unknown: /^Cannot tell whether the password was changed/,
  },
  "keys rotate": {
    write: "replaceKeys",
    before: ({ ada }) => makeRecovery(ada, false),
    act: ({ ada }) => rotateKeys(ada, Date.now()),
    after: async ({ store }, { recoveryEnded }: { recoveryEnded: boolean }) => {
      assert.equal(recoveryEnded, true, "the first result");
      assert.equal((await store.findLines([name]))[0]!.steps.length, 1);
    },
    unknown: /^Cannot tell whether the keys were changed/,
  },
  "keys import": {
    write: "replaceSealedKeys",
    act: ({ ada }) => {
      const { identity } = generateSecretKeys();
      const fingerprint = asAccountFingerprint(new Uint8Array(32));
      return importKeys(ada, [{ identity, fingerprint, until: 0 }]);
    },
    after: async ({ store }, { imported }: { imported: number }) => {
      assert.equal(imported, 1);
      assert.equal((await store.findAccount(name))!.epoch, 2);
    },
    unknown: /^Cannot tell whether the keys were imported/,
  },
  "account delete": {
    write: "closeAccount",
    act: ({ ada }) => deleteAccount(ada),
    after: async ({ store, ada }, { erased }: { erased: boolean }) => {
      assert.deepEqual([erased, await store.wasAccount(name)], [true, true]);
      const names = (await readLogins(ada.state.folder)).map((login) => login.name);
      assert.deepEqual(names.toSorted(), ["bob", "eve"]);
    },
    unknown: /^Cannot tell whether the account was deleted/,
  },
  "app-password create": {
    write: "addAppPassword",
    act: ({ ada }) => createAppPassword(ada, { label: "scanner", scope: "smtp" }),
    after: (stage, { password }: { password: string }) =>
      inMailbox(stage, async (mailbox) => {
        assert.equal((await mailbox.appPasswords()).length, 1);
        assert.equal(await mailbox.checkAppPassword("smtp", password), true);
      }),
    unknown: /^Cannot tell whether the application password was made/,
  },
  "app-password revoke": {
    write: "removeAppPassword",
    before: async ({ ada }) => {
      for (const label of ["one", "two"]) await createAppPassword(ada, { label, scope: "smtp" });
    },
    act: (stage) => inMailbox(stage, (mailbox) => mailbox.revokeAppPasswords(["one", "two"])),
    after: (stage) =>
      inMailbox(stage, async (mailbox) => assert.deepEqual(await mailbox.appPasswords(), [])),
    unknown: /^Cannot tell whether the change was made/,
  },
  "block": {
    write: "block",
    act: (stage) => inMailbox(stage, (mailbox) => mailbox.block(["bob"])),
    after: async (_, addresses: readonly string[]) =>
      await Promise.resolve(assert.deepEqual(addresses, ["bob@mail.test"])),
    unknown: /^Cannot tell whether the change was made/,
  },
  "unblock": {
    write: "unblock",
    before: (stage) => inMailbox(stage, (mailbox) => mailbox.block(["bob"])),
    act: (stage) => inMailbox(stage, (mailbox) => mailbox.unblock(["bob"])),
    after: async (stage) => assert.deepEqual(await stage.store.blocked(await idOf(stage)), []),
    unknown: /^Cannot tell whether the change was made/,
  },
  "delete": {
    write: "deleteEntries",
    before: sendOne,
    act: (stage) => inMailbox(stage, (mailbox) => mailbox.delete([entryId(1)])),
    after: async (stage) => {
      assert.deepEqual(await stage.store.entries(await idOf(stage), [entryId(1)]), [null]);
    },
  },
  "contacts verify": {
    write: "replaceKeyring",
    act: (stage) =>
      inMailbox(stage, async (mailbox) => {
        await mailbox.accept(await mailbox.compare("bob"), { verified: true });
        return (await mailbox.contacts()).length;
      }),
    after: async (stage, contacts: number) => {
      assert.equal(contacts, 1, "the mailbox goes on");
      assert.equal(versionOf((await stage.store.keyring(await idOf(stage))).parts), 1);
    },
  },
};

async function sendOne(stage: Stage): Promise<void> {
  await inMailbox(stage, (mailbox) => mailbox.send(draftTo("ada")));
}

function draftTo(to: string) {
  return { to: [to], cc: [], bcc: [], subject: "s", body: utf8("b"), attachments: [] };
}

Deno.test("a connection that is lost again and again is replaced each time", () => {
  const change = changes["contacts verify"]!;
  return play(change, (relay) => relay.cut(), (stage) =>
    inMailbox(stage, async (mailbox) => {
      for (const each of ["bob", "eve"]) {
        stage.arm();
        await mailbox.accept(await mailbox.compare(each), { verified: true });
      }
      await mailbox.send(draftTo("ada"));
      assert.equal((await mailbox.contacts()).length, 2);
    }));
});

Deno.test("a connection that is lost under the body of a message: nothing was sent, and that is told", () => {
  const change = changes["contacts verify"]!;
  return play(change, () => {}, (stage) =>
    inMailbox(stage, async (mailbox) => {
      const content = (async function* () {
        yield new Uint8Array(1024 * 1024);
        stage.relay.cut();
        for (let chunk = 0; chunk < 20; chunk++) yield new Uint8Array(1024 * 1024);
      })();
      const attachments = [{ name: "a", type: "image/png", size: null, content }];
      await assert.rejects(mailbox.send({ ...draftTo("ada"), attachments }), {
        code: "unavailable",
        message: "Cannot send: the connection was lost",
        hint: "Nothing was sent. Send it again.",
      });
    }));
});

/** A store that cuts once something was carried out. */
function cutting(write: keyof Store, cut: () => void): { store: MemoryStore; arm: () => void } {
  let armed = false;
  class Cutting extends MemoryStore {}
  const real = MemoryStore.prototype[write] as (...asked: unknown[]) => Promise<unknown>;
  Object.defineProperty(Cutting.prototype, write, {
    async value(this: MemoryStore, ...asked: unknown[]) {
      const done = await real.apply(this, asked);
      if (armed) cut();
      armed = false;
      return done;
    },
  });
  return { store: new Cutting("mail.test"), arm: () => armed = true };
}

async function play(
  { write, before }: Change,
  cut: (relay: Relay) => void,
  act: (stage: Stage) => Promise<void>,
): Promise<void> {
  const { store, arm } = cutting(write, () => cut(relay));
  await using server = await startServer({ store });
  await using relay = new Relay(server.port);
  const folder = await folderOf();
  try {
    const address = { host: "127.0.0.1", port: relay.port, fingerprint: server.ready.fingerprint };
    const ada = { state: { folder }, server: address, name: "ada", password: by(password) };
    const trusted = `127.0.0.1:${relay.port}#${server.ready.fingerprint.toHex()}`;
    for (const other of ["bob", "eve"]) {
      await saveNewAccount(folder, trusted, other, passwordLogin());
    }
    await saveNewAccount(folder, trusted, "ada", passwordLogin());
    const stage = { store, relay, ada, arm };
    await before?.(stage);
    arm();
    await act(stage);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const [command, change] of Object.entries(changes)) {
  Deno.test(`an answer that is lost is told all the same, and nothing is done twice: ${command}`, () =>
    play(change, (relay) => relay.cut(), async (stage) => {
      await change.after(stage, await change.act(stage) as never);
    }));

  const { unknown } = change;
  if (unknown === undefined) continue;
  Deno.test(`cut for good: the command says what it cannot tell: ${command}`, () =>
    play(change, (relay) => relay.remove(), async (stage) => {
      await assert.rejects(change.act(stage), (error) => {
        assert.ok(error instanceof MailError);
        assert.equal(error.code, "unavailable");
        assert.match(error.message, unknown);
        return true;
      });
    }));
}

interface AdminChange {
  readonly before?: (ask: Ask) => Promise<unknown>;
  readonly act: (ask: Ask) => Promise<unknown>;
  readonly after: (store: Store, told: never, rotations: number) => Promise<unknown>;
}

type Ask = <N extends AdminCommand>(
  command: N,
  request: AdminRequest<N>,
) => Promise<AdminReply<N>>;

const token = "0f".repeat(16);
const invite = { token, uses: 1, expiresInMs: 60_000, maxBytes: null, provisioning: false };
/** Of its hash. */
const inviteId = "5071f267ba38";
const invites = (store: Store) => store.invites({ now: Date.now(), after: null, limit: 9 });
const aliases = (store: Store) => store.aliases({ after: null, limit: 9 });

const adminChanges: Record<string, AdminChange> = {
  "invite": {
    act: (ask) => ask("invite", invite),
    after: async (store, { expiresAt }: { expiresAt: number }) => {
      const found = await invites(store);
      assert.deepEqual(found.map((one) => one.expiresAt), [expiresAt]);
    },
  },
  "invites revoke": {
    before: (ask) => ask("invite", invite),
    act: async (ask) => {
      await ask("revoke", { ids: [inviteId] });
    },
    after: async (store) => assert.deepEqual(await invites(store), []),
  },
  "alias add": {
    act: (ask) => ask("aliasAdd", { alias: "info", account: "ada" }),
    after: async (store) => assert.equal((await aliases(store)).length, 1),
  },
  "alias remove": {
    before: (ask) => ask("aliasAdd", { alias: "info", account: "ada" }),
    act: (ask) => ask("aliasRemove", { aliases: ["info"] }),
    after: async (store, { removed }: { removed: readonly string[] }) => {
      assert.deepEqual([removed, await aliases(store)], [["info"], []]);
    },
  },
  "disable": {
    act: (ask) => ask("disable", { names: [name] }),
    after: async (store) => assert.notEqual((await store.findAccount(name))!.disabledAt, null),
  },
  "remove": {
    act: (ask) => ask("remove", { names: [name] }),
    after: async (store, { erased }: { erased: boolean }) => {
      assert.deepEqual([erased, await store.wasAccount(name)], [true, true]);
    },
  },
  "rotate-key": {
    act: (ask) => ask("rotateKey", {}),
    after: (_, { startsAt }: { startsAt: number }, rotations) =>
      Promise.resolve(assert.deepEqual([startsAt, rotations], [1, 1])),
  },
};

/** Passes lines on to the socket of an administrator, and cuts the answer to the first of a kind. */
async function cutSocket(folder: string, real: string, isCut: (line: string) => boolean) {
  return await listenLocal(`${folder}/admin.socket`, async (line) => {
    const told = await askLocal(`${real}/admin.socket`, line, 30_000);
    if (isCut(line)) throw new Error("cut");
    return told;
  });
}

interface AdminStage {
  readonly store: Store;
  readonly ask: Ask;
  /** Cuts so many answers from now on; the server has carried out what they answer. */
  readonly cut: (answers: number) => void;
  readonly rotations: () => number;
}

/** Plays at a server whose answers to an administrator can be cut. */
async function withAdmin(work: (stage: AdminStage) => Promise<void>): Promise<void> {
  const store = new MemoryStore("mail.test");
  await using server = await startPipeServer({ store });
  await registerOn(await RawClient.open(server.connect()), "ada");
  const fingerprint = asServerFingerprint(new Uint8Array(32));
  const facts = { address: "a:1", fingerprint, domain: "mail.test" };
  const counts = { data: null, connections: () => 0, accountsOnline: () => 0, startedAt: 1 };
  let rotations = 0;
  const rotateKey = () => Promise.resolve({ fingerprint, startsAt: ++rotations });
  const clock = { now: Date.now, warnings: () => Promise.resolve([]), rotateKey };
  const services = { ...server.context, server: () => facts, ...counts, ...clock };
  const [folder, real] = [await folderOf(), await folderOf()];
  let cuts = 0;
  let hasCut = false;
  const channel = await openAdminChannel(real, services, recordingLog().log);
  const socket = await cutSocket(folder, real, () => {
    const isCut = cuts > 0;
    if (isCut) [cuts, hasCut] = [cuts - 1, true];
    return isCut;
  });
  try {
    await work({
      store,
      ask: (command, request) => askAdmin({ data: folder }, command, request),
      cut: (answers) => cuts = answers,
      rotations: () => rotations,
    });
    assert.ok(hasCut);
  } finally {
    await socket.close();
    await channel.close();
    for (const each of [folder, real]) await Deno.remove(each, { recursive: true });
  }
}

for (const [command, { before, act, after }] of Object.entries(adminChanges)) {
  Deno.test(`an answer that is lost is told all the same, and nothing is done twice: admin ${command}`, () =>
    withAdmin(async ({ store, ask, cut, rotations }) => {
      await before?.(ask);
      cut(1);
      await after(store, await act(ask) as never, rotations());
    }));

  Deno.test(`where both answers are lost, nobody claims that nothing was done: admin ${command}`, () =>
    withAdmin(async ({ ask, cut }) => {
      await before?.(ask);
      cut(2);
      const what = command === "rotate-key" ? "the key was changed" : "the change was made";
      const message = `Cannot tell whether ${what}: the connection was lost`;
      await assert.rejects(act(ask), { code: "unavailable", message });
    }));
}
