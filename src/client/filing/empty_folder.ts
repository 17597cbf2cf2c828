/** Deletes for good what is in a folder. Of what is moved out while it works, all but the portion under way is kept. */
import { MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";

const attempts = 5;

/**
 * Deletes the messages of a folder in portions; `only`: of these alone. Returns what was deleted.
 * @throws {MailError} what `deleteAll` does, and `try_later` where others keep deleting there
 */
export async function emptyFolder(
  idsThere: () => Promise<readonly EntryId[]>,
  deleteAll: (ids: readonly EntryId[]) => Promise<void>,
  only: ReadonlySet<EntryId> | null = null,
): Promise<EntryId[]> {
  const deleted: EntryId[] = [];
  for (let attempt = 0; attempt < attempts;) {
    const portion = (await idsThere()).filter((id) => only === null || only.has(id))
      .slice(0, limits.maxIdsPerRequest);
    if (portion.length === 0) return deleted.sort((a, b) => a - b);
    try {
      await deleteAll(portion);
      deleted.push(...portion);
    } catch (error) {
      if (!(error instanceof MailError) || error.code !== "no_such_message") throw error;
      attempt++; // another machine was quicker with some
    }
  }
  throw new MailError(
    "try_later",
    "Cannot empty the folder: another machine deletes messages there",
  );
}
