/** A mailbox that is opened anew while its login changes. */
import assert from "node:assert/strict";
import { markOwn } from "../../src/client/account/devices.ts";
import { connectAs, type LoginOptions } from "../../src/client/account/log_in.ts";
import { asAccountName } from "../../src/model/address.ts";
import { endDevices, logOut } from "../../src/client/account/log_out.ts";
import type { Login } from "../../src/client/account/logins_file.ts";
import { findLogin } from "../../src/client/account/saved_logins.ts";
import { formatServer } from "../../src/client/connection/server_address.ts";
import { followSavedLogin, openMailbox, saveLogin } from "../../src/client/open_mailbox.ts";
import {
  ReconnectingMailbox,
  retryForever,
} from "../../src/client/watching/reconnecting_mailbox.ts";
import { lockFile } from "../../src/client/state_file.ts";
import { newMail } from "../../src/client/watching/watch_new_mail.ts";
import { atHostileServer } from "../support/hostile_scene.ts";

async function savedLogin({ state, server, name }: LoginOptions): Promise<Login> {
  return (await findLogin(state.folder, formatServer(server), asAccountName(name)))!;
}

/** Reads a file so often that a look at it which was begun before, and waits for nothing, is over. */
async function outlastLooks(path: string): Promise<void> {
  for (let at = 0; at < 50; at++) await Deno.readTextFile(path);
}

Deno.test("of several that open at once, none goes on by a login that another one is saved in the place of", () =>
  atHostileServer(async ({ bob: { options } }) => {
    const { reopen } = await followSavedLogin(options);
    const before = await openMailbox(options);
    await before.account();
    (await saveLogin(options)).close();
    for (let at = 0; at < 2; at++) {
      const opened = await reopen(before);
      await opened.account().finally(() => opened.close());
      const again = await reopen(opened);
      await again.account().finally(() => again.close());
    }
    before.close();
  }));

Deno.test("who waits for mail goes on by the login that is saved in the place of its own", () =>
  atHostileServer(async ({ alice, bob: { options } }) => {
    const steady = new ReconnectingMailbox(await openMailbox(options), {
      ...retryForever(() => assert.fail()),
      ...await followSavedLogin(options),
    });
    const waiting = Promise.withResolvers<void>();
    const beforeWaiting = () => Promise.resolve(waiting.resolve());
    const mail = newMail(steady, { unread: false, beforeWaiting });
    const next = mail.next();
    await waiting.promise;
    (await saveLogin(options)).close();
    await alice.send("bob", "afterwards");
    assert.equal((await next).value!.headers?.subject, "afterwards");
    const refused = mail.next();
    await endDevices(options.state, [await savedLogin(options)], () => assert.fail());
    await assert.rejects(refused, { code: "denied" }); // it is the one that is saved
    steady.close();
  }));

Deno.test("who is refused while a login is being saved waits for that one", () =>
  atHostileServer(async ({ bob: { options } }) => {
    const { isRenewed } = await followSavedLogin(options);
    const mailbox = await openMailbox(options);
    const { folder } = options.state;
    const saved = await Deno.readTextFile(`${folder}/logins.json`);
    (await saveLogin(options)).close();
    const renewed = await Deno.readTextFile(`${folder}/logins.json`);
    await Deno.writeTextFile(`${folder}/logins.json`, saved);
    const unlock = await lockFile(`${folder}/logins.json.lock`);
    const told = isRenewed(mailbox);
    await outlastLooks(`${folder}/logins.json`);
    await Deno.writeTextFile(`${folder}/logins.json`, renewed);
    unlock();
    assert.equal(await told, true);
    mailbox.close();
  }));

Deno.test("two that log in at once leave one login at the server: the one that is saved", () =>
  atHostileServer(async ({ bob: { options } }) => {
    const both = await Promise.all([saveLogin(options), saveLogin(options)]);
    for (const mailbox of both) mailbox.close();
    const mailbox = await openMailbox(options);
    const devices = await markOwn(options, await mailbox.devices());
    assert.deepEqual(devices.map(({ isOwn }) => isOwn), [true]);
    mailbox.close();
  }));

Deno.test("a login ends at the server before it is gone here, so that who is cut off can end it again", () =>
  atHostileServer(async ({ bob: { options } }) => {
    (await saveLogin(options)).close();
    const { state } = options;
    const temporary = `${state.folder}/logins.json.new`;
    await Deno.mkdir(`${temporary}/full`, { recursive: true }); // nothing can be written
    await assert.rejects(logOut(state, options, () => assert.fail()), { code: "cannot_create" });
    await Deno.remove(temporary, { recursive: true });
    const refused = await openMailbox(options);
    await assert.rejects(refused.account(), { code: "denied" });
    refused.close();
    const ended = await logOut(state, options, () => assert.fail());
    assert.deepEqual(ended.map(({ name }) => name), [options.name]);
  }));

/** Has the one login that is saved be one that was cut off before it was. */
async function cutOff({ state: { folder } }: LoginOptions): Promise<void> {
  const path = `${folder}/logins.json`;
  const [login] = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify([{ ...login, unsaved: true }]));
}

Deno.test("a login that was cut off before it was saved ends with those that are", () =>
  atHostileServer(async ({ bob: { options } }) => {
    (await saveLogin(options)).close();
    const unsaved = await savedLogin(options);
    await cutOff(options);
    assert.deepEqual(await logOut(options.state, options, () => assert.fail()), []);
    await assert.rejects(connectAs(options, unsaved), { code: "denied" });
    assert.equal(await Deno.readTextFile(`${options.state.folder}/logins.json`), "[]\n");
  }));

Deno.test("a login takes the place of one that was cut off before it was saved", () =>
  atHostileServer(async ({ bob: { options } }) => {
    (await saveLogin(options)).close();
    await cutOff(options);
    const mailbox = await saveLogin(options);
    const devices = await markOwn(options, await mailbox.devices());
    assert.deepEqual(devices.map(({ isOwn }) => isOwn), [true]);
    mailbox.close();
  }));

Deno.test("a login that is just being saved is saved before a logout ends it", () =>
  atHostileServer(async ({ bob: { options } }) => {
    (await saveLogin(options)).close();
    const path = `${options.state.folder}/logins.json`;
    const saved = await Deno.readTextFile(path);
    await cutOff(options);
    const unlock = await lockFile(`${path}.lock`);
    const ended = logOut(options.state, options, () => assert.fail());
    await outlastLooks(path);
    await Deno.writeTextFile(path, saved);
    unlock();
    assert.deepEqual((await ended).map(({ name }) => name), [options.name]);
  }));
