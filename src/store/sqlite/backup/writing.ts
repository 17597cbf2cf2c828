/** Files that SQLite writes for an administrator: what stops it is told with their path. */
import { failAtFileLimit } from "../../../files/file_limit.ts";
import { type FailureCode, MailError } from "../../../model/errors.ts";
import { wrapError } from "../connection.ts";

/** SQLite tells a full disk from other failures, and no more. */
const reasons: Readonly<Record<string, string>> = {
  "storage_full": "no space is left on the device",
  "storage_failed": "the disk failed, or it would be larger than a quota, or `ulimit -f`, allows",
};

/** Why a disk did not take what SQLite wrote; undefined for another failure. */
export function reasonOfDisk(code: FailureCode): string | undefined {
  return reasons[code];
}

/**
 * Writes the file at `path` by SQLite.
 * @throws {MailError} `cannot_create` where the disk does not take it, with the path and the reason; what `work` throws
 */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  failAtFileLimit();
  try {
    return await work();
  } catch (cause) {
    const reason = isOfDatabase(cause) ? reasonOfDisk(wrapError(cause).code) : undefined;
    throw reason === undefined ? cause : cannotWrite(path, reason, cause);
  }
}

export function cannotWrite(path: string, reason: string, cause: unknown): MailError {
  return new MailError("cannot_create", `Cannot write ${path}: ${reason}`, { cause });
}

function isOfDatabase(error: unknown): boolean {
  return error instanceof MailError ||
    (error as { code?: unknown } | null)?.code === "ERR_SQLITE_ERROR";
}
