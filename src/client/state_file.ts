/**
 * Files of the client's own: 0600 in a 0700 folder, replaced whole or not at all. They are short, and another thread takes
 * longer to wake than the most of it takes: only what waits for a disk or for other programs is left to one.
 */
import { reasonOf } from "../files/file_failure.ts";
import { folderOf, makeFolder, syncFolder } from "../files/folder.ts";
import { writeAllSync } from "../files/write_all.ts";
import { requirePrivate } from "../files/private.ts";
import { utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { bestEffort } from "../model/promises.ts";

/** Reads a private file; null where there is none. @throws {MailError} `configuration` for a mode that lets others in */
export async function readPrivateFile(path: string): Promise<string | null> {
  try {
    requirePrivate(folderOf(path), Deno.statSync(folderOf(path)));
    const found = Deno.statSync(path);
    if (!found.isFile) throw new MailError("configuration", `Cannot use ${path}: it is not a file`);
    requirePrivate(path, found);
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof MailError) throw error;
    throw new MailError("io", `Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** A private file whose lock is held: what it has, and how it gets another text. */
export interface LockedFile {
  /** Null where there is no file. */
  readonly text: string | null;
  /** Replaces the text in one step, making the file where there is none. */
  readonly replace: (text: string) => Promise<void>;
  /** Puts a text on disk. Returns what replaces the text of the file by it, which needs no more room on the disk. */
  readonly prepare: (text: string) => Promise<() => Promise<void>>;
}

/**
 * Holds the lock of a private file meanwhile, making its folder where there is none. Of several programs that do so at
 * once each sees what the one before it wrote.
 * @throws {MailError} `cannot_create`, and what `readPrivateFile` and `work` throw
 */
export async function withPrivateFile<T>(
  path: string,
  work: (file: LockedFile) => Promise<T>,
): Promise<T> {
  const unlock = await lockFile(`${path}.lock`);
  const temporary = `${path}.new`; // under the lock one name will do
  const prepare = async (text: string) => {
    await writeAnew(temporary, text);
    return () => place(temporary, path);
  };
  const replace = async (text: string) => (await prepare(text))();
  try {
    return await work({ text: await readPrivateFile(path), replace, prepare });
  } catch (cause) {
    throw cannotWrite(path, cause);
  } finally {
    await bestEffort(Deno.remove(temporary)); // also of a program that was killed
    unlock();
  }
}

/**
 * Changes a private file in one step. `change` gets null where there is no file, and may return it unchanged.
 * @throws {MailError} as `withPrivateFile`
 */
export async function updatePrivateFile(
  path: string,
  change: (text: string | null) => string | null | Promise<string>,
): Promise<void> {
  await withPrivateFile(path, async ({ text, replace }) => {
    const after = await change(text);
    if (after !== null && after !== text) await replace(after);
  });
}

/**
 * Takes a lock that one program of this user has at a time. Returns what lets go of it, which the end of the process
 * does too; null: somebody has it. @throws {MailError} `cannot_create`
 */
export async function tryLockFile(path: string): Promise<(() => void) | null> {
  const file = await openLock(path);
  try {
    if (await file.tryLock(true)) return () => unlock(file);
    file.close();
    return null;
  } catch (cause) {
    file.close();
    throw cannotWrite(path, cause);
  }
}

/** Waits for such a lock. Returns what lets go of it. @throws {MailError} `cannot_create` */
export async function lockFile(path: string): Promise<() => void> {
  const file = await openLock(path);
  try {
    await file.lock(true);
    return () => unlock(file);
  } catch (cause) {
    file.close();
    throw cannotWrite(path, cause);
  }
}

/**
 * Opens a private file to read and write it in place, making it where there is none; its folder has to be there.
 * @throws {MailError} `cannot_create`; `configuration` for a mode that lets others in
 */
export async function openPrivateFile(path: string): Promise<Deno.FsFile> {
  try {
    const there = await Deno.stat(path).catch(noneThere);
    if (there?.isFile === false) {
      throw new MailError("configuration", `Cannot use ${path}: it is not a file`);
    }
    if (there !== null) requirePrivate(path, there);
    return await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

function noneThere(error: unknown): null {
  if (error instanceof Deno.errors.NotFound) return null;
  throw error;
}

/** Closes a file and lets go of its lock. Closed alone, a program that is just being started would have it for a moment. */
export function unlock(file: Deno.FsFile): void {
  file.unlockSync();
  file.close();
}

/** Opens a file that is only locked, making it and its folder where there are none. @throws {MailError} `cannot_create` */
async function openLock(path: string): Promise<Deno.FsFile> {
  const folder = folderOf(path);
  await makeFolder(folder).catch((cause) => {
    throw cannotWrite(folder, cause);
  });
  requirePrivate(folder, Deno.statSync(folder));
  try {
    return Deno.openSync(path, { write: true, create: true, mode: 0o600 });
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

function cannotWrite(path: string, cause: unknown): MailError {
  if (cause instanceof MailError) return cause;
  return new MailError("cannot_create", `Cannot write ${path}: ${reasonOf(cause)}`, { cause });
}

/** Returns once all of it is on disk; where that fails, nothing is there. */
async function writeAnew(path: string, text: string): Promise<void> {
  await bestEffort(Deno.remove(path));
  const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  try {
    writeAllSync(file, utf8(text));
    await file.sync();
  } catch (error) {
    await bestEffort(Deno.remove(path));
    throw error;
  } finally {
    file.close();
  }
}

async function place(temporary: string, path: string): Promise<void> {
  await Deno.rename(temporary, path);
  await syncFolder(folderOf(path));
}
