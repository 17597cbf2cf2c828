/**
 * Another machine replaces the keys while a change that was made from the old ones is on its way: it is not made once
 * more on the next connection, where it would take the place of the new keys.
 */
import assert from "node:assert/strict";
import { changePassword } from "../../src/client/account/change_password.ts";
import { importKeys } from "../../src/client/account/import_keys.ts";
import { connectAs, logIn, type LoginOptions } from "../../src/client/account/log_in.ts";
import { makeRecovery } from "../../src/client/account/recovery.ts";
import { rotateKeys, type Rotation } from "../../src/client/account/rotate_keys.ts";
import { openMailbox, saveLogin } from "../../src/client/open_mailbox.ts";
import { generateSecretKeys } from "../../src/crypto/account/identity.ts";
import { asAccountName, asAddress } from "../../src/model/address.ts";
import { asAccountFingerprint } from "../../src/model/digests.ts";
import { MailError } from "../../src/model/errors.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { password, passwordLogin, saveNewAccount } from "../support/person_account.ts";
import { startServer } from "../support/server.ts";

const name = asAccountName("ada");
const by = (text: string) => () => Promise.resolve(text);

interface Overtaken {
  readonly write:
    | "replacePassword"
    | "replaceSealedKeys"
    | "replaceKeys"
    | "replaceRecovery"
    | "addDevice";
  act(here: LoginOptions): Promise<unknown>;
}

const changes: Record<string, Overtaken> = {
  "passwd": {
    write: "replacePassword",
    act: (here) => changePassword({ ...here, newPassword: by("staple staple staple") }),
  },
  "keys import": {
    write: "replaceSealedKeys",
    act: (here) => {
      const { identity } = generateSecretKeys();
      const fingerprint = asAccountFingerprint(new Uint8Array(32));
      return importKeys(here, [{ identity, fingerprint, until: 0 }]);
    },
  },
  "keys rotate": { write: "replaceKeys", act: (here) => rotateKeys(here, Date.now()) },
  "account recovery": { write: "replaceRecovery", act: (here) => makeRecovery(here, false) },
  "login": {
    write: "addDevice",
    act: async (here) => (await saveLogin({ ...here, device: { label: "new" } })).close(),
  },
};

/** A store in which something else happens in the place of the next write of a kind, once that is said. */
function overtaking(write: Overtaken["write"]) {
  let overtake: (() => Promise<unknown>) | null = null;
  class Overtaking extends MemoryStore {}
  const real = MemoryStore.prototype[write] as (...asked: unknown[]) => Promise<unknown>;
  Object.defineProperty(Overtaking.prototype, write, {
    async value(this: MemoryStore, ...asked: unknown[]) {
      if (overtake === null) return await real.apply(this, asked);
      const first = overtake;
      overtake = null;
      await first();
      throw new MailError("unavailable", "Cannot continue: the account was changed");
    },
  });
  const arm = (first: () => Promise<unknown>) => void (overtake = first);
  return { store: new Overtaking("mail.test"), arm };
}

for (const [command, { write, act }] of Object.entries(changes)) {
  Deno.test(`keys that another machine made meanwhile stay: ${command}`, async () => {
    const { store, arm } = overtaking(write);
    await using server = await startServer({ store });
    const home = await Deno.makeTempDir({ prefix: "mailctl-test-" });
    const at = { host: "127.0.0.1", port: server.port, fingerprint: server.ready.fingerprint };
    const options = { server: at, name: "ada", password: by(password) };
    const here = { ...options, state: { folder: `${home}/here` } };
    const there = { ...options, state: { folder: `${home}/there` } };
    try {
      const trusted = `127.0.0.1:${server.port}#${server.ready.fingerprint.toHex()}`;
      const login = await passwordLogin(command);
      await saveNewAccount(`${home}/there`, trusted, "ada", login);
      const rotation = Promise.withResolvers<Rotation>();
      arm(async () => rotation.resolve(await rotateKeys(there, Date.now())));
      await assert.rejects(act(here), { code: "unavailable", message: /^Cannot tell w/ });
      const { fingerprint } = await rotation.promise;
      const byPassword = { address: asAddress("ada@mail.test"), ...login.keys };
      const client = await connectAs(here, byPassword);
      const account = await logIn(client, byPassword).finally(() => client.close());
      assert.deepEqual(account.fingerprint, fingerprint);
      const mailbox = await openMailbox(there); // by the login that is saved
      await mailbox.account().finally(() => mailbox.close());
      const { id } = (await store.findAccount(name))!;
      assert.equal((await store.devices(id)).length, 1);
      assert.equal(await store.findRecovery(name), null);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}
