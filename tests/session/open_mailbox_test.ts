/** A mailbox that is opened anew while its login changes. */
import assert from "node:assert/strict";
import { endDevices } from "../../src/client/account/save_login.ts";
import {
  dropLogin,
  followSavedLogin,
  openMailbox,
  saveLogin,
} from "../../src/client/open_mailbox.ts";
import {
  ReconnectingMailbox,
  retryForever,
} from "../../src/client/watching/reconnecting_mailbox.ts";
import { newMail } from "../../src/client/watching/watch_new_mail.ts";
import { atHostileServer } from "../support/hostile_scene.ts";

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
    await endDevices(options.state, await dropLogin(options.state, options), () => assert.fail());
    await assert.rejects(refused, { code: "denied" });
    steady.close();
  }));
