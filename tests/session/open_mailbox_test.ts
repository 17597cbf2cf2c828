/** A mailbox that is opened anew while its login changes. */
import { followSavedLogin, openMailbox, saveLogin } from "../../src/client/open_mailbox.ts";
import { atHostileServer } from "../support/hostile_scene.ts";

Deno.test("of several that open at once, none goes on by a login that another one is saved in the place of", () =>
  atHostileServer(async ({ bob: { options } }) => {
    const reopen = await followSavedLogin(options);
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
