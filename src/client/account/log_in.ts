/** Logging in: from derived keys to the account's own. */
import { publicKeysOf } from "../../crypto/account/identity.ts";
import type { LoginKeys } from "../../crypto/account/password.ts";
import {
  type AccountName,
  formatAddress,
  localName,
  type ParsedAddress,
} from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import type { AccountState } from "../../wire/layouts.ts";
import { type OpenAccount, openAccount } from "../account.ts";
import type { Client } from "../connection/client.ts";
import type { ConnectOptions } from "../connection/connect.ts";
import { unexpectedReply } from "../unexpected_reply.ts";

export interface LoginOptions extends ConnectOptions {
  /** A name, or `name@domain` where the domain is the server's. */
  readonly name: string;
  /** Called once, and only where no saved login fits. */
  readonly password: () => Promise<string>;
  /** Hears, in a sentence, what the owner is to know and no command stops for. */
  readonly onWarning?: ((sentence: string) => void) | undefined;
  /** Where true, nothing is sent to a key that nobody compared. */
  readonly requireVerified?: boolean | undefined;
  /** Where false, no sender learns that mail was read. */
  readonly receipts?: boolean | undefined;
}

/** Logs in and opens the account's keys. @throws {MailError} `denied`, `bad_signature` */
export async function logIn(
  client: Client,
  address: ParsedAddress,
  keys: LoginKeys,
): Promise<OpenAccount> {
  const { authenticationKey, wrappingKey } = keys;
  const state = await client.call("login", { name: address.name, authenticationKey });
  requireState(address, state);
  return await openAccount(state, wrappingKey);
}

/** @throws {MailError} `denied`, `protocol` for an account that nobody asked for */
export function requireState(address: ParsedAddress, { name, domain }: AccountState): void {
  requireLocal(address, domain);
  if (name !== address.name) throw unexpectedReply();
}

/** @throws {MailError} `denied` for an address of another domain */
export function requireLocal(address: ParsedAddress, domain: string): void {
  if (localName(address, domain) !== null) return;
  throw new MailError(
    "denied",
    `Cannot use the account ${formatAddress(address)}: the server's domain is ${domain}`,
  );
}

/** Derives the keys of a password as the server says. Closes the client where it cannot. */
export async function keysOf(
  client: Client,
  name: AccountName,
  password: string,
): Promise<LoginKeys> {
  try {
    const parameters = client.call("passwordParameters", { name });
    const { deriveLoginKeys } = await import("../../crypto/account/password.ts");
    return await deriveLoginKeys(password, await parameters);
  } catch (error) {
    client.close();
    throw error;
  }
}

/** What every login by saved keys takes on trust from the seal: that the age recipient belongs to the identity. */
export async function requireConsistent(
  { secretKeys, publicKeys }: Pick<OpenAccount, "secretKeys" | "publicKeys">,
): Promise<void> {
  const computed = await publicKeysOf(secretKeys);
  const same = computed.recipient === publicKeys.recipient &&
    equalBytes(computed.signingKey, publicKeys.signingKey);
  if (!same) {
    throw new MailError("bad_signature", "Cannot use the account: its keys do not belong together");
  }
}
