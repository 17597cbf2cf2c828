/**
 * Mail that waits for a server, in a folder of its owner's: one file a message, 0600 in 0700, in the clear. A message
 * is there wholly, on disk, or not at all; whoever works on one holds a lock on its file.
 */
import { reasonOf } from "../../files/file_failure.ts";
import { isThere, makeFolder, syncFolder } from "../../files/folder.ts";
import { requirePrivate } from "../../files/private.ts";
import { utf8 } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { bestEffort } from "../../model/promises.ts";
import {
  cannotWrite,
  createSpoolFile,
  openOrNull,
  readFrom,
  readNote,
  removeUnlocked,
  type SpoolNote,
  writePart,
} from "./spool_file.ts";
import { readPrivateFile, unlock, updatePrivateFile } from "../state_file.ts";
import { newSubmissionId } from "./submission_id.ts";

/** What has become of a message so far. */
export interface SpoolState {
  readonly tries: number;
  /** Why the last try failed; null: it was not tried yet. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** True where trying again unchanged cannot help: only a person sends it now, or removes it. */
  readonly isFailed: boolean;
}

/** A message of the queue, as it is listed. */
export interface Spooled extends SpoolNote, SpoolState {
  readonly id: string;
  /** Bytes of the message. */
  readonly size: number;
}

/** A message that nobody else works on until it is let go of. */
export interface Claim extends Spooled {
  /** Its file. */
  readonly path: string;
  readonly header: Uint8Array;
  /** Reads the body from its beginning; one at a time. */
  body(): AsyncGenerator<Uint8Array>;
  /** Notes what a try came to. */
  note(state: SpoolState): Promise<void>;
  /** Removes it: it was delivered, or nobody wants it. */
  remove(): Promise<void>;
  release(): void;
}

const untried: SpoolState = { tries: 0, failure: null, isFailed: false };

export class Spool {
  readonly #folder: string;

  /** `stateFolder` is where the client keeps all that is its own. */
  constructor(stateFolder: string) {
    this.#folder = `${stateFolder}/spool`;
  }

  /**
   * Adds a message; it is on disk when this resolves.
   * @throws {MailError} `cannot_create`; what reading `body` throws; then nothing is left of it
   */
  async add(
    note: Omit<SpoolNote, "headerBytes">,
    { header, body }: { readonly header: Uint8Array; readonly body: AsyncIterable<Uint8Array> },
  ): Promise<Claim> {
    await this.#makeFolder();
    await this.tidy();
    const id = newSubmissionId(note.queuedAt);
    const temporary = `${this.#folder}/${id}.new`;
    const file = await createSpoolFile(temporary);
    try {
      const line = JSON.stringify({ ...note, headerBytes: header.length } satisfies SpoolNote);
      await writePart(file, utf8(`${line}\n`));
      await writePart(file, header);
      for await (const chunk of body) await writePart(file, chunk);
      await file.sync().catch(cannotWrite);
      await Deno.rename(temporary, this.#path(id)).catch(cannotWrite);
      await this.#syncFolder();
      return await this.#claimOf(id, file);
    } catch (error) {
      for (const path of [temporary, this.#path(id)]) await bestEffort(Deno.remove(path));
      file.close();
      throw error;
    }
  }

  /** The ids of what waits, oldest first. */
  async ids(): Promise<string[]> {
    const names = await this.#names();
    return names.filter((name) => name.endsWith(".mail")).map((name) => name.slice(0, -5)).sort();
  }

  /** Lists what waits, oldest first, and what is wrong with files that cannot be read. @throws {MailError} `io` */
  async list(): Promise<{ queue: Spooled[]; unread: MailError[] }> {
    const [queue, unread]: [Spooled[], MailError[]] = [[], []];
    for (const id of await this.ids()) { // one file open at a time
      const found = await this.#look(id).catch((error) => {
        if (error instanceof MailError) return error;
        throw error;
      });
      if (found instanceof MailError) unread.push(found);
      else if (found !== null) queue.push(found);
    }
    return { queue, unread };
  }

  /** Claims a message; null where it is gone or somebody else works on it. @throws {MailError} `io` for a damaged one */
  async claim(id: string): Promise<Claim | null> {
    const file = await openOrNull(this.#path(id));
    if (file === null) return null;
    try {
      // A lock may have been waited for, or won, after its file was delivered and removed.
      const isOurs = await file.tryLock(true) && await isThere(this.#path(id));
      if (isOurs) return await this.#claimOf(id, file);
    } catch (error) {
      unlock(file);
      throw error;
    }
    unlock(file);
    return null;
  }

  /**
   * Removes messages, also damaged ones: all or none.
   * @throws {MailError} `no_such_message`; `try_later` where somebody is just sending one; `cannot_create`
   */
  async discard(ids: readonly string[]): Promise<void> {
    const queued = new Set(await this.ids());
    const files: Deno.FsFile[] = [];
    const missing: string[] = [];
    try {
      for (const id of ids) {
        const file = queued.has(id) ? await openOrNull(this.#path(id)) : null;
        if (file !== null) {
          files.push(file);
          if (!await file.tryLock(true)) {
            throw new MailError("try_later", `Cannot remove ${id}: it is being sent`);
          }
          if (await isThere(this.#path(id))) continue;
        }
        missing.push(id);
      }
      if (missing.length > 0) throw notThere(missing);
      for (const id of ids) await this.#remove(id);
    } finally {
      for (const file of files) unlock(file);
    }
  }

  /** Removes what a program that was killed left: half a message, or notes on one that is gone. */
  async tidy(): Promise<void> {
    const names = await this.#names();
    for (const name of names) {
      const [id = "", kind = ""] = name.split(/\.(.*)/);
      const isOrphan = kind.startsWith("state") && !names.includes(`${id}.mail`);
      if (kind === "new" || isOrphan) await removeUnlocked(`${this.#folder}/${name}`);
    }
  }

  async #claimOf(id: string, file: Deno.FsFile): Promise<Claim> {
    const { note, header, bodyAt, size } = await readNote(id, file);
    const state = await this.#state(id);
    return {
      ...note,
      ...state,
      id,
      size,
      path: this.#path(id),
      header,
      body: () => readFrom(file, bodyAt),
      note: (state) => updatePrivateFile(this.#statePath(id), () => JSON.stringify(state)),
      remove: () => this.#remove(id),
      release: () => unlock(file),
    };
  }

  async #remove(id: string): Promise<void> {
    await Deno.remove(this.#path(id)).catch(cannotWrite);
    await this.#syncFolder();
    await bestEffort(Deno.remove(this.#statePath(id)));
    await bestEffort(Deno.remove(`${this.#statePath(id)}.lock`));
  }

  /** Null: it is gone by now. */
  async #look(id: string): Promise<Spooled | null> {
    const file = await openOrNull(this.#path(id));
    if (file === null) return null;
    try {
      const { note, size } = await readNote(id, file);
      return { ...note, ...await this.#state(id), id, size };
    } finally {
      file.close();
    }
  }

  /** What cannot be read of it is tried anew. */
  async #state(id: string): Promise<SpoolState> {
    const text = await readPrivateFile(this.#statePath(id));
    try {
      return text === null ? untried : { ...untried, ...JSON.parse(text) };
    } catch {
      return untried;
    }
  }

  async #names(): Promise<string[]> {
    try {
      return (await Array.fromAsync(Deno.readDir(this.#folder))).map(({ name }) => name);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw new MailError("io", `Cannot read ${this.#folder}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  async #makeFolder(): Promise<void> {
    await makeFolder(this.#folder).catch(cannotWrite);
    requirePrivate(this.#folder, await Deno.stat(this.#folder));
  }

  /** A name is on disk once its folder is. */
  async #syncFolder(): Promise<void> {
    await syncFolder(this.#folder).catch(cannotWrite);
  }

  #path(id: string): string {
    return `${this.#folder}/${id}.mail`;
  }

  #statePath(id: string): string {
    return `${this.#folder}/${id}.state`;
  }
}

function notThere(ids: readonly string[]): MailError {
  return new MailError(
    "no_such_message",
    `Cannot remove ${ids.join(", ")}: there is no such message in the queue`,
    { hint: "Run `mailctl queue` for the list." },
  );
}
