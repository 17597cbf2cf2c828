/**
 * Room on the disk that mail may not take: deleting writes before it frees, and logins, the administrator and the next
 * start of the server have to write as well.
 */
import { statfsSync } from "node:fs";
import { storageFull } from "../failures.ts";
import { type SqlConnection, wrapError } from "./connection.ts";
import { sizeOf } from "./files.ts";

const mebi = 1024 * 1024;

/** What the log grows to before it is emptied. */
const logBytes = 16 * mebi;

/** What is left beside the log. */
const reserveBytes = 16 * mebi;

/** Others fill the disk, too. */
const lookEveryMs = 1000;

/** The rows and indexes of a short message, at most. */
const rowBytes = 8 * 1024;

export class Reserve {
  readonly #folder: string;
  readonly #database: string;
  readonly #reader: SqlConnection;
  readonly #freeBytesIn: (folder: string) => number;
  /** What mail could take at the last look, less what it took since. */
  #left = 0;
  #lookAt = 0;

  constructor(
    folder: string,
    database: string,
    reader: SqlConnection,
    freeBytesIn = freeBytesOfDisk,
  ) {
    this.#folder = folder;
    this.#database = database;
    this.#reader = reader;
    this.#freeBytesIn = freeBytesIn;
  }

  /**
   * Counts what makes the database larger by so many bytes. `inFlight`: the bytes that were counted and may not be on disk.
   * @throws {MailError} `storage_full` where there is no room for them
   */
  take(bytes: number, inFlight: () => number): void {
    const taken = bytes + rowBytes;
    if (performance.now() >= this.#lookAt) this.#left = 0;
    // What moved during a look may have counted twice against it: the second look has it in one place.
    for (let looks = 0; looks < 2 && this.#left < taken; looks++) {
      this.#lookAt = performance.now() + lookEveryMs;
      this.#left = this.#look() - inFlight();
    }
    if (this.#left < taken) throw storageFull();
    this.#left -= taken;
  }

  /**
   * The writer works meanwhile: it makes the log longer, moves pages from there to the database, and empties it. Asked
   * in this order, none of it counts as room.
   */
  #look(): number {
    const log = `${this.#database}-wal`;
    const inDatabase = sizeOf(this.#database);
    const logBefore = sizeOf(log);
    const room = this.#freeBytesIn(this.#folder);
    const inLog = Math.min(logBefore, sizeOf(log));
    const free = room - Math.max(0, logBytes - inLog);
    const { all, unused } = this.#pages();
    const onlyInLog = Math.max(0, all - inDatabase);
    return Math.min(free, free - onlyInLog + unused - reserveBytes);
  }

  /** In bytes. */
  #pages(): { readonly all: number; readonly unused: number } {
    try {
      return this.#reader.one(
        `SELECT page_count * page_size AS "all", freelist_count * page_size AS unused
         FROM pragma_page_count, pragma_page_size, pragma_freelist_count`,
      );
    } catch (error) {
      throw wrapError(error);
    }
  }
}

/** Infinite where the system does not tell. */
function freeBytesOfDisk(folder: string): number {
  try {
    const { blocks, bavail, bsize } = statfsSync(folder);
    return blocks === 0 ? Infinity : bavail * bsize;
  } catch {
    return Infinity;
  }
}
