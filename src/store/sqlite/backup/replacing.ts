/** A backup put in the place of what is in a data folder. */
import { reasonOf } from "../../../files/file_failure.ts";
import { MailError } from "../../../model/errors.ts";
import { type GivenOut, givenOut, highest, parseGivenOut } from "../../rules/passing_over.ts";
import { SqlConnection, wrapError } from "../connection.ts";
import { claimFolder, type DataFolder, makeDataFolder, removeDatabase, sizeOf } from "../files.ts";
import { markBackup, migrate } from "../migrate.ts";
import { cannotWrite, reasonOfDisk, writing } from "./writing.ts";

/** As `restoreBackup`, of a backup that was checked. */
export async function replaceStore(
  source: SqlConnection,
  path: string,
  force: boolean,
): Promise<void> {
  await makeDataFolder(path);
  const folder = claimFolder(path);
  const { databasePath } = folder;
  const isNew = sizeOf(databasePath) === 0; // before it was ours, another restore may have filled it
  let noted = folder.noted;
  try {
    await writing(databasePath, async () => {
      if (!force && hasAccounts(databasePath)) throw inUse(path);
      if (!isNew) noted = noteGivenOut(folder);
      await source.copyInto(databasePath);
      if (isNew) makeStore(databasePath, noted);
    });
    if (!isNew) complete(path, () => makeStore(databasePath, noted));
  } catch (error) {
    if (isNew) removeDatabase(path);
    throw error;
  } finally {
    folder.release();
  }
}

/** Notes what was given out in the store that is replaced: from the copy on, nobody else knows. */
function noteGivenOut({ databasePath, noted, note }: DataFolder): string {
  const there = givenOutIn(databasePath);
  if (there === null) return noted;
  const before = parseGivenOut(noted);
  const text = `${JSON.stringify(before === null ? there : highest(there, before))}\n`;
  try {
    note(text);
  } catch (cause) {
    throw cannotWrite(databasePath, reasonOf(cause), cause);
  }
  return text;
}

/** Null where it is damaged: then it is replaced as well. */
function givenOutIn(databasePath: string): GivenOut | null {
  try {
    return work(new SqlConnection(databasePath), (connection) => connection.one(givenOut));
  } catch {
    return null;
  }
}

/** Where this is cut off, the server does it when it starts. */
function makeStore(databasePath: string, noted: string): void {
  work(new SqlConnection(databasePath), (connection) => {
    markBackup(connection); // whatever it was copied from
    migrate(connection, databasePath, noted);
  });
}

/** What was there is gone by now: nobody may take a failure for a restore that was refused. */
function complete(path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    const { code, message } = wrapError(cause);
    const reason = reasonOfDisk(code) ?? message;
    throw new MailError(code, `Cannot complete the restore into ${path}: ${reason}`, {
      hint: code === "storage_full"
        ? "Make room on that disk, then start the server. It completes the restore."
        : "Start the server. It completes the restore.",
      cause,
    });
  }
}

function hasAccounts(path: string): boolean {
  return work(new SqlConnection(path), (connection) => {
    const tables = "SELECT 1 FROM sqlite_schema WHERE name = 'account'";
    return connection.get(tables) !== undefined &&
      connection.get("SELECT 1 FROM account LIMIT 1") !== undefined;
  });
}

function inUse(folder: string): MailError {
  return new MailError("cannot_create", `Cannot restore into ${folder}: it contains accounts`, {
    hint: "Use --force to replace them, with all their mail.",
  });
}

function work<T>(connection: SqlConnection, what: (connection: SqlConnection) => T): T {
  try {
    return what(connection);
  } catch (error) {
    throw wrapError(error);
  } finally {
    connection.close();
  }
}
