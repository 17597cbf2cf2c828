/** A new password for an account: its keys, sealed anew, and everything else about it as it was. */
import { sealSecretKeys } from "../crypto/identity.ts";
import { deriveLoginKeys, type LoginKeys, newPasswordParameters } from "../crypto/password.ts";
import type { PasswordParameters } from "../model/account.ts";
import { type Address, parseAddress } from "../model/address.ts";
import { MailError } from "../model/errors.ts";
import type { OpenAccount } from "./account.ts";
import type { Client } from "./client.ts";
import { askAboutServer, connect, type ConnectOptions } from "./connect.ts";
import { keysOf, logIn, type LoginOptions, requireConsistent } from "./login.ts";
import { replaceKeys } from "./logins.ts";
import { formatServer } from "./server_address.ts";

export interface ChangePasswordOptions extends LoginOptions {
  /** Called once, after `password`. */
  readonly newPassword: () => Promise<string>;
}

/** A password that is to be: made once, so that asking again asks for the very same. */
export interface NextPassword {
  readonly parameters: PasswordParameters;
  readonly keys: LoginKeys;
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
  const change = { options: known, address, password, next };
  const changed = await attempt(change).catch((error) => settle(change, error));
  await saveChanged(known, address, next.keys);
  return changed;
}

/** Makes parameters and keys of a new password. Takes 150 ms and more. */
export async function makePassword(password: string): Promise<NextPassword> {
  const parameters = newPasswordParameters();
  return { parameters, keys: await deriveLoginKeys(password, parameters) };
}

/** Seals an account's secret keys under a password that is to be. */
export async function sealUnder(
  { parameters, keys }: NextPassword,
  { address, fingerprint, secretKeys }: Pick<OpenAccount, "address" | "fingerprint" | "secretKeys">,
) {
  const owner = { address, parameters, fingerprint };
  return {
    parameters,
    newAuthenticationKey: keys.authenticationKey,
    sealedKeys: await sealSecretKeys(keys.wrappingKey, owner, secretKeys),
  };
}

/** Keeps a saved login usable. @throws {MailError} saying that only this went wrong */
export async function saveChanged(
  { state, server }: ConnectOptions,
  { name }: Address,
  keys: LoginKeys,
): Promise<void> {
  try {
    await replaceKeys(state.folder, { server: formatServer(server), name, ...keys });
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    throw new MailError(error.code, `The password is changed, but not saved: ${error.message}`, {
      cause: error,
      hint: error.hint,
    });
  }
}

interface Change {
  readonly options: ConnectOptions;
  readonly address: Address;
  readonly password: string;
  readonly next: NextPassword;
}

/** Lost after the request was under way: nobody knows yet whether it was carried out. */
class OutcomeUnknown extends Error {}

async function attempt({ options, address, password, next }: Change): Promise<string> {
  return await withClient(options, async (client) => {
    const keys = await keysOf(client, address.name, password);
    const account = await logIn(client, address, keys);
    await requireConsistent(account);
    const { authenticationKey } = keys;
    const request = { authenticationKey, ...await sealUnder(next, account) };
    await client.call("changePassword", request).catch((cause) => {
      const isLost = cause instanceof MailError && cause.code === "unavailable";
      throw isLost ? new OutcomeUnknown("lost", { cause }) : cause;
    });
    return account.address;
  });
}

/** Finds out what became of a change, and makes it where it was not made. The server carries out one at most. */
async function settle(change: Change, error: unknown): Promise<string> {
  if (!(error instanceof OutcomeUnknown)) throw error;
  try {
    return await attemptOrFind(change);
  } catch (cause) {
    throw new MailError(
      "unavailable",
      "Cannot tell whether the password was changed: the connection was lost",
      { cause, hint: "Try `mailctl login` with the new one; if it is refused, the old one holds" },
    );
  }
}

async function attemptOrFind(change: Change): Promise<string> {
  const found = await whoHas(change);
  if (found !== null) return found;
  try {
    return await attempt(change);
  } catch (error) {
    const late = await whoHas(change); // the first request was carried out only now
    if (late !== null) return late;
    throw error;
  }
}

/** The account, where the new password is the one that holds. */
async function whoHas({ options, address, next }: Change): Promise<string | null> {
  return await withClient(options, async (client) => {
    try {
      return (await logIn(client, address, next.keys)).address;
    } catch (error) {
      if (error instanceof MailError && error.code === "denied") return null;
      throw error;
    }
  });
}

async function withClient<T>(
  options: ConnectOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = connect(options);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
