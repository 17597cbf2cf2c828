/**
 * Files that are wholly there or not at all: written beside their place, then named, never over another. What is
 * returned has its content and its name on disk, so that the server may be told to erase the original.
 */
import { cutText, freeBytes, randomBytes, rechunk, utf8 } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { bestEffort } from "../../model/promises.ts";
import { reasonOf } from "../../files/file_failure.ts";
import { folderOf, makeFolder, syncFolder } from "../../files/folder.ts";
import { writeAll } from "../../files/write_all.ts";
import { join } from "../settings/folders.ts";
import { beforeEnd } from "../terminal/signals.ts";
import { type Host, host } from "../host.ts";

/** Makes the folder that files are to be written into, with those above it. @throws {MailError} `cannot_create` */
export async function makeFolderFor(path: string): Promise<void> {
  await makeFolder(path).catch((cause) => {
    const reason = reasonOf(cause, "folder");
    throw new MailError("cannot_create", `Cannot create the folder ${path}: ${reason}`, { cause });
  });
}

/**
 * Writes a file and returns its path; what is written to a device or a pipe, as /dev/stdout or -, goes through it.
 * `modifiedAt` is in milliseconds since 1970 (default: now).
 * @throws {MailError} `cannot_create` where it exists, unless `force`
 */
export async function writeNewFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  force: boolean,
  modifiedAt?: number,
): Promise<string> {
  if (!await leadsElsewhere(path)) {
    const fill = async (temporary: string) => {
      await copy(content, temporary, path);
      if (modifiedAt === undefined) return;
      const at = new Date(modifiedAt);
      await bestEffort(Deno.utime(temporary, at, at)); // not every file system can
    };
    return await placeChecked(path, fill, force);
  }
  // Opened anew, what a shell redirects to a file would be written from its beginning.
  if (isStandardOutput(path)) await writeTo(host.stdout, content, path);
  else await copy(content, path, path);
  return path;
}

/** Lets `fill` write an empty file of mode 0600 and gives it its name. @throws {MailError} `cannot_create`, as above */
export async function placeFile(
  path: string,
  fill: (temporary: string) => void | Promise<void>,
  force: boolean,
): Promise<string> {
  if (!await leadsElsewhere(path)) return await placeChecked(path, fill, force);
  throw new MailError("cannot_create", `Cannot write ${path}: it is not a file`);
}

async function placeChecked(
  path: string,
  fill: (temporary: string) => void | Promise<void>,
  force: boolean,
): Promise<string> {
  await tidy(folderOf(path));
  const isFolder = await Deno.stat(path).then((found) => found.isDirectory, () => false);
  if (isFolder) throw new MailError("cannot_create", `Cannot write ${path}: it is a folder`);
  if (!force && await exists(path)) throw taken(path);
  return await writeBeside(folderOf(path), fill, async (temporary) => {
    if (force) await Deno.rename(temporary, path);
    else if (!await placeNew(temporary, path)) throw taken(path);
    return path;
  });
}

/** Writes a file under the first free of `name`, `name-1`, ... and returns its path. @throws {MailError} `cannot_create` */
export async function writeFreeFile(
  folder: string,
  name: string,
  content: AsyncIterable<Uint8Array>,
): Promise<string> {
  const fill = (temporary: string) => copy(content, temporary, join(folder, name));
  return await writeBeside(folder, fill, async (temporary) => {
    for (let count = 0;; count++) {
      const path = join(folder, numbered(name, count));
      if (await placeNew(temporary, path)) return path;
    }
  });
}

/** Makes a name that neither hides a file nor looks like a flag. */
export function harmlessName(name: string): string {
  return name.replace(/^[.-]+/, (start) => "_".repeat(start.length));
}

async function writeBeside(
  folder: string,
  fill: (temporary: string) => void | Promise<void>,
  place: (temporary: string) => Promise<string>,
): Promise<string> {
  await tidy(folder);
  const { path: temporary, lock } = await makeTemporary(folder);
  const stopCleaning = beforeEnd(() => removeWhole(temporary));
  try {
    await fill(temporary);
    await sync(temporary);
    const path = await place(temporary);
    await syncFolder(folder).catch((cause) => {
      throw cannotCreate(path, cause);
    });
    return path;
  } finally {
    stopCleaning();
    removeWhole(temporary);
    lock.close();
  }
}

/** With what SQLite left beside it. Most are not there, nor is the file where it has its name. */
function removeWhole(temporary: string): void {
  for (const suffix of ["", ...besides]) {
    try {
      Deno.removeSync(temporary + suffix);
    } catch {
      // there is none
    }
  }
}

/** The name exists from the first moment with the whole content, or is left to whoever has it. */
async function placeNew(temporary: string, path: string): Promise<boolean> {
  try {
    await Deno.link(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists || await exists(path)) return false;
    // Some file systems know no links; there the moment between looking and renaming has to do.
    await Deno.rename(temporary, path).catch((cause) => {
      throw cannotCreate(path, cause);
    });
    return true;
  }
}

/** `name`: what the file at `path` is to be called. */
async function copy(
  content: AsyncIterable<Uint8Array>,
  path: string,
  name: string,
): Promise<void> {
  const file = await Deno.open(path, { append: true }).catch((cause) => {
    throw cannotCreate(name, cause);
  });
  await writeTo(file, content, name).finally(() => file.close());
}

async function writeTo(
  file: Pick<Deno.FsFile, "write">,
  content: AsyncIterable<Uint8Array>,
  path: string,
): Promise<void> {
  for await (const piece of rechunk(content, limits.chunkBytes)) {
    await writeAll(file, piece).catch((cause) => {
      throw cannotCreate(path, cause);
    });
    freeBytes(piece);
  }
}

function isStandardOutput(path: string): boolean {
  return /^(-|\/(dev\/(stdout|fd\/1)|proc\/self\/fd\/1))$/.test(path);
}

async function sync(path: string): Promise<void> {
  const file = await Deno.open(path);
  await file.sync().finally(() => file.close());
}

/** Makes an empty file, mode 0600, whose lock tells others that somebody is still at it. */
async function makeTemporary(dir: string): Promise<{ path: string; lock: Deno.FsFile }> {
  try {
    for (;;) {
      const path = join(dir, `${temporaryPrefix}${randomBytes(8).toHex()}`);
      const lock = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
      if (canLock) await bestEffort(lock.lock(true)); // not every file system can
      if (await exists(path)) return { path, lock };
      lock.close(); // in the moment before the lock, somebody took it for a killed program's
    }
  } catch (error) {
    throw cannotCreate(dir, error, "folder");
  }
}

const temporaryPrefix = ".mailctl-";
/** What SQLite puts beside a database that it is writing. */
const besides = ["-journal", "-wal", "-shm"];
const temporaryForm = new RegExp(`^\\.mailctl-[0-9a-f]{16}(?:${besides.join("|")})?$`);
/** A lock of Windows would keep out whoever writes by another handle, which is ourselves. */
const canLock = Deno.build.os !== "windows";
const tidied = new WeakMap<Host, Set<string>>();

/** Removes what programs that were killed left in a folder; once is enough for a command. */
export async function tidy(folder: string): Promise<void> {
  const folders = tidied.getOrInsertComputed(host, () => new Set());
  if (!canLock || folders.has(folder)) return;
  folders.add(folder);
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch(() => []);
  for (const name of names.filter((name) => temporaryForm.test(name)).sort()) {
    await bestEffort(removeAbandoned(folder, name)); // it is no hindrance
  }
}

/** Others' files are theirs: in a folder for all they could be a trap. */
async function removeAbandoned(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  const { isFile, uid } = await Deno.lstat(path);
  if (!isFile || uid !== Deno.uid()) return;
  const [main = name] = /^\.mailctl-[0-9a-f]{16}/.exec(name) ?? [];
  if (name !== main) return await exists(join(folder, main)) ? undefined : await Deno.remove(path);
  const file = await Deno.open(path);
  try {
    if (await file.tryLock(true)) await Deno.remove(path);
  } finally {
    file.close();
  }
}

/** True for a device, a pipe, or an open file of a process: a name that must stay where it is. */
async function leadsElsewhere(path: string): Promise<boolean> {
  if (/^(-$|\/(dev\/(stdout$|stderr$|fd\/)|proc\/))/.test(path)) return true;
  const { isFile, isDirectory } = await Deno.stat(path).catch(() => ({
    isFile: true,
    isDirectory: false,
  }));
  return !isFile && !isDirectory;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

function numbered(name: string, count: number): string {
  if (count === 0) return name;
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot < 1 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
  const room = limits.maxFileNameBytes - utf8(`-${count}${ending}`).length;
  return `${cutText(stem, room)}-${count}${ending}`;
}

function taken(path: string): MailError {
  return new MailError("cannot_create", `Cannot write ${path}: it exists`, {
    hint: "Use --force to overwrite it.",
  });
}

function cannotCreate(path: string, cause: unknown, what?: "folder"): MailError {
  return new MailError("cannot_create", `Cannot write ${path}: ${reasonOf(cause, what)}`, {
    cause,
  });
}
