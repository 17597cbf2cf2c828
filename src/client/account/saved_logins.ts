/** Saved logins: the keys of this device, and nothing of a password. The last one saved is the default. */
import { loginKeyOf } from "../../crypto/account/login_proof.ts";
import { type AccountName, addressAt, parseAddress } from "../../model/address.ts";
import { type Bytes, equalBytes } from "../../model/bytes.ts";
import { type DeviceScope, deviceScopes } from "../../model/device.ts";
import { asDeviceKey, asLoginSeed, type LoginKey } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { bytesOf, versionOf } from "../../model/keyring.ts";
import { limits } from "../../model/limits.ts";
import { bestEffort } from "../../model/promises.ts";
import type { ConnectOptions } from "../connection/connect.ts";
import { formatServer, parseServer } from "../connection/server_address.ts";
import type { ListMark } from "../list_mark.ts";
import {
  begunPath,
  lockFile,
  readPrivateFile,
  updatePrivateFile,
  updateTogether,
} from "../state_file.ts";
import { indexFolder, indexPath, moveIndex } from "./index_path.ts";
import type { DeviceLogin } from "./log_in.ts";

export interface Login extends DeviceLogin {
  /** `host:port` */
  readonly server: string;
  readonly name: AccountName;
  /** What the device is called. */
  readonly label: string;
  /** The newest keyring that was seen: where the server has an older one, this is put back. */
  readonly keyring: ListMark;
  /** The newest list of folders, likewise. */
  readonly folders: ListMark;
}

/** The lists of which a machine remembers the newest version. */
export type RememberedList = "keyring" | "folders";

/** Reads every saved login; the default is the last. @throws {MailError} `configuration` for a damaged file */
export async function readLogins(folder: string): Promise<Login[]> {
  return parseLogins(await readPrivateFile(pathIn(folder)), pathIn(folder));
}

/** As `readLogins`, for a command that writes a damaged file anew: it counts as none. @throws {MailError} `io` */
export async function readUndamagedLogins(folder: string): Promise<Login[]> {
  return undamaged(await readPrivateFile(pathIn(folder)), pathIn(folder));
}

/** Finds the saved login of one account at one server. */
export async function findLogin(
  folder: string,
  server: string,
  name: AccountName,
): Promise<Login | null> {
  const logins = await readLogins(folder);
  return logins.find((login) => login.server === server && login.name === name) ?? null;
}

/** Finds what was cut off before it was saved: logins that the server may know. */
export async function begunLogins(folder: string): Promise<Login[]> {
  const saved = await readUndamagedLogins(folder);
  const begun = undamaged(await readPrivateFile(begunPath(pathIn(folder))), pathIn(folder));
  return begun.filter((login) =>
    !saved.some((other) => equalBytes(other.loginSeed, login.loginSeed))
  );
}

/** Removes what `begunLogins` finds. @throws {MailError} `cannot_create` */
export async function dropBegunLogins(folder: string): Promise<void> {
  const unlock = await lockFile(`${pathIn(folder)}.lock`);
  await bestEffort(Deno.remove(begunPath(pathIn(folder)))).finally(unlock);
}

/** Waits until no program of this machine saves a login: the server knows it before it is in the file. @throws {MailError} */
export async function loginsSettled(folder: string): Promise<void> {
  const unlock = await lockFile(`${pathIn(folder)}.lock`);
  unlock();
}

/** The key of this machine's device of an account; null where its login is not saved here. */
export async function ownDevice(
  { state, server }: Pick<ConnectOptions, "state" | "server">,
  { name }: Pick<Login, "name">,
): Promise<LoginKey | null> {
  const address = formatServer(server);
  const logins = await readUndamagedLogins(state.folder);
  const saved = logins.find((login) => login.server === address && login.name === name);
  return saved === undefined ? null : await loginKeyOf(saved.loginSeed);
}

/** A login that is to be saved, and what has the server know it. */
export interface LoginToSave {
  readonly login: Omit<Login, RememberedList>;
  readonly enable: () => Promise<void>;
}

/**
 * Saves a login and makes it the default, unless that is to stay what it is. What was seen of its keyring is not forgotten
 * by logging in again: `logout` forgets it. A damaged file is made anew. `make` gets the keys of logins that this one
 * follows: of the one that is saved, and of one that was cut off before it was. `enable` is done once the login is on disk,
 * and before it takes the place of an earlier one. Returns what is saved then.
 */
export async function saveKeys(
  folder: string,
  which: Pick<Login, "server" | "name">,
  make: (earlier: readonly LoginKey[]) => Promise<LoginToSave>,
  isDefault = true,
): Promise<Login> {
  let saved: Login | null = null;
  await updateTogether(pathIn(folder), async (text, left) => {
    const logins = undamaged(text, pathIn(folder));
    const before = logins.find((other) => same(other, which));
    const begun = undamaged(left, pathIn(folder)).find((other) => same(other, which));
    const earlier = [before, begun].filter((login) => login !== undefined);
    const { login, enable } = await make(
      await Promise.all(earlier.map(({ loginSeed }) => loginKeyOf(loginSeed))),
    );
    const { keyring = [], folders = [] } = before ?? {};
    saved = { ...login, keyring, folders };
    const others = logins.filter((other) => other !== before);
    const all = isDefault ? [...others, saved] : [saved, ...others];
    return { text: formatLogins(all), commit: enable };
  });
  return saved!;
}

/** Notes a newer version of a list with a login that is saved; does nothing for one that is not. */
export async function noteList(
  folder: string,
  which: { readonly server: string; readonly name: AccountName },
  list: RememberedList,
  mark: ListMark,
): Promise<void> {
  const isOlder = (login: Login) => same(login, which) && versionOf(login[list]) < versionOf(mark);
  if (!(await readLogins(folder)).some(isOlder)) return; // most commands have nothing to note, and no folder to make
  await changeLogins(
    folder,
    (logins) => logins.map((login) => isOlder(login) ? { ...login, [list]: mark } : login),
  );
}

/**
 * Has the logins for one server (`host:port`) be for another; all or none. Returns them as they are then.
 * @throws {MailError} `configuration` where there is none; `name_taken` where an account has one for that server too
 */
export async function changeServer(folder: string, from: string, to: string): Promise<Login[]> {
  let changed: Login[] = [];
  await changeLogins(folder, async (logins) => {
    changed = logins.filter(({ server }) => server === from).map((one) => ({ ...one, server: to }));
    if (changed.length === 0) {
      throw new MailError("configuration", `Cannot find a saved login for ${from}`);
    }
    const taken = changed.find((one) => logins.some((other) => same(one, other)));
    if (taken !== undefined) {
      const message = `Cannot move the login of ${taken.name}: ${to} has one too`;
      throw new MailError("name_taken", message, {
        hint: `Run \`mailctl logout --user ${taken.name} --server ${from}\`.`,
      });
    }
    // Before the logins: whoever is cut off moves them again.
    for (const login of changed) await moveIndex(folder, { ...login, server: from }, login);
    return logins.map((one) => one.server === from ? { ...one, server: to } : one);
  });
  return changed;
}

/** Drops the logins that match, and what is kept of their mail; returns them. */
export async function dropLogins(
  folder: string,
  matches: (login: Login) => boolean,
): Promise<Login[]> {
  const dropped = (await readLogins(folder)).filter(matches);
  if (dropped.length > 0) {
    await changeLogins(folder, (logins) => logins.filter((login) => !matches(login)));
  }
  for (const login of dropped) await bestEffort(Deno.remove(indexPath(folder, login))); // most have none
  return dropped;
}

/** Drops every login, also of a damaged file, and whatever else that holds. Returns those that could be read. */
export async function dropAllLogins(folder: string): Promise<Login[]> {
  if (await readPrivateFile(pathIn(folder)) === null) return [];
  await bestEffort(Deno.remove(indexFolder(folder), { recursive: true })); // most have none
  let dropped: Login[] = [];
  await updatePrivateFile(pathIn(folder), (text) => {
    dropped = undamaged(text, pathIn(folder));
    return formatLogins([]);
  });
  return dropped;
}

async function changeLogins(
  folder: string,
  change: (logins: readonly Login[]) => readonly Login[] | Promise<readonly Login[]>,
): Promise<void> {
  await updatePrivateFile(pathIn(folder), async (text) => {
    return formatLogins(await change(parseLogins(text, pathIn(folder))));
  });
}

function same(
  a: { server: string; name: AccountName },
  b: { server: string; name: AccountName },
): boolean {
  return a.server === b.server && a.name === b.name;
}

function parseLogins(text: string | null, path: string): Login[] {
  if (text === null) return [];
  try {
    return (JSON.parse(text) as Record<string, unknown>[]).map(parseLogin);
  } catch (cause) {
    const reason = cause instanceof OldForm ? "it is of protocol version 1" : "it is damaged";
    throw new MailError("configuration", `Cannot read ${path}: ${reason}`, {
      cause,
      hint: "Run `mailctl login NAME --server SERVER` to write it again.",
    });
  }
}

/** What protocol 1 logged in by. */
class OldForm extends Error {}

function undamaged(text: string | null, path: string): Login[] {
  try {
    return parseLogins(text, path);
  } catch {
    return [];
  }
}

function parseLogin(value: Record<string, unknown>): Login {
  if ("authenticationKey" in value) throw new OldForm();
  const { server, address, label, scope, loginSeed, deviceKey, keyring, folders } = value;
  const { name, domain } = parseAddress(parseText(address));
  return {
    server: formatServer(parseServer(parseText(server))),
    name,
    address: addressAt(name, parseText(domain)),
    label: parseText(label),
    scope: parseScope(scope),
    loginSeed: asLoginSeed(parseKey(loginSeed)),
    deviceKey: asDeviceKey(parseKey(deviceKey)),
    keyring: parseMark(keyring, limits.maxKeyringParts, limits.maxKeyringBytes),
    folders: parseMark(folders, 1, limits.maxFolderListBytes),
  };
}

function parseScope(value: unknown): DeviceScope {
  const scope = deviceScopes.find((one) => one === value);
  if (scope === undefined) throw new TypeError("no scope");
  return scope;
}

function parseText(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("no text");
  return value;
}

function parseMark(value: unknown, maxParts: number, maxBytes: number): ListMark {
  const parts = (value as Record<string, unknown>[]).map(({ version, sealed }) => {
    if (!Number.isSafeInteger(version)) throw new TypeError("no version"); // NaN would let any list pass
    return { version: version as number, sealed: Uint8Array.fromBase64(String(sealed)) };
  });
  if (parts.length > maxParts || bytesOf(parts) > maxBytes) throw new TypeError("no list");
  return parts;
}

function parseKey(value: unknown): Bytes {
  const key = Uint8Array.fromBase64(String(value));
  if (key.length !== 32) throw new TypeError("no key");
  return key;
}

function formatLogins(logins: readonly Login[]): string {
  const plain = logins.map(({ name: _, ...login }) => ({
    ...login,
    loginSeed: login.loginSeed.toBase64(),
    deviceKey: login.deviceKey.toBase64(),
    keyring: plainMark(login.keyring),
    folders: plainMark(login.folders),
  }));
  return `${JSON.stringify(plain, null, 1)}\n`;
}

function plainMark(mark: ListMark) {
  return mark.map(({ version, sealed }) => ({ version, sealed: sealed.toBase64() }));
}

function pathIn(folder: string): string {
  return `${folder}/logins.json`;
}
