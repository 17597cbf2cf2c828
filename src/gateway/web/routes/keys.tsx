/** What opens an account: new keys, the recovery code, passwords of programs. Each but revoking by the password. */
import type { Hono } from "hono";
import { createAppPassword } from "../../../client/account/app_passwords.ts";
import { makeRecovery } from "../../../client/account/recovery.ts";
import { type AppPasswordScope, appPasswordScopes } from "../../../model/device.ts";
import { MailError } from "../../../model/errors.ts";
import { type PageContext, requireTurn, show, viewOf } from "../page_context.tsx";
import { textOf } from "./form.ts";
import type { PageEnv } from "../guard.ts";
import { type Folded, OncePage } from "../page/account_keys.tsx";
import { reasonOf, showAccount } from "./account.tsx";
import type { PageSession, SignedIn } from "../state/page_session.ts";

/** Adds the routes of this file. */
export function keyRoutes(app: Hono<PageEnv>, session: PageSession): void {
  const add = (path: string, unfolded: Folded, act: Act) =>
    app.post(
      path,
      requireTurn(session, async (context, signedIn, _, form) => {
        try {
          return await act({ context, signedIn, session, form });
        } catch (error) {
          return await showAccount(context, signedIn, session, {
            failure: reasonOf(error),
            unfolded,
            asked: { label: textOf(form, "label").trim(), scope: textOf(form, "scope") },
          });
        }
      }),
    );
  add("/rotate-keys", "keys", rotate);
  add("/recovery", "recovery", recovery);
  add("/app-password", "app-password", makeOne);
  add("/revoke-app-password", "app-password", revoke);
}

interface Asked {
  readonly context: PageContext;
  readonly session: PageSession;
  readonly signedIn: SignedIn;
  readonly form: FormData;
}

/** Failures are told on the page of the account. */
type Act = (asked: Asked) => Promise<Response>;

async function rotate({ context, signedIn, session, form }: Asked): Promise<Response> {
  const { recoveryEnded } = await session.rotateKeys(signedIn, textOf(form, "keys-secret"));
  return context.redirect(`account?done=${recoveryEnded ? "keys-recovery" : "keys"}`, 303);
}

async function recovery({ context, signedIn, session, form }: Asked): Promise<Response> {
  const isEnd = textOf(form, "end") === "1";
  const login = loginBy(signedIn, textOf(form, "recovery-secret"));
  const { address, code } = await makeRecovery(login, isEnd);
  if (code === null) return context.redirect("account?done=no-recovery", 303);
  const about = (
    <>
      Whoever has this code can set a new password for {address} by{" "}
      <code>mailctl account recover</code>. Keep it on paper, where nobody else finds it.
    </>
  );
  const view = viewOf(context, session);
  return show(context, <OncePage view={view} title="Recovery code" secret={code} about={about} />);
}

async function makeOne({ context, signedIn, session, form }: Asked): Promise<Response> {
  const label = textOf(form, "label").trim();
  const scope = scopeOf(textOf(form, "scope"));
  const login = loginBy(signedIn, textOf(form, "app-secret"));
  const { address, password } = await createAppPassword(login, { label, scope });
  const title = `Password for ${label}`;
  const about = `The user name for it is ${address}. Revoke it when you no longer use the program.`;
  const view = viewOf(context, session);
  return show(context, <OncePage view={view} title={title} secret={password} about={about} />);
}

async function revoke({ context, signedIn, form }: Asked): Promise<Response> {
  const label = textOf(form, "revoked");
  await signedIn.connections.aside((mailbox) => mailbox.revokeAppPasswords([label])); // asked twice, it would not be there
  return context.redirect("account?done=revoked", 303);
}

function loginBy({ login }: SignedIn, password: string): SignedIn["login"] {
  return { ...login, password: () => Promise.resolve(password) };
}

function scopeOf(text: string): AppPasswordScope {
  const scope = appPasswordScopes.find((each) => each === text);
  if (scope !== undefined) return scope;
  throw new MailError("malformed", "Cannot make an application password: its scope is missing");
}
