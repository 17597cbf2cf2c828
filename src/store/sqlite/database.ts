/** The database of a store, open: one connection that reads on this thread, and the queue of the Worker that writes. */
import { anotherDomain, storeClosed } from "../failures.ts";
import type { OpenOptions } from "../open_options.ts";
import type { Cause, Identity, StoreLoad } from "../store.ts";
import { Watchers, type WatcherSets } from "../watchers.ts";
import type { Access, SubjectJobs, Writes } from "./access.ts";
import { SqlConnection, wrapError } from "./connection.ts";
import { claimFolder, type DataFolder } from "./files.ts";
import type { JobName } from "./jobs.ts";
import { migrate } from "./migrate.ts";
import { WriterQueue } from "./queue.ts";
import { Reserve } from "./reserve.ts";
import { requireCurrent } from "./rows/account.ts";
import { requireNothingDue } from "./rows/due.ts";

export interface SqliteOptions extends Pick<OpenOptions, "domain" | "firstDomain"> {
  /** Pages the database may grow to; absent: as far as the disk goes. */
  readonly maxPages?: number | null;
}

interface Parts {
  readonly folder: DataFolder;
  readonly reader: SqlConnection;
  readonly writer: WriterQueue;
  readonly watchers: WatcherSets;
  readonly identity: Identity;
}

export class Database implements Access {
  readonly #parts: Parts;
  #isClosing = false;

  /**
   * Opens the database in a folder, making it on first use.
   * @throws {MailError} `configuration` as `openSqlite` does
   */
  constructor(folder: string, options: SqliteOptions) {
    this.#parts = openParts(folder, options);
  }

  get identity(): Identity {
    return this.#parts.identity;
  }

  get watchers(): WatcherSets {
    return this.#parts.watchers;
  }

  writes<Jobs extends SubjectJobs>(jobs: Jobs): Writes<Jobs> {
    return this.#writesFor(jobs);
  }

  /** The same, for one session or request: see `Store`. */
  for(cause: Cause): Access {
    const { actor, asOf } = cause;
    return {
      writes: (jobs) => this.#writesFor(jobs, cause),
      read: (work, ...asked) =>
        this.read((reader) => {
          if (actor !== null) requireCurrent(reader, actor);
          if (actor !== null && asOf !== undefined) requireNothingDue(reader, actor.id, asOf());
          return work(reader, ...asked);
        }),
    };
  }

  read<Asked extends readonly unknown[], Result>(
    work: (reader: SqlConnection, ...asked: Asked) => Result,
    ...asked: Asked
  ): Promise<Result> {
    return Promise.try(() => {
      if (this.#isClosing) throw storeClosed();
      const { reader } = this.#parts;
      try {
        return reader.transaction("DEFERRED", () => work(reader, ...asked));
      } catch (error) {
        throw wrapError(error);
      }
    });
  }

  #writesFor<Jobs extends SubjectJobs>(jobs: Jobs, cause?: Cause): Writes<Jobs> {
    const { writer } = this.#parts;
    const methods = Object.keys(jobs).map((name) => [
      name,
      (...asked: unknown[]) => writer.run(name as JobName, asked as never, cause), // a row of the table
    ]);
    return Object.fromEntries(methods);
  }

  load(): StoreLoad {
    return this.#parts.writer.load();
  }

  /** Finishes what is queued, and refuses whatever comes from now on. */
  async stop(): Promise<void> {
    this.#isClosing = true;
    await this.#parts.writer.close();
  }

  /** Lets go of everything, once it has stopped. */
  release(): void {
    this.#parts.reader.close();
    this.#parts.folder.release();
  }
}

function openParts(path: string, options: SqliteOptions): Parts {
  const folder = claimFolder(path);
  const watchers = { mail: new Watchers(), changes: new Watchers() };
  try {
    const { reader, identity } = openReader(folder, options);
    const reserve = new Reserve(path, folder.databasePath, reader);
    const writer = new WriterQueue({
      path: folder.databasePath,
      maxPages: options.maxPages ?? null,
    }, ({ changedInboxes, changedMailboxes }) => {
      watchers.mail.tell(changedInboxes);
      watchers.changes.tell(changedMailboxes);
    }, (bytes, inFlight) => reserve.take(bytes, inFlight));
    return { folder, reader, writer, watchers, identity };
  } catch (error) {
    folder.release();
    throw wrapError(error);
  }
}

function openReader(
  { databasePath, noted }: DataFolder,
  { domain, firstDomain = "localhost" }: SqliteOptions,
) {
  const reader = new SqlConnection(databasePath);
  try {
    migrate(reader, databasePath, noted);
    const identity = identify(reader, domain, firstDomain);
    reader.execute("PRAGMA query_only = ON");
    return { reader, identity };
  } catch (error) {
    reader.close();
    throw error;
  }
}

/**
 * Returns the store's secret and domain, making them on first use: `firstDomain` where none is demanded.
 * @throws {MailError} `configuration` where `domain` is not the one recorded.
 */
function identify(connection: SqlConnection, domain: string | null, firstDomain: string): Identity {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  connection.run(
    "INSERT INTO meta (id, secret, domain) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
    secret,
    domain ?? firstDomain,
  );
  const kept = connection.one<Identity>("SELECT secret, domain FROM meta");
  if (domain !== null && domain !== kept.domain) throw anotherDomain(domain, kept);
  return kept;
}
