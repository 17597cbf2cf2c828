/** Opens the store that a setting names. The only place that knows which back ends there are: it loads what it opens. */
import { MailError } from "../model/errors.ts";
import type { OpenOptions } from "./open_options.ts";
import type { Store } from "./store.ts";
import { copyTables } from "./table_copy.ts";

/**
 * Opens `memory:`, `file:/path/to/folder`, a plain path of a folder, or `postgres://USER@HOST/DATABASE`.
 * @throws {MailError} `configuration` for another scheme, and what the back end refuses.
 */
export async function openStore(url: string, options: OpenOptions): Promise<Store> {
  if (url === "memory:") {
    const { openMemory } = await import("./memory/memory.ts");
    return openMemory(options.domain ?? options.firstDomain ?? "localhost");
  }
  if (url.startsWith("file:")) return await openFolder(folderOf(url), options);
  if (/^postgres(ql)?:/.test(url)) {
    const { openPostgres } = await import("./postgres/postgres.ts");
    return await openPostgres(url, options);
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(url)) {
    throw new MailError("configuration", `Cannot open ${url}: there is no such kind of store`, {
      hint: "Write memory:, file:/path/to/folder, a path, or postgres://USER@HOST/DATABASE.",
    });
  }
  return await openFolder(url, options);
}

/** True where both URLs of PostgreSQL name one database, of a host that both name. @throws {MailError} `configuration` */
export async function isSameDatabase(one: string, other: string): Promise<boolean> {
  const address = await import("./postgres/address.ts");
  return address.isSameDatabase(one, other);
}

async function openFolder(folder: string, options: OpenOptions): Promise<Store> {
  const { openSqlite } = await import("./sqlite/sqlite.ts");
  return await openSqlite(folder, options);
}

function folderOf(url: string): string {
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch (error) {
    throw new MailError("configuration", `Cannot open ${url}: it is not a URL`, { cause: error });
  }
}

/** Loads what writes, checks and restores backups: a backup is an SQLite database, whatever it was made of. */
export async function loadBackups() {
  return await import("./sqlite/backup/backup.ts");
}

/**
 * Writes all that is in a PostgreSQL database into the empty file `path`, which is to be called `name`, and checks it.
 * @throws {MailError} as both do
 */
export async function backUpDatabase(url: string, path: string, name = path): Promise<void> {
  const { readDatabase } = await import("./postgres/backup/tables.ts");
  const { writeBackupTables } = await import("./sqlite/backup/tables.ts");
  await readDatabase(
    url,
    (source) => writeBackupTables(path, name, (sink) => copyTables(source, sink)),
  );
  await (await loadBackups()).verifyBackup(path);
}

/** Fills a PostgreSQL database with a backup, after checking it. @throws {MailError} as `fillDatabase`, `verifyBackup` do */
export async function restoreDatabase(
  path: string,
  url: string,
  { force }: { readonly force: boolean },
) {
  const { fillDatabase } = await import("./postgres/backup/tables.ts");
  const { readBackupTables } = await import("./sqlite/backup/tables.ts");
  const { verifyBackup } = await loadBackups();
  const summary = await verifyBackup(path);
  await readBackupTables(
    path,
    (source) => fillDatabase(url, { force, now: Date.now() }, (sink) => copyTables(source, sink)),
  );
  return summary;
}
