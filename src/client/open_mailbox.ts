/** From a name and a password, or keys that were saved, to an open mailbox. */
import { publicKeysOf } from "../crypto/account/identity.ts";
import type { LoginKeys } from "../crypto/account/password.ts";
import { type Address, formatAddress, localName, parseAddress } from "../model/address.ts";
import { equalBytes } from "../model/bytes.ts";
import type { AccountState } from "../wire/layouts.ts";
import { MailError } from "../model/errors.ts";
import { type OpenAccount, openAccount } from "./account.ts";
import type { Client } from "./connection/client.ts";
import {
  askAboutServer,
  type ClientState,
  connect,
  type ConnectOptions,
} from "./connection/connect.ts";
import { notAskedFor } from "./reading/entry.ts";
import { type KeyringMark, noKeyring } from "./correspondents/keyring.ts";
import {
  dropLogins,
  findLogin,
  noteKeyring,
  readLogins,
  saveKeys,
} from "./account/saved_logins.ts";
import { Mailbox } from "./mailbox.ts";
import { formatServer, parseServer, type ServerAddress } from "./connection/server_address.ts";

export interface LoginOptions extends ConnectOptions {
  /** A name, or `name@domain` where the domain is the server's. */
  readonly name: string;
  /** Called once, and only where no saved login fits. */
  readonly password: () => Promise<string>;
  /** Where true, nothing is sent to a key that nobody compared. */
  readonly requireVerified?: boolean | undefined;
  /** Where false, no sender learns that mail was read. */
  readonly receipts?: boolean | undefined;
}

export interface SavedLogin {
  readonly server: ServerAddress;
  readonly name: string;
}

/** Finds the saved login that commands use when nobody names another; null where there is none. */
export async function defaultLogin({ folder }: ClientState): Promise<SavedLogin | null> {
  const login = (await readLogins(folder)).at(-1);
  return login === undefined ? null : { server: parseServer(login.server), name: login.name };
}

/**
 * Logs in, with the saved keys where there are some. Waits for the network only where a password is needed:
 * otherwise the first call does.
 * @throws {MailError} `denied`, and all of `connect`; with saved keys they come out of the first call
 */
export async function openMailbox(options: LoginOptions): Promise<Mailbox> {
  const address = parseAddress(options.name);
  const server = formatServer(options.server);
  const saved = await findLogin(options.state.folder, server, address.name);
  if (saved !== null) {
    const client = connect(options);
    const account = logIn(client, address, saved).catch(refuseSaved);
    return mailboxOn(client, options, address, saved, account);
  }
  const { known, password } = await knownAndPassword(options);
  const client = connect(known);
  return mailboxOn(client, known, address, await keysOf(client, address.name, password));
}

/** Logs in by password, checks all keys against each other, and saves the derived ones. @throws {MailError} `denied` */
export async function saveLogin(options: LoginOptions): Promise<Mailbox> {
  const address = parseAddress(options.name);
  const { name } = address;
  const server = formatServer(options.server);
  const { known, password } = await knownAndPassword(options);
  const client = connect(known);
  const keys = await keysOf(client, name, password);
  const account = logIn(client, address, keys);
  await requireConsistent(await account);
  await saveKeys(options.state.folder, { server, name, ...keys });
  const saved = await findLogin(options.state.folder, server, name);
  const mailbox = mailboxOn(client, known, address, { ...keys, keyring: saved?.keyring }, account);
  await mailbox.checkKeyring();
  return mailbox;
}

/** Drops saved logins: of one account at a server, of a server, or all. Returns what was dropped. */
export async function dropLogin(
  { folder }: ClientState,
  which: { readonly server?: ServerAddress | undefined; readonly name?: string | undefined },
): Promise<{ server: string; name: string }[]> {
  const server = which.server && formatServer(which.server);
  const dropped = await dropLogins(
    folder,
    (login) =>
      (server === undefined || login.server === server) &&
      (which.name === undefined || login.name === parseAddress(which.name).name),
  );
  return dropped.map(({ server, name }) => ({ server, name }));
}

export interface RegisterOptions extends LoginOptions {
  /** The token of an invite, where there is one. */
  readonly invite?: Uint8Array | undefined;
}

/**
 * Makes an account and its keys, and logs in.
 * @throws {MailError} `name_taken`, `malformed` for the name, `denied` where an invite is missing or no longer good
 */
export async function register(options: RegisterOptions): Promise<Mailbox> {
  const address = parseAddress(options.name);
  const { known, password } = await knownAndPassword(options);
  const client = connect(known);
  try {
    const invited = options.invite && client.call("useInvite", { token: options.invite });
    const { domain } = await client.call("domain", {});
    await invited; // before the password costs a second
    requireLocal(address, domain);
    const { prepareRegistration } = await import("./account/registration.ts");
    const { registration, keys } = await prepareRegistration(address.name, domain, password);
    const account = openAccount(await client.call("register", registration), keys.wrappingKey);
    return mailboxOn(client, known, address, keys, account);
  } catch (error) {
    client.close();
    throw error;
  }
}

/**
 * Deletes an account for good, by its password whatever is saved, and drops its saved login.
 * @throws {MailError} `denied`
 */
export async function deleteAccount(
  options: LoginOptions,
): Promise<{ address: string; erased: boolean }> {
  const address = parseAddress(options.name);
  const { known, password } = await knownAndPassword(options);
  const client = connect(known);
  try {
    const keys = await keysOf(client, address.name, password);
    const account = logIn(client, address, keys);
    const { authenticationKey } = keys;
    const closed = client.call("closeAccount", { authenticationKey });
    closed.catch(() => {}); // a refused login tells
    const { address: deleted } = await account;
    const { erased } = await closed.catch(toldTooLittle);
    await dropLogin(options.state, options);
    return { address: deleted, erased };
  } finally {
    client.close();
  }
}

/** A connection lost after the last word says nothing about what was done. */
function toldTooLittle(cause: unknown): never {
  if (!(cause instanceof MailError) || cause.code !== "unavailable") throw cause;
  const message = "Cannot tell whether the account was deleted: the connection was lost";
  throw new MailError("unavailable", message, {
    cause,
    hint: "Run it again: if the password is refused then, the account is gone.",
  });
}

/** One question at a time, and no connection that waits for a person: first the server, then the password. */
async function knownAndPassword(
  options: LoginOptions,
): Promise<{ known: LoginOptions; password: string }> {
  const known = { ...options, ...await askAboutServer(options) };
  return { known, password: await options.password() };
}

function mailboxOn(
  client: Client,
  options: LoginOptions,
  address: Address,
  keys: LoginKeys & { readonly keyring?: KeyringMark | undefined },
  account: Promise<OpenAccount> = logIn(client, address, keys),
): Mailbox {
  const { folder } = options.state;
  const which = { server: formatServer(options.server), name: address.name };
  return new Mailbox({
    client,
    account,
    keyringMark: keys.keyring ?? noKeyring,
    noteKeyring: (mark) => noteKeyring(folder, which, mark),
    reopen: (keyring) =>
      Promise.resolve(mailboxOn(connect(options), options, address, { ...keys, keyring })),
    now: Date.now,
    requireVerified: options.requireVerified ?? false,
    receipts: options.receipts ?? true,
  });
}

/** Keys that were saved are refused only once the password is another, and then forever. */
function refuseSaved(error: unknown): never {
  if (!(error instanceof MailError) || error.code !== "denied" || error.hint) throw error;
  throw new MailError("denied", error.message, {
    cause: error,
    hint: "If the password was changed, `mailctl login` saves the new keys.",
  });
}

/** Logs in and opens the account's keys. @throws {MailError} `denied`, `bad_signature` */
export async function logIn(
  client: Client,
  address: Address,
  keys: LoginKeys,
): Promise<OpenAccount> {
  const { authenticationKey, wrappingKey } = keys;
  const state = await client.call("login", { name: address.name, authenticationKey });
  requireState(address, state);
  return await openAccount(state, wrappingKey);
}

/** @throws {MailError} `denied`, `protocol` for an account that nobody asked for */
export function requireState(address: Address, { name, domain }: AccountState): void {
  requireLocal(address, domain);
  if (name !== address.name) throw notAskedFor();
}

/** @throws {MailError} `denied` for an address of another domain */
export function requireLocal(address: Address, domain: string): void {
  if (localName(address, domain) !== null) return;
  throw new MailError(
    "denied",
    `Cannot be ${formatAddress(address)}: this server's domain is ${domain}`,
  );
}

/** Derives the keys of a password as the server says. Closes the client where it cannot. */
export async function keysOf(client: Client, name: string, password: string): Promise<LoginKeys> {
  try {
    const parameters = client.call("passwordParameters", { name });
    const { deriveLoginKeys } = await import("../crypto/account/password.ts");
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
