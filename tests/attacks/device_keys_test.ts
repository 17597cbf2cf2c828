/** The account's keys follow to its devices when they change, and to nobody else, whatever the server says of devices. */
import assert from "node:assert/strict";
import { changePassword } from "../../src/client/account/change_password.ts";
import { endDevices } from "../../src/client/account/log_out.ts";
import { revokeDevice } from "../../src/client/account/devices.ts";
import type { LoginOptions } from "../../src/client/account/log_in.ts";
import { makeRecovery, recover } from "../../src/client/account/recovery.ts";
import { rotateKeys } from "../../src/client/account/rotate_keys.ts";
import { readLogins } from "../../src/client/account/saved_logins.ts";
import { openMailbox, saveLogin } from "../../src/client/open_mailbox.ts";
import type { MailError } from "../../src/model/errors.ts";
import type { Device } from "../../src/store/device_store.ts";
import { passwordHere, PersonHere } from "../support/account_here.ts";
import { HostileServer, type Lies } from "../support/hostile_server.ts";

interface Scene {
  readonly server: HostileServer;
  /** The machine that the account was made on. */
  readonly here: PersonHere;
  /** Saves a login on another machine. */
  machine(label: string): Promise<LoginOptions>;
}

async function play(act: (scene: Scene) => Promise<void>): Promise<void> {
  await using server = await HostileServer.start();
  const home = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  try {
    const here = await PersonHere.join("ada", server.trusted, `${home}/here`);
    const machine = async (label: string) => {
      const options = { ...here.options, state: { folder: `${home}/${label}` } };
      (await saveLogin({ ...options, device: { label } })).close();
      const password = () => Promise.reject(new Error("a saved login asks for no password"));
      return { ...options, password };
    };
    await act({ server, here, machine });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** What a machine makes of its inbox: the outcome of each message, or why it has none. */
async function inboxOn(options: LoginOptions): Promise<string> {
  const mailbox = await openMailbox(options);
  try {
    const { messages } = await mailbox.list({ box: "inbox", limit: 10 });
    return messages.map(({ outcome }) => outcome).join(" ");
  } catch (error) {
    return (error as MailError).code;
  } finally {
    await mailbox.finish();
  }
}

Deno.test("a new password leaves other devices alone, unless they are to end", () =>
  play(async ({ here, machine }) => {
    const [laptop, phone] = [await machine("laptop"), await machine("phone")];
    await here.send("ada", "one");
    const given = (text: string) => () => Promise.resolve(text);
    const newPassword = given("staple staple staple");
    assert.deepEqual((await changePassword({ ...here.options, newPassword })).lost, []);
    assert.deepEqual([await inboxOn(laptop), await inboxOn(phone)], ["verified", "verified"]);
    const again = { ...laptop, password: newPassword, newPassword: given(passwordHere) };
    await changePassword({ ...again, revokesDevices: true });
    const seen = [await inboxOn(laptop), await inboxOn(phone), await inboxOn(here.options)];
    assert.deepEqual(seen, ["verified", "denied", "denied"]);
  }));

Deno.test("new keys follow to every device, and mail of before still opens there", () =>
  play(async ({ here, machine }) => {
    const laptop = await machine("laptop");
    await here.send("ada", "before");
    const { fingerprint, lost } = await rotateKeys(here.options, Date.now());
    assert.deepEqual(lost, []);
    await here.send("ada", "after");
    assert.equal(await inboxOn(laptop), "verified verified");
    const mailbox = await openMailbox(laptop);
    assert.deepEqual((await mailbox.account()).fingerprint, fingerprint);
    await mailbox.finish();
    await rotateKeys(here.options, Date.now());
    assert.equal(await inboxOn(laptop), "verified verified", "also the second time");
  }));

Deno.test("a device that is revoked with new keys gets none of them", () =>
  play(async ({ server, here, machine }) => {
    const [laptop, phone] = [await machine("laptop"), await machine("phone")];
    const stolen = await server.store.devices(await server.accountId("ada"));
    const { lost } = await rotateKeys({ ...here.options, revokes: "laptop" }, Date.now());
    assert.deepEqual([lost, await inboxOn(laptop), await inboxOn(phone)], [[], "denied", ""]);

    const rolledBack: Lies = { // the server keeps the stolen one, as it was before the keys changed
      devices: (honest) => async (id) => {
        const all = await honest.devices(id);
        return [...all, ...stolen.filter(({ label }) => label === "laptop")];
      },
    };
    await server.lying(rolledBack, async () => {
      const again = await rotateKeys(here.options, Date.now());
      assert.deepEqual(again.lost, ["laptop"]);
    });
  }));

Deno.test("new keys are sealed for no device that the server made up, nor under another's key", () =>
  play(async ({ server, here, machine }) => {
    await machine("laptop");
    const swap = (all: Device[]) => all.map((one, at) => ({ ...one, key: all.at(at - 1)!.key }));
    const planted = (all: Device[]) => [
      ...all,
      { ...all[0]!, label: "planted", key: all[0]!.key.map((byte) => byte ^ 1) as Device["key"] },
    ];
    const lies: [string, (all: Device[]) => Device[], string[]][] = [
      ["swapped", swap, ["laptop", "test"]],
      ["planted", planted, ["planted"]],
    ];
    for (const [which, lie, lost] of lies) {
      const given: Device["key"][] = [];
      await server.lying({
        devices: (honest) => async (id) => lie(await honest.devices(id)),
        replaceKeys: (honest) => (change) => {
          given.push(...change.devices.map(({ key }) => key));
          return honest.replaceKeys({ ...change, devices: change.devices });
        },
      }, async () => {
        const rotation = await rotateKeys(here.options, Date.now());
        assert.deepEqual(rotation.lost.toSorted(), lost, which);
      });
      assert.equal(given.length, which === "swapped" ? 0 : 2, which);
      await machine("laptop");
      (await saveLogin({ ...here.options, device: { label: "test" } })).close();
    }
  }));

Deno.test("a recovery ends every device, and makes that of its own machine anew", () =>
  play(async ({ here, machine }) => {
    const laptop = await machine("laptop");
    const { code } = await makeRecovery(here.options, false);
    const given = (text: string) => () => Promise.resolve(text);
    await recover({ ...here.options, code: given(code!), newPassword: given("staple staple") });
    const password = () => Promise.reject(new Error("a saved login asks for no password"));
    assert.equal(await inboxOn({ ...here.options, password }), "");
    assert.equal(await inboxOn(laptop), "denied");
  }));

Deno.test("a machine that logs in again, logs out, or is revoked leaves no device behind", () =>
  play(async ({ server, here, machine }) => {
    const labels = async () =>
      (await server.store.devices(await server.accountId("ada"))).map(({ label }) => label);
    const laptop = await machine("laptop");
    await machine("laptop");
    assert.deepEqual(await labels(), ["laptop", "test"]);
    const another = { ...here.options, state: { folder: `${laptop.state.folder}-2` } };
    await assert.rejects(saveLogin({ ...another, device: { label: "laptop" } }), {
      code: "name_taken",
    });
    (await saveLogin({ ...another, device: { like: "laptop" } })).close();
    assert.deepEqual(await labels(), ["laptop", "laptop 2", "test"]);
    const [saved] = await readLogins(another.state.folder);
    assert.equal(saved!.label, "laptop 2");
    await endDevices(another.state, [saved!], () => assert.fail("the server did not end it"));
    await revokeDevice(here.options, "laptop");
    assert.deepEqual(await labels(), ["test"]);
    await assert.rejects(revokeDevice(here.options, "laptop"), { code: "no_such_message" });
    const rotation = rotateKeys({ ...here.options, revokes: "laptop" }, Date.now());
    await assert.rejects(rotation, { code: "no_such_message" });
  }));
