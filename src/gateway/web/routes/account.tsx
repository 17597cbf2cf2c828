/** One's own account, the keys of others, signing in and out. */
import type { Hono } from "hono";
import {
  formatServer,
  formatTrusted,
  parseServer,
} from "../../../client/connection/server_address.ts";
import type { Comparison } from "../../../client/correspondents/trust.ts";
import { parseGiven } from "../../../crypto/account/spoken.ts";
import { parseFingerprint } from "../../../crypto/fingerprint.ts";
import { asServerFingerprint } from "../../../model/digests.ts";
import { MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import { checkPassword } from "../../../model/password.ts";
import type { PageEnv } from "../guard.ts";
import type { AskedPassword, Folded } from "../page/account_keys.tsx";
import { AccountPage } from "../page/account_page.tsx";
import { ContactPage } from "../page/contact_page.tsx";
import { PlainPage, SignInPage, type SignInProps } from "../page/sign_in_page.tsx";
import {
  type PageContext,
  requireMailbox,
  requireSameAccount,
  requireTurn,
  show,
  viewOf,
} from "../page_context.tsx";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import { readForm, textOf } from "./form.ts";

/** Adds the routes of this file. */
export function accountRoutes(app: Hono<PageEnv>, session: PageSession): void {
  app.get("/sign-in", (context) => showSignIn(context, session));
  app.post("/sign-in", (context) => signIn(context, session));
  app.post("/come-back", (context) => {
    session.comeBack();
    return context.redirect("inbox", 303);
  });
  app.post("/sign-out", requireSameAccount(session, (context) => signOut(context, session)));
  app.get(
    "/account",
    requireMailbox(session, (context, signedIn) => {
      const { done } = context.req.query();
      if (done === undefined) session.answers.clear(); // what was shown once is saved by now
      const notice = notices.get(done ?? "");
      return showAccount(context, signedIn, session, { notice });
    }),
  );
  app.post("/password", requireTurn(session, changePassword));
  app.post("/close-account", requireTurn(session, closeAccount));
  app.get(
    "/contact",
    requireMailbox(session, async (context, { connections }) => {
      const name = context.req.query("name") ?? "";
      return showContact(
        context,
        session,
        await connections.ask((mailbox) => mailbox.compare(name)),
      );
    }),
  );
  app.post("/decide", requireSameAccount(session, decide));
}

const rotated = "Your keys are replaced. The new fingerprint is below.";

const notices: ReadonlyMap<string, string> = new Map([
  ["password", "The password is changed."],
  [
    "differ",
    "Nothing is saved. If they really differ, somebody may be reading along. Send nothing confidential.",
  ],
  ["keys", rotated],
  ["keys-recovery", `${rotated} The recovery code has ended. Make a new one.`],
  ["no-recovery", "The recovery code has ended."],
  ["revoked", "The application password is revoked."],
]);

interface Said {
  readonly notice?: string | undefined;
  readonly failure?: string | undefined;
  readonly unfolded?: Folded | undefined;
  readonly asked?: AskedPassword | undefined;
}

/** Shows the account, with what is to be said of it. */
export async function showAccount(
  context: PageContext,
  { connections, login }: SignedIn,
  session: PageSession,
  said: Said,
): Promise<Response> {
  const asked = await connections.ask((mailbox) =>
    Promise.all([mailbox.account(), mailbox.contacts(), mailbox.appPasswords()])
  );
  const [account, contacts, appPasswords] = asked;
  const props = {
    view: viewOf(context, session),
    account,
    contacts,
    appPasswords,
    server: formatServer(login.server),
  };
  return show(
    context,
    <AccountPage {...props} {...said} />,
    said.failure === undefined ? 200 : 422,
  );
}

async function changePassword(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
  form: FormData,
): Promise<Response> {
  const [old, next] = [textOf(form, "old"), textOf(form, "next")];
  try {
    if (next !== textOf(form, "again")) {
      throw new MailError("malformed", "Cannot change the password: the two entries differ");
    }
    checkPassword(next, true);
    await session.changePassword(signedIn, old, next);
  } catch (error) {
    return await showAccount(context, signedIn, session, { failure: reasonOf(error) });
  }
  return context.redirect("account?done=password", 303);
}

async function closeAccount(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
  form: FormData,
): Promise<Response> {
  try {
    if (textOf(form, "typed").trim() !== signedIn.account.name) {
      throw new MailError("usage", "Cannot delete the account: you did not type its name");
    }
    const { address, erased } = await session.deleteAccount(signedIn, textOf(form, "secret"));
    const message = `${address} is deleted.${
      erased ? "" : " The server is still erasing the mailbox."
    }`;
    return show(
      context,
      <PlainPage view={viewOf(context, session)} title="Deleted" message={message} />,
    );
  } catch (error) {
    return await showAccount(context, signedIn, session, { failure: reasonOf(error) });
  }
}

function showContact(
  context: PageContext,
  session: PageSession,
  comparison: Comparison,
  said: Said & { readonly given?: string } = {},
): Response {
  const word = session.comparisons.show(comparison);
  const page = (
    <ContactPage view={viewOf(context, session)} comparison={comparison} word={word} {...said} />
  );
  return show(context, page, said.failure === undefined ? 200 : 422);
}

/** Pins the key that was shown, whatever the server says by now. */
async function decide(
  context: PageContext,
  { connections }: SignedIn,
  session: PageSession,
): Promise<Response> {
  const form = await readForm(context.req.raw, limits.maxPageFormBytes);
  const shown = session.comparisons.find(textOf(form, "shown"));
  const decision = textOf(form, "decision");
  try {
    if (decision === "same" && shown.state === "changed") {
      throw new MailError("usage", "Cannot decide about the key: compare again");
    }
    if (decision === "given") requireGiven(shown, textOf(form, "given"));
    const verified = decision !== "trust";
    const comparison = await connections.ask((mailbox) => mailbox.accept(shown, { verified }));
    const notice = verified
      ? "The key is verified."
      : "The new key is saved. Compare it when you can.";
    return showContact(context, session, comparison, { notice });
  } catch (error) {
    const given = textOf(form, "given");
    return showContact(context, session, shown, { failure: reasonOf(error), given });
  }
}

/** @throws {MailError} `key_changed` where the key is not the one that was given by another way */
function requireGiven(shown: Comparison, text: string): void {
  if (parseGiven(text)(shown.fingerprint)) return;
  throw new MailError(
    "key_changed",
    `Cannot verify ${shown.address}: the fingerprint that you gave is that of another key`,
  );
}

async function showSignIn(context: PageContext, session: PageSession): Promise<Response> {
  const trouble = await session.resume();
  if (session.signedIn !== null) return context.redirect("inbox", 303);
  const { name, server } = session.proposed;
  const failure = trouble?.message ?? session.endedBy ?? undefined;
  return signInPage(context, session, {
    server: formatTrusted(server),
    name: name ?? "",
    failure,
  });
}

async function signIn(context: PageContext, session: PageSession): Promise<Response> {
  const form = await readForm(context.req.raw, limits.maxPageFormBytes);
  const name = textOf(form, "name").trim();
  let server = textOf(form, "server").trim();
  const isKept = textOf(form, "keep") === "1";
  try {
    const address = parseServer(server);
    const confirmed = textOf(form, "confirmed") === "1"
      ? asServerFingerprint(parseFingerprint(textOf(form, "fingerprint")))
      : null;
    const trusted = {
      ...address,
      fingerprint: address.fingerprint ?? confirmed,
    };
    const unknown = await session.askFingerprint(trusted);
    if (unknown !== null) {
      return signInPage(context, session, { server, name, isKept, unknown });
    }
    server = formatTrusted(trusted);
    await session.signIn({
      server: trusted,
      name,
      password: textOf(form, "secret"),
      isKept,
    });
    return context.redirect("inbox", 303);
  } catch (error) {
    return signInPage(context, session, {
      server,
      name,
      isKept,
      failure: reasonOf(error),
    });
  }
}

function signInPage(
  context: PageContext,
  session: PageSession,
  props: Omit<SignInProps, "view" | "mayComeBack">,
): Response {
  const page = (
    <SignInPage
      view={viewOf(context, session)}
      mayComeBack={session.mayComeBack}
      {...props}
    />
  );
  return show(context, page, props.failure === undefined ? 200 : 422);
}

async function signOut(context: PageContext, session: PageSession): Promise<Response> {
  const form = await readForm(context.req.raw, limits.maxPageFormBytes);
  await session.signOut({ forget: textOf(form, "forget") === "1" });
  const message = "You are signed out. `mailctl web` runs until you end it.";
  return show(
    context,
    <PlainPage
      view={viewOf(context, session)}
      title="Signed out"
      message={message}
      href="sign-in"
    />,
  );
}

/** What a person is told. @throws what is a defect, or ends the session */
export function reasonOf(error: unknown): string {
  if (!(error instanceof MailError)) throw error;
  return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
}
