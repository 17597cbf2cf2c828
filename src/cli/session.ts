/** How a command comes to a server or a mailbox: settings, saved login, questions. Loads the client late. */
import type { ConnectOptions } from "../client/connection/connect.ts";
import type { LoginOptions } from "../client/account/log_in.ts";
import type { SavedLogin } from "../client/open_mailbox.ts";
import type { Mailbox } from "../client/mailbox.ts";
import type { ServerAddress } from "../client/connection/server_address.ts";
import { MailError } from "../model/errors.ts";
import { giveUpPrograms } from "./permissions.ts";
import { stateFolder } from "./settings/folders.ts";
import { switchFlag } from "./flag.ts";
import { say, sayHint } from "./terminal/output.ts";
import { isPersonReading } from "./terminal/terminal.ts";
import { settingFlag, Settings, settingSwitch, usualServer } from "./settings/settings.ts";
import { host } from "./host.ts";

/** The flags of every command that talks to a server. */
export interface ServerFlags {
  readonly server: string | undefined;
}

export const serverFlags = { server: settingFlag("server") };

/** The flags of every command that logs in. */
export interface AccountFlags extends ServerFlags {
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
  readonly passwordStdin: boolean;
}

export const accountFlags = {
  ...serverFlags,
  user: settingFlag("user"),
  passwordFile: settingFlag("passwordFile"),
  passwordStdin: settingSwitch("passwordStdin"),
};

/** The flags of every command that sends. */
export interface SenderFlags extends AccountFlags {
  readonly requireVerified: boolean;
}

export const senderFlags = {
  ...accountFlags,
  requireVerified: settingSwitch("requireVerified"),
};

/** The flags of every command that marks as read. */
export interface ReaderFlags extends AccountFlags {
  readonly noReceipt: boolean;
}

export const readerFlags = {
  ...accountFlags,
  noReceipt: switchFlag("Send no receipt to the sender"),
};

/** The flags of every command that sets another password. */
export interface NewPasswordFlags {
  readonly newPasswordFile: string | undefined;
}

export const newPasswordFlags = { newPasswordFile: settingFlag("newPasswordFile") };

/** Opens the mailbox that flags and settings name, and closes it when the work is over. */
export async function withMailbox<T>(
  flags: AccountFlags | SenderFlags | ReaderFlags,
  work: (mailbox: Mailbox) => Promise<T>,
  duty: Duty = {},
): Promise<T> {
  const options = await loginOptions(flags);
  const { openMailbox } = await import("../client/open_mailbox.ts");
  return await closing(await openMailbox(options), work, duty);
}

/** What work at a mailbox needs besides it. */
export interface Duty {
  /** True where it starts programs, as hooks, or the shell that asks at a terminal; a pager needs no word. */
  readonly startsPrograms?: boolean | undefined;
}

/** Works with a mailbox and closes it, however the work ends. From here on, what others wrote is read. */
export async function closing<T>(
  mailbox: Mailbox,
  work: (mailbox: Mailbox) => Promise<T>,
  { startsPrograms = isPersonReading() }: Duty = {},
): Promise<T> {
  if (!startsPrograms) giveUpPrograms();
  try {
    return await work(mailbox);
  } finally {
    await mailbox.finish();
  }
}

/** Says which server to talk to, and how to ask about a new one. @throws {MailError} `configuration` */
export async function connectOptions(settings: Settings): Promise<ConnectOptions> {
  return (await findServer(settings)).connection;
}

/** Says who logs in where; `named` is an account given as an argument. @throws {MailError} `configuration` */
export async function loginOptions(
  flags: AccountFlags | SenderFlags | ReaderFlags,
  query: LoginFlags = {},
): Promise<LoginOptions> {
  const { name, ...options } = await proposedLogin(flags, query);
  if (name === null) throw noUser(options.server, flags, query.what);
  return { ...options, name };
}

interface LoginFlags {
  readonly named?: string | undefined;
  readonly isNew?: boolean;
  /** True for a command that writes a damaged file of saved logins anew. */
  readonly replacesDamaged?: boolean;
  /** What cannot be done where nobody is named. */
  readonly what?: string;
}

/** As `loginOptions`, where nobody needs to be named yet: then the name is null. @throws {MailError} `configuration` */
export async function proposedLogin(
  flags: AccountFlags | SenderFlags | ReaderFlags,
  { named, isNew = false, replacesDamaged = false }: LoginFlags = {},
): Promise<Omit<LoginOptions, "name"> & { readonly name: string | null }> {
  checkPasswordFlags(flags);
  const settings = new Settings(flags);
  const { connection, saved } = await findServer(settings, replacesDamaged);
  const name = named ?? settings.find("user")?.value ?? saved?.name ?? null;
  const requireVerified = settings.isOn("requireVerified");
  const receipts = settings.isOn("receipts") && !("noReceipt" in flags && flags.noReceipt);
  const password = () => askPassword(settings, flags, isNew);
  return { ...connection, name, password, requireVerified, receipts, onWarning: say };
}

/** As `loginOptions`, with the password that is to be. */
export async function newPasswordOptions(
  flags: AccountFlags & NewPasswordFlags,
): Promise<LoginOptions & { readonly newPassword: () => Promise<string> }> {
  return { ...await loginOptions(flags), newPassword: () => askNewPassword(flags) };
}

/** Finds the password that is to be, or asks for it. @throws {MailError} `usage`, `malformed` */
export async function askNewPassword({ newPasswordFile }: NewPasswordFlags): Promise<string> {
  const { findNewPassword } = await import("./secret/password.ts");
  return await findNewPassword(new Settings({ newPasswordFile }));
}

/** Finds the server, and the login saved for it. */
async function findServer(
  settings: Settings,
  replacesDamaged = false,
): Promise<{ connection: ConnectOptions; saved: SavedLogin | null }> {
  const state = { folder: stateFolder(settings.environment) };
  const [{ defaultLogin }, { parseServer }] = await Promise.all([
    import("../client/open_mailbox.ts"),
    import("../client/connection/server_address.ts"),
  ]);
  const saved = replacesDamaged ? await intactLogin(state) : await defaultLogin(state);
  const server = settings.parseSet("server", parseServer) ?? saved?.server ??
    parseServer(await fallbackServer(state.folder));
  const connection = {
    state,
    server,
    confirmServer: await confirmation(server),
    onSuccession: (step: SuccessionNotice) => sayFollowed(server, step),
    onUnsaved: sayUnsavedOnce(),
  };
  return { connection, saved: saved !== null && isSameServer(saved, server) ? saved : null };
}

/** Whoever has registered at one server, or has logged out of it, means that one. */
async function fallbackServer(folder: string): Promise<string> {
  const { onlyServer } = await import("../client/connection/known_servers.ts");
  return (await onlyServer(folder))?.address ?? usualServer;
}

async function intactLogin(state: ConnectOptions["state"]): Promise<SavedLogin | null> {
  const [{ defaultLogin }, { readUndamagedLogins }] = await Promise.all([
    import("../client/open_mailbox.ts"),
    import("../client/account/saved_logins.ts"),
  ]);
  return await defaultLogin(state, readUndamagedLogins);
}

async function askPassword(
  settings: Settings,
  flags: AccountFlags,
  isNew: boolean,
): Promise<string> {
  const { findPassword } = await import("./secret/password.ts");
  return await findPassword(settings, { fromStdin: flags.passwordStdin, isNew });
}

function isSameServer(saved: SavedLogin, { host, port }: ServerAddress): boolean {
  return saved.server.host === host && saved.server.port === port;
}

/** Asks about an unknown server where a person can answer; otherwise it is refused. */
async function confirmation(server: ServerAddress): Promise<ConnectOptions["confirmServer"]> {
  if (!host.stdin.isTerminal() && !host.stderr.isTerminal()) return undefined;
  const { confirmServer } = await import("./terminal/confirm_server.ts");
  return (fingerprint) => confirmServer(server, fingerprint);
}

type SuccessionNotice = Parameters<NonNullable<ConnectOptions["onSuccession"]>>[0];

/** Said each time where a person named the fingerprint: only they can change that. */
function sayFollowed(
  { host, port, fingerprint }: ServerAddress,
  { known, successor }: SuccessionNotice,
): void {
  const named = fingerprint === null ? "" : ". Write the new one where you name the server";
  say(
    `The server ${host}:${port} has a new key, ${successor.toHex()}. ` +
      `It is signed by the known key, ${known.toHex()}${named}`,
  );
}

/** A command that runs on would say it with each new key that it sees. */
function sayUnsavedOnce(): NonNullable<ConnectOptions["onUnsaved"]> {
  const said = new Set<string>();
  return ({ message, hint }) => {
    if (said.has(message)) return;
    said.add(message);
    say(`${message}. The command goes on without it`);
    if (hint) sayHint(hint);
  };
}

function checkPasswordFlags({ passwordFile, passwordStdin }: AccountFlags): void {
  if (passwordFile === undefined || !passwordStdin) return;
  throw new MailError("usage", "Cannot read the password from both a file and stdin");
}

function noUser(
  { host, port }: ServerAddress,
  flags: AccountFlags,
  what = "open a mailbox",
): MailError {
  const address = `${host}:${port}`;
  if (new Settings(flags).find("server") !== null) {
    return new MailError(
      "configuration",
      `Cannot ${what}: no login is saved for ${address}`,
      {
        hint:
          `Run \`mailctl login NAME --server ${address}\`, or use --user NAME. If your server has moved there, run \`mailctl login move ${address}\`.`,
      },
    );
  }
  return new MailError("configuration", `Cannot ${what}: no account is selected`, {
    hint: "Run `mailctl login NAME`, or use --user NAME.",
  });
}

/** The flags of every command that seals or opens a file of keys. */
export interface PassphraseFlags {
  readonly passphraseFile: string | undefined;
}

export const passphraseFlags = { passphraseFile: settingFlag("passphraseFile") };

/** Finds the passphrase of a file of keys, or asks for it: a new one twice. @throws {MailError} `usage`, `malformed` */
export async function askPassphrase(
  { passphraseFile }: PassphraseFlags,
  isNew: boolean,
): Promise<string> {
  const { findPassphrase } = await import("./secret/password.ts");
  return await findPassphrase(new Settings({ passphraseFile }), isNew);
}
