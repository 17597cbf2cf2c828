/** Logging in: from derived keys to the account's own. */
import { inconsistentKeys, publicKeysOf } from "../../crypto/account/identity.ts";
import type { PasswordKeys } from "../../crypto/account/password.ts";
import type { DeviceKeys } from "../../crypto/account/device.ts";
import { proveLogin } from "../../crypto/account/login_proof.ts";
import {
  type AccountName,
  type Address,
  addressAt,
  formatAddress,
  localName,
  parseAddress,
  type ParsedAddress,
} from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import type { Moment } from "../../model/delivery_time.ts";
import type { AccountState } from "../../wire/layouts.ts";
import { type OpenAccount, openAccount, openShare, type OwnAccount } from "../account.ts";
import type { DeviceScope } from "../../model/device.ts";
import type { Client } from "../connection/client.ts";
import { askAboutServer, connect, type ConnectOptions, withClient } from "../connection/connect.ts";
import { unexpectedReply } from "../unexpected_reply.ts";

export interface LoginOptions extends ConnectOptions {
  /** A name, or `name@domain` where the domain is the server's. */
  readonly name: string;
  /** Called once, and only where no saved login fits. */
  readonly password: () => Promise<string>;
  /** Hears, in a sentence, what the owner is to know and no command stops for. */
  readonly onWarning?: ((sentence: string) => void) | undefined;
  /** What this machine is called where its login is saved; like its host unless it is said. */
  readonly device?: DeviceName | undefined;
  /** What a login that is saved may do, and until when; all, for ever, unless it is said. */
  readonly power?: DevicePower | undefined;
  /** Where true, nothing is sent to a key that nobody compared. */
  readonly requireVerified?: boolean | undefined;
  /** Where false, no sender learns that mail was read. */
  readonly receipts?: boolean | undefined;
}

/** What a device is to be called: as its owner says, or whatever is free and begins like this. */
export type DeviceName = { readonly label: string } | { readonly like: string };

/** What a device may do, and until when. */
export interface DevicePower {
  readonly scope: DeviceScope;
  readonly expires: Moment | null;
  /** Of one that reads: whose mail; null: everybody's. */
  readonly senders: readonly AccountName[] | null;
}

/** Who logs in by a password. */
export interface PasswordLogin extends PasswordKeys {
  readonly address: Address;
}

/** Who logs in by the keys of a device. */
export interface DeviceLogin extends DeviceKeys {
  readonly address: Address;
  readonly scope: DeviceScope;
}

/** Who logs in, and by which keys. */
export type AccountLogin = PasswordLogin | DeviceLogin;

/** Logs in and opens the account's keys. @throws {MailError} `denied`, `bad_signature` */
export async function logIn(client: Client, login: PasswordLogin): Promise<OwnAccount> {
  return await openAccount(await requestLogin(client, login), login);
}

/** As `connect`, logged in; waits for the login. @throws {MailError} as `logIn` */
export async function connectAs(options: ConnectOptions, login: AccountLogin): Promise<Client> {
  return await connectWhere(options, login, () => true);
}

/**
 * As `connectAs`, to ask once more for a change that was made from the account's keys. `sealed`: how the server may have
 * them, before the change and after it. Where another machine replaced them meanwhile, it would lose the new ones.
 * @throws {MailError} `unavailable` then
 */
export async function connectUnchanged(
  options: ConnectOptions,
  login: PasswordLogin,
  sealed: readonly Uint8Array[],
): Promise<Client> {
  return await connectWhere(
    options,
    login,
    ({ sealedKeys }) => sealed.some((known) => equalBytes(known, sealedKeys)),
  );
}

async function connectWhere(
  options: ConnectOptions,
  login: AccountLogin,
  isRight: (state: AccountState) => boolean,
): Promise<Client> {
  const client = connect(options);
  try {
    if ("deviceKey" in login) client.limitTo(login.scope);
    if (isRight(await requestLogin(client, login))) return client;
    throw new MailError("unavailable", "Cannot continue: another machine changed the account");
  } catch (error) {
    client.close();
    throw error;
  }
}

/** Logs in by the keys of a device; the client calls only what that may do. @throws {MailError} as `logIn` */
export async function enterByDevice(client: Client, login: DeviceLogin): Promise<OpenAccount> {
  client.limitTo(login.scope);
  return await openShare(await requestLogin(client, login), login);
}

/** Logs in either way. @throws {MailError} as `logIn` */
export function enter(client: Client, login: AccountLogin): Promise<OpenAccount> {
  return "deviceKey" in login ? enterByDevice(client, login) : logIn(client, login);
}

/** Logs in. @throws {MailError} `denied`, `protocol` for an account that nobody asked for */
export async function requestLogin(client: Client, login: AccountLogin): Promise<AccountState> {
  const { address, loginSeed } = login;
  const { name } = parseAddress(address);
  const state = await client.call("login", async (transcript) => ({
    name,
    ...await proveLogin(loginSeed, { transcript, address }),
  })).catch(tellRefusal(login));
  if (addressAt(state.name, state.domain) !== address) throw unexpectedReply();
  return state;
}

/** Says what the server does not explain where it refuses a login; every other failure stays what it is. */
export function tellRefusal(login: AccountLogin): (error: unknown) => never {
  return (error) => {
    throw isFailure(error, "denied") && !error.hint ? refusedLogin(login, error) : error;
  };
}

/** A device is refused only once it was revoked, and then forever. */
function refusedLogin(login: AccountLogin, cause: MailError): MailError {
  const [message, hint] = "deviceKey" in login
    ? ["the login saved on this machine is no longer valid", "Run `mailctl login`."] as const
    : [
      "the name or password is wrong",
      "If you have forgotten the password, run `mailctl account recover NAME`.",
    ] as const;
  return new MailError("denied", `Cannot log in: ${message}`, { cause, hint });
}

/** @throws {MailError} `denied` for an address of another domain */
export function requireLocal(address: ParsedAddress, domain: string): void {
  if (localName(address, domain) !== null) return;
  throw new MailError(
    "denied",
    `Cannot use the account ${formatAddress(address)}: the server's domain is ${domain}`,
  );
}

/** Asks for the domain that the server's accounts live in. @throws {MailError} `denied` for an address of another */
export async function addressOn(client: Client, address: ParsedAddress): Promise<Address> {
  const { domain } = await client.call("domain", {});
  requireLocal(address, domain);
  return addressAt(address.name, domain);
}

/** Derives the keys of a password as the server says. Closes the client where it cannot. */
export async function keysOf(
  client: Client,
  wanted: ParsedAddress,
  password: string,
): Promise<PasswordLogin> {
  try {
    const addressed = addressOn(client, wanted);
    const parameters = client.call("passwordParameters", { name: wanted.name });
    const { derivePasswordKeys } = await import("../../crypto/account/password.ts");
    const address = await addressed;
    return { address, ...await derivePasswordKeys(password, await parameters) };
  } catch (error) {
    client.close();
    throw error;
  }
}

/** One question at a time, and no connection that waits for a person: first the server, then the password. */
export async function knownAndPassword<O extends LoginOptions>(
  options: O,
): Promise<{ readonly known: O; readonly password: string }> {
  const known = { ...options, ...await askAboutServer(options) };
  return { known, password: await options.password() };
}

/** Does what takes an account's password, on a connection of its own. */
export async function withPassword<T>(
  options: LoginOptions,
  work: (client: Client, login: PasswordLogin, known: LoginOptions) => Promise<T>,
): Promise<T> {
  const wanted = parseAddress(options.name);
  const { known, password } = await knownAndPassword(options);
  return await withClient(known, async (client) => {
    return await work(client, await keysOf(client, wanted, password), known);
  });
}

/** What every login by saved keys takes on trust from the seal: that the age recipient belongs to the identity. */
export async function requireConsistent(
  { secretKeys, publicKeys }: Pick<OwnAccount, "secretKeys" | "publicKeys">,
): Promise<void> {
  const computed = await publicKeysOf(secretKeys);
  const same = computed.recipient === publicKeys.recipient &&
    equalBytes(computed.signingKey, publicKeys.signingKey);
  if (!same) throw inconsistentKeys();
}
