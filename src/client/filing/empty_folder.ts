/** Deletes for good what is in a folder, and nothing that was moved out of it or changed meanwhile. */
import { MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { FiledMessage } from "./filed_message.ts";

const attempts = 5;

/**
 * Deletes the messages of a folder in portions; `only`: of these alone. What waits to be sent stays. Returns what was
 * deleted. @throws {MailError} what `deleteFiled` does, and `try_later` where others keep changing what is there
 */
export async function emptyFolder(
  filedThere: () => Promise<readonly FiledMessage[]>,
  deleteFiled: (filed: readonly FiledMessage[]) => Promise<readonly EntryId[]>,
  only: ReadonlySet<EntryId> | null = null,
): Promise<EntryId[]> {
  const deleted: EntryId[] = [];
  const refused = new Map<EntryId, number>();
  const isMeant = ({ id, version }: FiledMessage) =>
    (only === null || only.has(id)) && refused.get(id) !== version;
  for (let attempt = 0; attempt < attempts;) {
    const portion = (await filedThere()).filter(isMeant).slice(0, limits.maxIdsPerRequest);
    if (portion.length === 0) return deleted.sort((a, b) => a - b);
    const ids = new Set(await deleteFiled(portion));
    deleted.push(...ids);
    const left = portion.filter(({ id }) => !ids.has(id));
    for (const { id, version } of left) refused.set(id, version); // it waits, or has another version by now
    if (left.length > 0) attempt++;
  }
  throw new MailError(
    "try_later",
    "Cannot empty the folder: another machine changes messages there",
  );
}
