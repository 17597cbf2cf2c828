/** One's own account, the keys of others, signing in and out. */
import type { Hono } from "hono";
import {
  formatServer,
  formatTrusted,
  parseServer,
} from "../../../client/connection/server_address.ts";
import type { Comparison } from "../../../client/mailbox.ts";
import { parseFingerprint } from "../../../crypto/fingerprint.ts";
import { parseGiven } from "../../../crypto/account/spoken.ts";
import { MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import { checkPassword } from "../../../model/password.ts";
import { meant, type PageContext, seated, show, viewOf } from "../page_context.tsx";
import { readForm, textOf } from "./form.ts";
import type { PageEnv } from "../guard.ts";
import type { Folded } from "../page/account_keys.tsx";
import { AccountPage } from "../page/account_page.tsx";
import { ContactPage } from "../page/contact_page.tsx";
import { PlainPage, SignInPage, type SignInProps } from "../page/sign_in_page.tsx";
import type { Seat, Site } from "../state/site.ts";

/** Adds the routes of this file. */
export function accountRoutes(app: Hono<PageEnv>, site: Site): void {
  app.get("/sign-in", (context) => showSignIn(context, site));
  app.post("/sign-in", (context) => signIn(context, site));
  app.post("/come-back", (context) => {
    site.comeBack();
    return context.redirect("inbox", 303);
  });
  app.post(
    "/sign-out",
    meant(site, (context) => signOut(context, site)),
  );
  app.get(
    "/account",
    seated(site, (context, seat) => {
      const notice = notices.get(context.req.query("done") ?? "");
      return showAccount(context, site, seat, { notice });
    }),
  );
  app.post(
    "/password",
    meant(site, (context, seat) => changePassword(context, site, seat)),
  );
  app.post(
    "/close-account",
    meant(site, (context, seat) => closeAccount(context, site, seat)),
  );
  app.get(
    "/contact",
    seated(site, async (context, { desk }) => {
      const name = context.req.query("name") ?? "";
      return showContact(context, site, await desk.ask((mailbox) => mailbox.compare(name)));
    }),
  );
  app.post(
    "/decide",
    meant(site, (context, seat) => decide(context, site, seat)),
  );
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
}

/** Shows the account, with what is to be said of it. */
export async function showAccount(
  context: PageContext,
  site: Site,
  { desk, login }: Seat,
  said: Said,
): Promise<Response> {
  const asked = await desk.ask((mailbox) =>
    Promise.all([mailbox.account(), mailbox.contacts(), mailbox.appPasswords()])
  );
  const [account, contacts, appPasswords] = asked;
  const props = {
    view: viewOf(context, site),
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

async function changePassword(context: PageContext, site: Site, seat: Seat): Promise<Response> {
  const form = await readForm(context.req.raw, limits.maxPageFormBytes);
  const [old, next] = [textOf(form, "old"), textOf(form, "next")];
  try {
    if (next !== textOf(form, "again")) {
      throw new MailError("malformed", "Cannot change the password: the two entries differ");
    }
    checkPassword(next, true);
    await site.changePassword(seat, old, next);
  } catch (error) {
    return await showAccount(context, site, seat, { failure: reasonOf(error) });
  }
  return context.redirect("account?done=password", 303);
}

async function closeAccount(context: PageContext, site: Site, seat: Seat): Promise<Response> {
  const form = await readForm(context.req.raw, limits.maxPageFormBytes);
  try {
    if (textOf(form, "typed").trim() !== seat.account.name) {
      throw new MailError("usage", "Cannot delete the account: you did not type its name");
    }
    const { address, erased } = await site.deleteAccount(seat, textOf(form, "secret"));
    const message = `${address} is deleted.${
      erased ? "" : " The server is still erasing the mailbox."
    }`;
    return show(
      context,
      <PlainPage view={viewOf(context, site)} title="Deleted" message={message} />,
    );
  } catch (error) {
    return await showAccount(context, site, seat, { failure: reasonOf(error) });
  }
}

function showContact(
  context: PageContext,
  site: Site,
  comparison: Comparison,
  said: Said = {},
): Response {
  const word = site.comparisons.show(comparison);
  const page = (
    <ContactPage view={viewOf(context, site)} comparison={comparison} word={word} {...said} />
  );
  return show(context, page, said.failure === undefined ? 200 : 422);
}

/** Pins the key that was shown, whatever the server says by now. */
async function decide(context: PageContext, site: Site, { desk }: Seat): Promise<Response> {
  const form = await readForm(context.req.raw, limits.maxPageFormBytes);
  const shown = site.comparisons.find(textOf(form, "shown"));
  const decision = textOf(form, "decision");
  try {
    if (decision === "same" && shown.state === "changed") {
      throw new MailError("usage", "Cannot decide about the key: compare again");
    }
    if (decision === "given") requireGiven(shown, textOf(form, "given"));
    const verified = decision !== "trust";
    const comparison = await desk.ask((mailbox) => mailbox.accept(shown, { verified }));
    const notice = verified
      ? "The key is verified."
      : "The new key is saved. Compare it when you can.";
    return showContact(context, site, comparison, { notice });
  } catch (error) {
    return showContact(context, site, shown, { failure: reasonOf(error) });
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

async function showSignIn(context: PageContext, site: Site): Promise<Response> {
  const trouble = await site.resume();
  if (site.seat !== null) return context.redirect("inbox", 303);
  const { name, server } = site.proposed;
  const failure = trouble?.message ?? site.endedBy ?? undefined;
  return signInPage(context, site, {
    server: formatTrusted(server),
    name: name ?? "",
    failure,
  });
}

async function signIn(context: PageContext, site: Site): Promise<Response> {
  const form = await readForm(context.req.raw, limits.maxPageFormBytes);
  const name = textOf(form, "name").trim();
  let server = textOf(form, "server").trim();
  try {
    const address = parseServer(server);
    const confirmed = textOf(form, "confirmed") === "1"
      ? parseFingerprint(textOf(form, "fingerprint"))
      : null;
    const trusted = {
      ...address,
      fingerprint: address.fingerprint ?? confirmed,
    };
    const unknown = await site.askFingerprint(trusted);
    if (unknown !== null) {
      return signInPage(context, site, { server, name, unknown });
    }
    server = formatTrusted(trusted);
    const isKept = textOf(form, "keep") === "1";
    await site.signIn({
      server: trusted,
      name,
      password: textOf(form, "secret"),
      isKept,
    });
    return context.redirect("inbox", 303);
  } catch (error) {
    return signInPage(context, site, {
      server,
      name,
      failure: reasonOf(error),
    });
  }
}

function signInPage(
  context: PageContext,
  site: Site,
  props: Omit<SignInProps, "view" | "mayComeBack">,
): Response {
  const page = (
    <SignInPage
      view={viewOf(context, site)}
      mayComeBack={site.mayComeBack}
      {...props}
    />
  );
  return show(context, page, props.failure === undefined ? 200 : 422);
}

async function signOut(context: PageContext, site: Site): Promise<Response> {
  const form = await readForm(context.req.raw, limits.maxPageFormBytes);
  await site.signOut({ forget: textOf(form, "forget") === "1" });
  const message = "You are signed out. `mailctl web` runs until you end it.";
  return show(
    context,
    <PlainPage view={viewOf(context, site)} title="Signed out" message={message} href="sign-in" />,
  );
}

/** What a person is told. @throws what is a defect, or ends the session */
export function reasonOf(error: unknown): string {
  if (!(error instanceof MailError)) throw error;
  return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
}
