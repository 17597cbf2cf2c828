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
import { LostAnswer } from "./connection/outcome_unknown.ts";

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

/**
 * Changes a private file in one step, making it and its folder where there are none. Of several programs that do so at
 * once each sees what the one before it wrote. `change` gets null where there is no file, and may return it unchanged.
 * @throws {MailError} `cannot_create`, and what `readPrivateFile` and `change` throw
 */
export async function updatePrivateFile(
  path: string,
  change: (text: string | null) => string | null | Promise<string>,
): Promise<void> {
  const lock = await openLock(`${path}.lock`);
  try {
    await lock.lock(true);
    const before = await readPrivateFile(path);
    const after = await change(before);
    if (after !== null && after !== before) await replaceFile(path, after);
    else await bestEffort(Deno.remove(`${path}.new`)); // of a program that was killed
  } catch (cause) {
    throw cannotWrite(path, cause);
  } finally {
    unlock(lock);
  }
}

/** What a file is to have, and what has to happen elsewhere before it does. */
export interface PreparedText {
  readonly text: string;
  readonly commit: () => Promise<void>;
}

/**
 * Changes a private file together with something elsewhere, once the new text is on disk and before it takes the place of
 * the old one: where the disk is full, nothing happens elsewhere. A program that is killed in between, or loses the answer,
 * leaves its text beside the file; the next one gets it as `left`.
 * @throws {MailError} `cannot_create`, and what `readPrivateFile`, `prepare` and `commit` throw
 */
export async function updateTogether(
  path: string,
  prepare: (text: string | null, left: string | null) => Promise<PreparedText>,
): Promise<void> {
  const begun = begunPath(path);
  const lock = await openLock(`${path}.lock`);
  try {
    await lock.lock(true);
    const there = await readPrivateFile(path);
    const { text, commit } = await prepare(there, await readPrivateFile(begun));
    await writeAnew(begun, text);
    await commit().catch(async (error) => {
      if (!(error instanceof LostAnswer)) await bestEffort(Deno.remove(begun));
      throw error;
    });
    await place(begun, path);
  } catch (cause) {
    throw cannotWrite(path, cause);
  } finally {
    unlock(lock);
  }
}

/** Where `updateTogether` leaves its text. */
export function begunPath(path: string): string {
  return `${path}.begun`;
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

/** Under the lock one name will do: what a killed program left there goes with the next change. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  try {
    await writeAnew(temporary, text);
    await place(temporary, path);
  } catch (error) {
    await bestEffort(Deno.remove(temporary));
    throw error;
  }
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
