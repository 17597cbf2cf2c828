/** Application passwords of an account: made here, and known to the server only as digests. */
import { appPasswordVerifier, makeAppPassword } from "../../crypto/account/app_password.ts";
import type { Address } from "../../model/address.ts";
import type { AppPasswordScope } from "../../model/device.ts";
import { MailError } from "../../model/errors.ts";
import { requireLabel } from "../../model/label.ts";
import type { ReplyOf } from "../../wire/operations.ts";
import type { OpenAccount } from "../account.ts";
import type { Client } from "../connection/client.ts";
import { unknownIfLost } from "../connection/outcome_unknown.ts";
import { connectAs, logIn, type LoginOptions, withPassword } from "./log_in.ts";

export interface AppPasswordOptions {
  readonly label: string;
  readonly scope: AppPasswordScope;
}

export type AppPassword = ReplyOf<"appPasswords">["appPasswords"][number];

/**
 * Makes an application password, by the account's own password whatever is saved. It is told here and never again.
 * @throws {MailError} `denied` for a wrong password; `name_taken`, `too_large`
 */
export async function createAppPassword(
  options: LoginOptions,
  { label, scope }: AppPasswordOptions,
): Promise<{ readonly address: Address; readonly password: string }> {
  requireLabel(label, "a password");
  return await withPassword(options, async (client, login, known) => {
    const account = await logIn(client, login);
    client.comeBackBy(() => connectAs(known, login));
    const { password, verifier } = await makeAppPassword();
    const query = { label, scope, verifier };
    const hint = "Run `mailctl app-password list`. If it is there, revoke it and make another.";
    await client.change("createAppPassword", query).catch(
      unknownIfLost("the application password was made", hint),
    );
    return { address: account.address, password };
  });
}

/** Ends application passwords, in this order. @throws {MailError} `no_such_message` for the first that does not exist */
export async function revokeAppPasswords(client: Client, labels: readonly string[]): Promise<void> {
  for (const label of labels) {
    requireLabel(label, "a password");
    const { revoked } = await client.change("revokeAppPassword", { label });
    if (!revoked) throw notThere(label);
  }
}

/** Asks the server about an application password that a program showed here. */
export async function checkAppPassword(
  client: Client,
  account: Promise<OpenAccount>,
  scope: AppPasswordScope,
  password: string,
): Promise<boolean> {
  const verifier = await appPasswordVerifier(password);
  if (verifier === null) return false;
  const checked = client.call("checkAppPassword", { scope, verifier });
  await account; // a refused login is the failure to tell
  return (await checked).holds;
}

function notThere(label: string): MailError {
  const message = `Cannot revoke ${JSON.stringify(label)}: there is no such application password`;
  return new MailError("no_such_message", message, {
    hint: "Run `mailctl app-password list` for the list.",
  });
}
