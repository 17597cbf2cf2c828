/** The data folder of a store: who may read it, and that only one server uses it at a time. */
import { makeFolder } from "../../files/folder.ts";
import { isFull, reasonOf } from "../../files/file_failure.ts";
import { writeAllSync } from "../../files/write_all.ts";
import { utf8 } from "../../model/bytes.ts";
import { requirePrivate } from "../../files/private.ts";
import { MailError } from "../../model/errors.ts";

const fileMode = 0o600;

/** A data folder that is ours until `release`. */
export interface DataFolder {
  readonly databasePath: string;
  /** What the last restore noted; empty: nothing. */
  readonly noted: string;
  /** Has whoever claims the folder next find it, also where this program is killed or the database is lost. */
  note(text: string): void;
  release(): void;
}

/**
 * Checks the folder, makes or checks its files, and locks it against other servers.
 * @throws {MailError} `configuration` for modes that let others in, or where another server has the folder.
 */
export function claimFolder(folder: string): DataFolder {
  try {
    return claim(folder);
  } catch (error) {
    throw error instanceof MailError ? error : unusable(folder, error);
  }
}

/** Makes the folder where there is none, so that its name survives a power cut. @throws {MailError} `configuration` */
export async function makeDataFolder(folder: string): Promise<void> {
  await makeFolder(folder).catch((cause) => {
    throw unusable(folder, cause);
  });
}

/** What an administrator does about a disk on which a server cannot even start. */
export function noSpace(folder: string, cause: unknown): MailError {
  return new MailError("storage_full", `Cannot open ${folder}: no space is left on the device`, {
    hint: "Make room on that disk, for instance by moving away what else is there.",
    cause,
  });
}

function unusable(folder: string, cause: unknown): MailError {
  if (isFull(cause)) return noSpace(folder, cause);
  const isClosed = /^(EACCES|EPERM|EROFS)$/.test((cause as { code?: string }).code ?? "");
  const hint = isClosed
    ? "Make it writable for the server's user, or use --data DIR for another folder." as const
    : undefined;
  const message = `Cannot open ${folder}: ${reasonOf(cause, "folder")}`;
  return new MailError("configuration", message, { hint, cause });
}

/** Finds the database of a folder; null where there is none. @throws {MailError} `configuration` for loose modes */
export function databaseIn(folder: string): string | null {
  const path = pathIn(folder);
  refuseLoose(folder, "folder");
  return refuseLoose(path, "file") ? path : null;
}

/** Removes the database of a folder that is ours, with what SQLite put there. Another program may hold its lock open. */
export function removeDatabase(folder: string): void {
  for (const name of ["mailctl.db", "mailctl.db-journal", "mailctl.db-wal", "mailctl.db-shm"]) {
    try {
      Deno.removeSync(`${folder}/${name}`);
    } catch {
      // it is not there
    }
  }
}

function pathIn(folder: string): string {
  return `${folder}/mailctl.db`;
}

function claim(folder: string): DataFolder {
  const databasePath = pathIn(folder);
  refuseLoose(folder, "folder");
  for (const suffix of ["", "-wal", "-shm"]) refuseLoose(databasePath + suffix, "file");
  // SQLite would make it as the umask says; -wal and -shm take its mode.
  makeFile(databasePath).close();
  const lock = makeFile(`${folder}/lock`);
  if (!lock.tryLockSync(true)) {
    lock.close();
    throw new MailError("configuration", `Cannot open ${folder}: a server or a restore uses it`, {
      hint: "Stop the server, or wait for the restore, or use --data DIR for another folder.",
    });
  }
  const noted = Deno.readTextFileSync(`${folder}/lock`);
  return {
    databasePath,
    noted,
    note: (text) => {
      if (text === noted) return;
      const bytes = utf8(text);
      lock.seekSync(0, Deno.SeekMode.Start);
      writeAllSync(lock, bytes); // over what is there: a disk that is full leaves that
      lock.truncateSync(bytes.length);
      lock.syncSync();
    },
    release: () => {
      lock.unlockSync(); // a process that is just being started has the file open, too
      lock.close();
    },
  };
}

function makeFile(path: string): Deno.FsFile {
  const exists = refuseLoose(path, "file");
  const file = Deno.openSync(path, { read: true, write: true, create: true, mode: fileMode });
  if (!exists) Deno.chmodSync(path, fileMode);
  return file;
}

/** The length of a file; 0 where there is none. */
export function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

/** Returns whether the path is there. */
function refuseLoose(path: string, kind: "file" | "folder"): boolean {
  const found = statOf(path);
  if (found === null) return false;
  if (kind === "folder" && !found.isDirectory) {
    throw new MailError("configuration", `Cannot open ${path}: it is not a folder`);
  }
  requirePrivate(path, found);
  return true;
}

function statOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return null;
    throw unusable(path, error);
  }
}
