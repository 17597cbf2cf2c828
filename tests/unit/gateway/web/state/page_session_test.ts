/** Who is signed in at the page, where two windows ask for different things at once. */
import assert from "node:assert/strict";
import { PageSession } from "../../../../../src/gateway/web/state/page_session.ts";
import { passwordHere, type PersonHere } from "../../../../support/account_here.ts";
import { atHostileServer } from "../../../../support/hostile_scene.ts";

const wrong = "not the password at all";
const nextPassword = "quite another password";

function sessionOf({ options }: PersonHere): PageSession {
  return new PageSession({ ...options, password: null });
}

const meanwhile: Readonly<Record<string, (session: PageSession) => Promise<unknown>>> = {
  "signed in": () => Promise.resolve(),
  "signed in and out": (session) => session.signOut({ forget: false }),
};

for (const [what, then] of Object.entries(meanwhile)) {
  Deno.test(`whoever ${what} while a saved login was looked at stays so`, () =>
    atHostileServer(async ({ alice, bob, folder }) => {
      const asked = Promise.withResolvers<void>();
      const password = Promise.withResolvers<string>();
      const { options } = alice.elsewhere(`${folder}/page`);
      const session = new PageSession({
        ...options,
        password: () => (asked.resolve(), password.promise),
      });
      const resuming = session.resume();
      await asked.promise;
      const { server } = bob.options;
      await session.signIn({ server, name: "bob", password: passwordHere, isKept: false });
      await then(session);
      const { signedIn } = session;
      password.resolve(passwordHere);
      assert.equal(await resuming, null);
      assert.equal(session.signedIn, signedIn);
      session.close();
    }));
}

Deno.test("whoever signed out while the password was changed stays signed out", () =>
  atHostileServer(async ({ server, bob }) => {
    const session = sessionOf(bob);
    assert.equal(await session.resume(), null);
    const asked = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const lies = {
      replacePassword:
        (honest: typeof server.store) =>
        async (...change: Parameters<typeof honest.replacePassword>) => {
          asked.resolve();
          await held.promise;
          return await honest.replacePassword(...change);
        },
    };
    await server.lying(lies, async () => {
      const changing = session.changePassword(session.signedIn!, passwordHere, nextPassword);
      await asked.promise;
      await session.signOut({ forget: false });
      held.resolve();
      await changing;
    });
    assert.equal(session.signedIn, null);
    assert.equal(session.mayComeBack, true);
    session.close();
  }));

Deno.test("trouble that one listener told of is over once another one has a connection", () =>
  atHostileServer(async ({ bob }) => {
    const session = sessionOf(bob);
    await session.resume();
    for (const [old, next] of [[wrong, nextPassword], [passwordHere, nextPassword]] as const) {
      session.hub.tell("trouble", { message: "Cannot reach the server. Trying again" });
      const changing = session.changePassword(session.signedIn!, old, next);
      if (old === wrong) await assert.rejects(changing, { code: "denied" });
      else await changing;
      assert.equal(session.hub.trouble, null, old);
    }
    session.close();
  }));
