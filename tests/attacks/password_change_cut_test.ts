/** The connection is cut at the worst moment of a change of password or keys: what the client then tells is true. */
import assert from "node:assert/strict";
import { changePassword } from "../../src/client/account/change_password.ts";
import { type LoginOptions } from "../../src/client/account/log_in.ts";
import { openMailbox } from "../../src/client/open_mailbox.ts";
import { findLogin } from "../../src/client/account/saved_logins.ts";
import { makeRecovery, recover } from "../../src/client/account/recovery.ts";
import { rotateKeys } from "../../src/client/account/rotate_keys.ts";
import { asAccountName } from "../../src/model/address.ts";
import { isFailure, MailError } from "../../src/model/errors.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { password as old, passwordLogin, saveNewAccount } from "../support/person_account.ts";
import { Relay } from "../support/relay.ts";
import { startServer } from "../support/server.ts";

const fresh = "staple staple staple";

type Replace = MemoryStore["replacePassword"];

/** Does something else in the place of the first change. */
class TrickyStore extends MemoryStore {
  trick: ((change: Parameters<Replace>[0], replace: Replace) => ReturnType<Replace>) | null = null;

  override replacePassword(change: Parameters<Replace>[0]): ReturnType<Replace> {
    const { trick } = this;
    this.trick = null;
    const replace: Replace = (change) => super.replacePassword(change);
    return trick === null ? replace(change) : trick(change, replace);
  }
}

/** Cuts once something was carried out. */
class CuttingStore extends TrickyStore {
  cut: (() => void) | null = null;

  override recover(change: Parameters<MemoryStore["recover"]>[0]): Promise<boolean> {
    return this.thenCut(super.recover(change));
  }

  override replaceKeys(change: Parameters<MemoryStore["replaceKeys"]>[0]) {
    return this.thenCut(super.replaceKeys(change));
  }

  async thenCut<T>(work: Promise<T>): Promise<T> {
    const done = await work;
    this.cut?.();
    this.cut = null;
    return done;
  }
}

interface Scene {
  readonly store: CuttingStore;
  readonly here: Omit<LoginOptions, "password">;
  readonly relay: Relay;
  readonly folder: string;
  change(): Promise<string>;
  opens(password: string): Promise<boolean>;
}

async function play(act: (scene: Scene) => Promise<void>): Promise<void> {
  const store = new CuttingStore("mail.test");
  await using server = await startServer({ store });
  await using relay = new Relay(server.port);
  const home = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  const { fingerprint } = server.ready;
  const at = (port: number, folder: string) => ({
    state: { folder },
    server: { host: "127.0.0.1", port, fingerprint },
    name: "ada",
  });
  const by = (password: string) => () => Promise.resolve(password);
  const here = at(relay.port, `${home}/here`);
  try {
    const trusted = `127.0.0.1:${relay.port}#${fingerprint.toHex()}`;
    await saveNewAccount(`${home}/here`, trusted, "ada", passwordLogin());
    await act({
      store,
      relay,
      here,
      folder: `${home}/here`,
      change: async () => {
        const options = { ...here, password: by(old), newPassword: by(fresh) };
        return (await changePassword(options)).address;
      },
      opens: async (password) => {
        const there = { ...at(server.port, `${home}/there`), password: by(password) };
        const mailbox = await openMailbox(there);
        const opened = await mailbox.account().then(() => true, (error) => {
          assert.equal((error as MailError).code, "denied");
          return false;
        });
        await mailbox.finish();
        return opened;
      },
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function requireOnlyNew({ opens, folder, relay }: Scene): Promise<void> {
  assert.deepEqual([await opens(old), await opens(fresh)], [false, true]);
  const saved = await findLogin(folder, `127.0.0.1:${relay.port}`, asAccountName("ada"));
  assert.ok(saved !== null);
}

Deno.test("cut after the change was carried out: it is found, and told as done", () =>
  play(async (scene) => {
    scene.store.trick = async (change, replace) => {
      const replaced = await replace(change);
      scene.relay.cut();
      return replaced;
    };
    assert.equal(await scene.change(), "ada@mail.test");
    await requireOnlyNew(scene);
  }));

Deno.test("cut before it was carried out: it is made on another connection", () =>
  play(async (scene) => {
    scene.store.trick = () => {
      scene.relay.cut();
      return Promise.reject(new MailError("storage_full", "Cannot store: the storage is full"));
    };
    assert.equal(await scene.change(), "ada@mail.test");
    await requireOnlyNew(scene);
  }));

Deno.test("carried out only after the client asked again: one of both holds, and it is the same", () =>
  play(async (scene) => {
    const late = Promise.withResolvers<void>();
    scene.store.trick = async (change, replace) => {
      scene.relay.cut();
      await late.promise;
      return await replace(change);
    };
    const changed = scene.change();
    assert.equal(await changed, "ada@mail.test");
    late.resolve();
    await requireOnlyNew(scene);
  }));

Deno.test("cut for good: the client says that it cannot tell, and the saved login stays as it is", () =>
  play(async (scene) => {
    scene.store.trick = async (change, replace) => {
      const replaced = await replace(change);
      scene.relay.remove();
      return replaced;
    };
    await assert.rejects(scene.change(), (error) => {
      assert.ok(error instanceof MailError);
      assert.equal(error.code, "unavailable");
      assert.match(error.message, /^Cannot tell whether the password was changed/);
      assert.match(error.hint!, /mailctl login/);
      return true;
    });
    await requireOnlyNew(scene);
  }));

Deno.test("cut after a recovery was carried out: it is found, and told as done", () =>
  play(async (scene) => {
    const { store, relay, here } = scene;
    const { code } = await makeRecovery({ ...here, password: () => Promise.resolve(old) }, false);
    store.cut = () => relay.cut();
    const { address } = await recover({
      ...here,
      code: () => Promise.resolve(code!),
      newPassword: () => Promise.resolve(fresh),
    });
    assert.equal(address, "ada@mail.test");
    await requireOnlyNew(scene);
  }));

Deno.test("cut after the keys were changed: it is found, and they are changed once", () =>
  play(async ({ store, relay, here }) => {
    const before = (await store.findAccount(asAccountName("ada")))!.keys.fingerprint;
    store.cut = () => relay.cut();
    const rotated = await rotateKeys({ ...here, password: () => Promise.resolve(old) }, Date.now());
    const { fingerprint } = (await store.findAccount(asAccountName("ada")))!.keys;
    assert.notDeepEqual(fingerprint, before);
    assert.deepEqual(new Uint8Array(rotated.fingerprint), fingerprint);
    assert.equal((await store.findLines([asAccountName("ada")]))[0]!.steps.length, 1);
  }));

Deno.test("cut for good while the keys change: the client says that it cannot tell", () =>
  play(async ({ store, relay, here }) => {
    store.cut = () => relay.remove();
    const rotated = rotateKeys({ ...here, password: () => Promise.resolve(old) }, Date.now());
    await assert.rejects(rotated, (error) => {
      assert.ok(isFailure(error, "unavailable"));
      assert.match(error.message, /^Cannot tell whether the keys were changed/);
      return true;
    });
  }));
