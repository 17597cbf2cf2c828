/** A folder of secret files: 0700, its files 0600, made whole or not at all, never replaced by accident. */
import { isFull, reasonOf } from "../../files/file_failure.ts";
import { isThere, makeFolder, syncFolder } from "../../files/folder.ts";
import { requirePrivate } from "../../files/private.ts";
import { randomBytes, utf8 } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { bestEffort } from "../../model/promises.ts";

export class KeyFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Opens the folder, making it where there is none. @throws {MailError} `configuration` for a looser mode. */
  static async open(path: string): Promise<KeyFolder> {
    await makeClosedFolder(path);
    await tidy(path).catch((cause) => {
      throw unusable(path, cause);
    });
    return new KeyFolder(path);
  }

  /** Reads a text file that only its owner may read; null where there is none. @throws {MailError} `configuration` */
  async read(name: string): Promise<string | null> {
    const path = `${this.path}/${name}`;
    try {
      requirePrivate(path, await Deno.stat(path));
      return await Deno.readTextFile(path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return null;
      throw unusable(path, cause);
    }
  }

  /** Reads a text file that is no secret; null where there is none. */
  async readPublic(name: string): Promise<string | null> {
    const path = `${this.path}/${name}`;
    try {
      return await Deno.readTextFile(path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return null;
      throw unusable(path, cause);
    }
  }

  /** Writes a file that is not there yet. Where another process was first, that one's file stays. */
  async create(name: string, text: string): Promise<void> {
    await this.#place(name, text, async (temporary, path) => {
      await Deno.link(temporary, path).catch(ignore(Deno.errors.AlreadyExists));
      await Deno.remove(temporary);
    });
  }

  /** Writes a file over whatever is there. */
  async replace(name: string, text: string): Promise<void> {
    await this.#place(name, text, (temporary, path) => Deno.rename(temporary, path));
  }

  /** Moves one file over another, durably. */
  async move(from: string, to: string): Promise<void> {
    await this.#change(to, () => Deno.rename(`${this.path}/${from}`, `${this.path}/${to}`));
  }

  /** Removes a file, durably. */
  async remove(name: string): Promise<void> {
    await this.#change(name, () => Deno.remove(`${this.path}/${name}`));
  }

  async #change(name: string, change: () => Promise<void>): Promise<void> {
    try {
      await change();
      await syncFolder(this.path);
    } catch (cause) {
      throw unusable(`${this.path}/${name}`, cause);
    }
  }

  async #place(
    name: string,
    text: string,
    into: (temporary: string, path: string) => Promise<void>,
  ) {
    const path = `${this.path}/${name}`;
    const temporary = `${path}.${randomBytes(8).toHex()}.new`;
    let file: Deno.FsFile | null = null;
    try {
      file = await writeDurably(temporary, text);
      await into(temporary, path);
      await syncFolder(this.path);
    } catch (cause) {
      await bestEffort(Deno.remove(temporary));
      throw unusable(path, cause);
    } finally {
      file?.close();
    }
  }
}

/**
 * Makes a folder that only its owner may enter, unless it is there.
 * @throws {MailError} `configuration` for a looser mode, `storage_full`
 */
export async function makeClosedFolder(path: string): Promise<Deno.FileInfo> {
  try {
    await makeFolder(path);
    const found = await Deno.stat(path);
    requirePrivate(path, found);
    return found;
  } catch (cause) {
    throw unusable(path, cause);
  }
}

/** The lock on what it returns tells others that somebody is still at it. */
async function writeDurably(path: string, text: string): Promise<Deno.FsFile> {
  const file = await createLocked(path);
  try {
    const bytes = utf8(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

async function createLocked(path: string): Promise<Deno.FsFile> {
  for (;;) {
    const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    await bestEffort(file.lock(true)); // not every file system can
    if (await isThere(path)) return file;
    file.close(); // in the moment before the lock, somebody took it for a killed server's
  }
}

/** Removes what a server that was killed left: it may be a key. */
async function tidy(folder: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && /\.[0-9a-f]{16}\.new$/.test(name)) await removeAbandoned(`${folder}/${name}`);
  }
}

async function removeAbandoned(path: string): Promise<void> {
  const file = await Deno.open(path).catch(() => null); // whoever wrote it may be done by now
  if (file === null) return;
  try {
    const isAbandoned = await file.tryLock(true).catch(() => false);
    if (isAbandoned) await bestEffort(Deno.remove(path));
  } finally {
    file.close();
  }
}

function ignore(kind: new () => Error): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof kind)) throw error;
  };
}

function unusable(path: string, cause: unknown): MailError {
  if (cause instanceof MailError) return cause;
  const code = isFull(cause) ? "storage_full" : "configuration"; // once there is room, a restart mends it
  return new MailError(code, `Cannot use ${path}: ${reasonOf(cause)}`, { cause });
}
