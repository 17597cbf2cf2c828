/** Saved logins: the keys of this device, and nothing of a password. The last one saved is the default. */
import { loginKeyOf } from "../../crypto/account/login_proof.ts";
import type { AccountName } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { LoginKey } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { versionOf } from "../../model/keyring.ts";
import { bestEffort } from "../../model/promises.ts";
import type { ConnectOptions } from "../connection/connect.ts";
import { OutcomeUnknown } from "../connection/outcome_unknown.ts";
import { formatServer } from "../connection/server_address.ts";
import type { ListMark } from "../list_mark.ts";
import { lockFile, readPrivateFile, updatePrivateFile, withPrivateFile } from "../state_file.ts";
import { indexPath, moveIndex } from "./index_path.ts";
import {
  formatLogins,
  type KeptLogins,
  type Login,
  parseLogins,
  undamagedLogins,
} from "./logins_file.ts";

/** The lists of which a machine remembers the newest version. */
export type RememberedList = "keyring" | "folders";

/** Reads every saved login; the default is the last. @throws {MailError} `configuration` for a damaged file */
export async function readLogins(folder: string): Promise<Login[]> {
  return (await readKept(folder, parseLogins)).saved;
}

/** As `readLogins`, for a command that writes a damaged file anew: it counts as none. @throws {MailError} `io` */
export async function readUndamagedLogins(folder: string): Promise<Login[]> {
  return (await readKept(folder, undamagedLogins)).saved;
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

/**
 * Reads all that the file has, once no program of this machine is saving a login.
 * @throws {MailError} `cannot_create`; `configuration` for a damaged file, which counts as none with `evenDamaged`
 */
export async function settledLogins(folder: string, evenDamaged: boolean): Promise<KeptLogins> {
  const parse = evenDamaged ? undamagedLogins : parseLogins;
  if (await readPrivateFile(pathIn(folder)) === null) return parse(null, ""); // no folder to make
  return await withPrivateFile(
    pathIn(folder),
    ({ text }) => Promise.resolve(parse(text, pathIn(folder))),
  );
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

/** A login that is to be saved. */
export interface LoginToSave {
  readonly login: Omit<Login, RememberedList>;
  /** The key of the earlier login that the server knows; null: it knows none. */
  readonly follows: LoginKey | null;
  /** Has the server know it. */
  readonly enable: () => Promise<void>;
}

/**
 * Saves a login and makes it the default, unless that is to stay what it is. What was seen of its keyring is not forgotten
 * by logging in again: `logout` forgets it. A damaged file is made anew. `make` gets the keys of earlier logins: of the
 * one that is saved, and of those that were cut off. `enable` is done once the login is on disk. Where nobody knows what
 * became of that, or the program is killed, the login stays there as one that was cut off. Returns what is saved then.
 */
export async function saveKeys(
  folder: string,
  which: Pick<Login, "server" | "name">,
  make: (earlier: readonly LoginKey[]) => Promise<LoginToSave>,
  isDefault = true,
): Promise<Login> {
  return await withPrivateFile(pathIn(folder), async ({ text, replace, prepare }) => {
    const { saved, unsaved } = undamagedLogins(text, pathIn(folder));
    const before = saved.find((other) => same(other, which));
    const others = {
      saved: saved.filter((other) => other !== before),
      unsaved: unsaved.filter((other) => !same(other, which)),
    };
    const cutOff = unsaved.filter((other) => same(other, which));
    const keys = await Promise.all(cutOff.map(({ loginSeed }) => loginKeyOf(loginSeed)));
    const { login, follows, enable } = await make(
      before === undefined ? keys : [await loginKeyOf(before.loginSeed), ...keys],
    );
    const { keyring = [], folders = [] } = before ?? {};
    const made = { ...login, keyring, folders };
    // The server may hear of the last one only now.
    const known = cutOff.filter((_, at) =>
      at === cutOff.length - 1 || follows !== null && equalBytes(keys[at]!, follows)
    );
    const fresh = { ...login, keyring: [], folders: [] };
    await replace(formatLogins({ saved, unsaved: [...others.unsaved, ...known, fresh] }));
    const place = await prepare(formatLogins({
      saved: isDefault ? [...others.saved, made] : [made, ...others.saved],
      unsaved: others.unsaved,
    }));
    await enable().catch(async (error) => {
      if (!(error instanceof OutcomeUnknown)) {
        await bestEffort(replace(text ?? formatLogins({ saved, unsaved })));
      }
      throw error;
    });
    await place();
    return made;
  });
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
  await changeLogins(folder, ({ saved, unsaved }) => ({
    saved: saved.map((login) => isOlder(login) ? { ...login, [list]: mark } : login),
    unsaved,
  }));
}

/**
 * Has the logins for one server (`host:port`) be for another; all or none. Returns them as they are then.
 * @throws {MailError} `configuration` where there is none; `name_taken` where an account has one for that server too
 */
export async function changeServer(folder: string, from: string, to: string): Promise<Login[]> {
  const move = (one: Login) => one.server === from ? { ...one, server: to } : one;
  let changed: Login[] = [];
  await changeLogins(folder, async ({ saved, unsaved }) => {
    changed = saved.filter(({ server }) => server === from).map(move);
    if (changed.length === 0) {
      throw new MailError("configuration", `Cannot find a saved login for ${from}`);
    }
    const taken = changed.find((one) => saved.some((other) => same(one, other)));
    if (taken !== undefined) {
      const message = `Cannot move the login of ${taken.name}: ${to} has one too`;
      throw new MailError("name_taken", message, {
        hint: `Run \`mailctl logout --user ${taken.name} --server ${from}\`.`,
      });
    }
    // Before the logins: whoever is cut off moves them again.
    for (const login of changed) await moveIndex(folder, { ...login, server: from }, login);
    return { saved: saved.map(move), unsaved: unsaved.map(move) };
  });
  return changed;
}

/**
 * Drops the logins that match, and what is kept of their mail; returns those that were saved.
 * @throws {MailError} `cannot_create`; `configuration` for a damaged file, of which nothing is left with `evenDamaged`
 */
export async function dropLogins(
  folder: string,
  matches: (login: Login) => boolean,
  evenDamaged = false,
): Promise<Login[]> {
  const parse = evenDamaged ? undamagedLogins : parseLogins;
  const stays = (login: Login) => !matches(login);
  let dropped: Login[] = [];
  if (await readPrivateFile(pathIn(folder)) === null) return []; // no folder to make
  await updatePrivateFile(pathIn(folder), (text) => {
    const { saved, unsaved } = parse(text, pathIn(folder));
    dropped = saved.filter(matches);
    return formatLogins({ saved: saved.filter(stays), unsaved: unsaved.filter(stays) });
  });
  for (const login of dropped) await bestEffort(Deno.remove(indexPath(folder, login))); // most have none
  return dropped;
}

async function changeLogins(
  folder: string,
  change: (kept: KeptLogins) => KeptLogins | Promise<KeptLogins>,
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

async function readKept(folder: string, parse: typeof parseLogins): Promise<KeptLogins> {
  return parse(await readPrivateFile(pathIn(folder)), pathIn(folder));
}

function pathIn(folder: string): string {
  return `${folder}/logins.json`;
}
