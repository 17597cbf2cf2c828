/** A new password for an account: its keys, sealed anew, and everything else about it as it was. */
import { sealSecretKeys } from "../../crypto/account/identity.ts";
import { loginKeyOf } from "../../crypto/account/login_proof.ts";
import {
  derivePasswordKeys,
  newPasswordParameters,
  type PasswordKeys,
} from "../../crypto/account/password.ts";
import { parseAddress, type ParsedAddress } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import type { OpenAccount } from "../account.ts";
import { askAboutServer, type ConnectOptions } from "../connection/connect.ts";
import { lost } from "../connection/outcome_unknown.ts";
import { keysOf, logIn, type LoginOptions, requireConsistent } from "./log_in.ts";
import { replaceKeys } from "./saved_logins.ts";
import { formatServer } from "../connection/server_address.ts";
import { makeChange, type NextPassword, withClient } from "./uncertain_change.ts";

export interface ChangePasswordOptions extends LoginOptions {
  /** Called once, after `password`. */
  readonly newPassword: () => Promise<string>;
}

/**
 * Replaces the password of an account, and the keys saved for it here. Returns the account's address.
 * @throws {MailError} `denied` for a wrong old one; `conflict` where another machine changed the account meanwhile;
 * `unavailable`, telling what is known of the outcome
 */
export async function changePassword(options: ChangePasswordOptions): Promise<string> {
  const address = parseAddress(options.name);
  const known = { ...options, ...await askAboutServer(options) };
  const password = await options.password();
  const next = await makePassword(await options.newPassword());
  const attempt = () => change(known, address, password, next);
  const changed = await makeChange({ options: known, address, next, attempt });
  await saveChanged(known, address, next.keys);
  return changed.address;
}

/** Makes parameters and keys of a new password. Takes 150 ms and more. */
export async function makePassword(password: string): Promise<NextPassword> {
  const parameters = newPasswordParameters();
  return { parameters, keys: await derivePasswordKeys(password, parameters) };
}

/** Seals an account's secret keys under a password that is to be. */
export async function sealUnder(
  { parameters, keys }: NextPassword,
  { address, fingerprint, secretKeys }: Pick<OpenAccount, "address" | "fingerprint" | "secretKeys">,
) {
  const owner = { address, parameters, fingerprint };
  return {
    parameters,
    loginKey: await loginKeyOf(keys.loginSeed),
    sealedKeys: await sealSecretKeys(keys.wrappingKey, owner, secretKeys),
  };
}

/** Keeps a saved login usable. @throws {MailError} saying that only this went wrong */
export async function saveChanged(
  { state, server }: ConnectOptions,
  { name }: ParsedAddress,
  keys: PasswordKeys,
): Promise<void> {
  try {
    await replaceKeys(state.folder, { server: formatServer(server), name, ...keys });
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    throw new MailError(
      error.code,
      `Cannot save the login, but the password is changed: ${error.message}`,
      {
        cause: error,
        hint: error.hint,
      },
    );
  }
}

async function change(
  options: ConnectOptions,
  address: ParsedAddress,
  password: string,
  next: NextPassword,
): Promise<OpenAccount> {
  return await withClient(options, async (client) => {
    const account = await logIn(client, await keysOf(client, address, password));
    await requireConsistent(account);
    await client.call("changePassword", await sealUnder(next, account)).catch(lost);
    return account;
  });
}
