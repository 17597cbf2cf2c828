/** Files that SQLite writes for an administrator: what stops it is told with their path. */
import { reasonOf } from "../../../files/file_failure.ts";
import { failAtFileLimit } from "../../../files/file_limit.ts";
import { MailError } from "../../../model/errors.ts";
import { wrapError } from "../connection.ts";

/** SQLite tells a full disk from other failures, and no more. */
const reasons: Readonly<Record<string, string>> = {
  "storage_full": "no space is left on the device",
  "storage_failed": "the disk failed, or it would be larger than a quota, or `ulimit -f`, allows",
};

/** Writes the file at `path`. @throws {MailError} `cannot_create`, with the path and the reason; what `work` throws */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  failAtFileLimit();
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof MailError) throw cause;
    const failure = wrapError(cause);
    const reason = isSqlite(cause) ? reasons[failure.code] : reasonOf(cause);
    if (reason === undefined) throw failure;
    throw new MailError("cannot_create", `Cannot write ${path}: ${reason}`, { cause });
  }
}

function isSqlite(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ERR_SQLITE_ERROR";
}
