/** From a name and a password, or keys that were saved, to an open mailbox. */
import { proveLogin } from "../crypto/account/login_proof.ts";
import { type AccountName, type Address, addressAt, parseAddress } from "../model/address.ts";
import { reservedNames } from "../model/bounce.ts";
import { type Hint, isFailure, MailError } from "../model/errors.ts";
import { bestEffort, heardElsewhere } from "../model/promises.ts";
import { type OpenAccount, openAccount } from "./account.ts";
import { indexPath } from "./account/index_path.ts";
import {
  type AccountLogin,
  connectAs,
  connectUnchanged,
  enter,
  keysOf,
  knownAndPassword,
  logIn,
  type LoginOptions,
  requireConsistent,
  requireLocal,
  tellRefusal,
  withPassword,
} from "./account/log_in.ts";
import { isOf, type WhoseLogins } from "./account/log_out.ts";
import type { Login } from "./account/logins_file.ts";
import {
  dropLogins,
  findLogin,
  loginsSettled,
  noteList,
  ownDevice,
  readLogins,
  type RememberedList,
} from "./account/saved_logins.ts";
import type { Client } from "./connection/client.ts";
import { type ClientState, connect } from "./connection/connect.ts";
import { unknownIfLost } from "./connection/outcome_unknown.ts";
import { formatServer, parseServer, type ServerAddress } from "./connection/server_address.ts";
import { saveOrTell } from "./connection/unsaved.ts";
import { type ListMark, ListMemory } from "./list_mark.ts";
import { Mailbox } from "./mailbox.ts";
import { MailboxContext, type MailboxOptions } from "./mailbox_context.ts";
import type { ReconnectPolicy } from "./watching/reconnecting_mailbox.ts";

export interface SavedLogin {
  readonly server: ServerAddress;
  readonly name: string;
}

/**
 * Finds the saved login that commands use when nobody names another; null where there is none. `read` says what becomes
 * of a damaged file. @throws {MailError} as `read`
 */
export async function defaultLogin(
  { folder }: ClientState,
  read: typeof readLogins = readLogins,
): Promise<SavedLogin | null> {
  const login = (await read(folder)).at(-1);
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
    requireLocal(address, parseAddress(saved.address).domain!);
    return mailboxOn(connect(options), { options, login: saved });
  }
  const { known, password } = await knownAndPassword(options);
  const client = connect(known);
  const login = await keysOf(client, address, password);
  return mailboxOn(client, { options: known, login });
}

/**
 * Makes what opens a mailbox again on a new connection, for a program that runs for long: where another login of the
 * account is saved here by then, with that. `isRenewed` tells whether one is.
 */
export async function followSavedLogin(
  options: LoginOptions,
): Promise<Pick<ReconnectPolicy, "reopen" | "isRenewed">> {
  const address = parseAddress(options.name);
  const savedKey = async () => (await ownDevice(options, address))?.toHex() ?? null;
  const first = await savedKey();
  const keys = new WeakMap<Mailbox, string>(); // of several that open, some may have a mailbox of before
  const newKey = async (mailbox: Mailbox) => {
    const saved = await savedKey().catch(() => null); // what is wrong with the file is told by commands
    return saved === (keys.get(mailbox) ?? first) ? null : saved;
  };
  return {
    reopen: async (mailbox) => {
      const renewed = await newKey(mailbox);
      const opened = renewed === null ? await mailbox.reopen() : await openMailbox(options);
      const key = renewed ?? keys.get(mailbox);
      if (key !== undefined) keys.set(opened, key);
      return opened;
    },
    isRenewed: async (mailbox) => {
      await bestEffort(loginsSettled(options.state.folder)); // else it is as it was
      return await newKey(mailbox) !== null;
    },
  };
}

/**
 * Logs in by password, checks all keys against each other, and makes this machine a device with a saved login.
 * @throws {MailError} `denied`; `name_taken` for the label that its owner chose
 */
export async function saveLogin(options: LoginOptions): Promise<Mailbox> {
  const address = parseAddress(options.name);
  const { known, password } = await knownAndPassword(options);
  const client = connect(known);
  try {
    const byPassword = await keysOf(client, address, password);
    const account = await logIn(client, byPassword);
    await requireConsistent(account);
    client.comeBackBy(() => connectUnchanged(known, byPassword, [account.sealedKeys]));
    const { saveDevice } = await import("./account/save_login.ts");
    const login = await saveDevice(client, known, byPassword, account);
    const mailbox = mailboxOn(client, { options: known, login }, Promise.resolve(account));
    await mailbox.checkKeyring().catch(notChecked);
    return mailbox;
  } catch (error) {
    client.close();
    throw error;
  }
}

function notChecked(cause: unknown): never {
  if (!isFailure(cause, "unavailable")) throw cause;
  const message = `Cannot check your contacts, but the login is saved: ${cause.message}`;
  throw new MailError(cause.code, message, { cause, hint: cause.hint });
}

/** Has the keyring be of the keys that an account has now, and this machine remember that: older ones are refused then. */
export async function noteOwnKeys(
  client: Client,
  { options, login }: { readonly options: LoginOptions; readonly login: AccountLogin },
  account: OpenAccount,
): Promise<void> {
  const server = formatServer(options.server);
  const saved = await findLogin(options.state.folder, server, account.name);
  const opening = { options, login: { ...login, keyring: saved?.keyring } };
  const context = new MailboxContext(mailboxOptions(client, opening, Promise.resolve(account)));
  await (await context.keyring()).change(() => true);
}

/** Drops saved logins, and tells no server. Returns what was dropped. */
export async function dropLogin({ folder }: ClientState, which: WhoseLogins): Promise<Login[]> {
  return await dropLogins(folder, isOf(which));
}

export interface RegisterOptions extends LoginOptions {
  /** The token of an invite, where there is one. */
  readonly invite?: Uint8Array | undefined;
  /** Where true, this machine becomes a device with a saved login, which is the default where there is no other. */
  readonly isSaved?: boolean | undefined;
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
    const { prepareRegistration } = await import("../crypto/account/registration.ts");
    const { registration, keys } = await prepareRegistration(address.name, domain, password);
    const byPassword = { ...keys, address: addressAt(address.name, domain) };
    client.comeBackBy(() => Promise.resolve(comeToRegister(options, known)));
    const hint: Hint =
      `Run \`mailctl login ${address.name}\`. If the password is refused, no account was made.`;
    const state = await client.change("register", async (transcript) => {
      const presence = { transcript, address: byPassword.address };
      const { signature: loginSignature } = await proveLogin(keys.loginSeed, presence);
      return { ...registration, loginSignature };
    }).catch(unknownIfLost("the account was made", hint)).catch(perhapsMade(address.name));
    const account = await openAccount(state, keys);
    client.comeBackBy(() => connectUnchanged(known, byPassword, [account.sealedKeys]));
    const { notSaved, saveDevice } = await import("./account/save_login.ts");
    const saved = options.isSaved &&
      await saveDevice(client, { ...known, isDefault: false }, byPassword, account)
        .catch((cause) => unsaved(known, notSaved("the account is made", address.name, cause)));
    const login = saved || byPassword;
    return mailboxOn(client, { options: known, login }, Promise.resolve(account));
  } catch (error) {
    client.close();
    throw error;
  }
}

/** A new connection that may register. An invite that is used up was used by this very request, as its answer tells. */
function comeToRegister({ invite: token }: RegisterOptions, known: LoginOptions): Client {
  const client = connect(known);
  if (token !== undefined) heardElsewhere(client.call("useInvite", { token }));
  return client;
}

/** Makes what passes a failure on: a name that is taken may be one's own, made by a run that was cut off. */
function perhapsMade(name: AccountName): (cause: unknown) => never {
  return (cause) => {
    if (!isFailure(cause, "name_taken") || reservedNames.has(name)) throw cause;
    const hint: Hint = `If an earlier run of yours made it, run \`mailctl login ${name}\`.`;
    throw new MailError(cause.code, cause.message, { cause, hint, by: cause.by });
  };
}

/** An account that was made is there, whether or not its login can be saved. */
function unsaved({ onUnsaved }: LoginOptions, failure: MailError): null {
  if (onUnsaved === undefined) throw failure;
  onUnsaved(failure);
  return null;
}

/**
 * Deletes an account for good, by its password whatever is saved, and drops its saved login.
 * @throws {MailError} `denied`
 */
export async function deleteAccount(
  options: LoginOptions,
): Promise<{ address: Address; erased: boolean }> {
  const { name } = parseAddress(options.name);
  return await withPassword(options, async (client, login, known) => {
    const { address: deleted, loginSeed } = login;
    client.comeBackBy(() => Promise.resolve(connect(known))); // the request logs in
    const hint =
      "Run it again. If the password is refused, the account is deleted: then run `mailctl logout`.";
    const { erased } = await client.change("closeAccount", async (transcript) => ({
      name,
      ...await proveLogin(loginSeed, { transcript, address: deleted }),
    })).catch(tellRefusal(login)).catch(unknownIfLost("the account was deleted", hint));
    await saveOrTell(dropLogin(options.state, options), options.onUnsaved);
    return { address: deleted, erased };
  });
}

/** What a mailbox is opened with, on every connection. */
interface Opening {
  readonly options: LoginOptions;
  readonly login: AccountLogin & { readonly [L in RememberedList]?: ListMark | undefined };
  /** Absent: what is remembered with the login. */
  readonly folders?: ListMemory | undefined;
}

function mailboxOn(
  client: Client,
  opening: Opening,
  account: Promise<OpenAccount> = enter(client, opening.login),
): Mailbox {
  return new Mailbox(mailboxOptions(client, opening, account));
}

/** The options of a mailbox on this connection, and on every later one. */
function mailboxOptions(
  client: Client,
  { options, login, ...opening }: Opening,
  account: Promise<OpenAccount>,
): MailboxOptions {
  const { folder } = options.state;
  const which = { server: formatServer(options.server), name: parseAddress(login.address).name };
  client.comeBackBy(() => connectAs(options, login));
  const note = (list: RememberedList) => (mark: ListMark) =>
    saveOrTell(noteList(folder, which, list, mark), options.onUnsaved);
  const folders = opening.folders ?? new ListMemory(login.folders ?? [], note("folders"));
  return {
    client,
    account,
    keyringMark: login.keyring ?? [],
    noteKeyring: note("keyring"),
    folders,
    onWarning: options.onWarning,
    indexPath: "deviceKey" in login ? indexPath(folder, which) : null,
    onUnsaved: options.onUnsaved,
    reopen: (keyring) => {
      const client = connect(options);
      const opening = { options, login: { ...login, keyring }, folders };
      return mailboxOptions(client, opening, enter(client, login));
    },
    now: Date.now,
    requireVerified: options.requireVerified ?? false,
    receipts: options.receipts ?? true,
  };
}
