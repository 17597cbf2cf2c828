/** What `move`, `archive`, `trash`, `flag` and `unread` share: messages by their ids, all there or none changed. */
import type { FiledMailbox } from "../../client/filing/filed_mailbox.ts";
import type { FiledMessage } from "../../client/filing/filed_message.ts";
import type { FilingChange } from "../../client/filing/filing_change.ts";
import { type NamedFolder, readFiled, requireBox } from "../../client/filing/named_folder.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import type { FolderList } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { type AccountFlags, withMailbox } from "../session.ts";
import { writeJson } from "../terminal/output.ts";

export interface FilingFlags extends AccountFlags {
  readonly json: boolean;
}

/**
 * Moves messages into the folder that `find` finds, and tells so with `--json`. `before` looks at them while they are
 * where they were.
 */
export async function moveMessages(
  flags: FilingFlags,
  given: readonly EntryId[],
  find: (list: FolderList) => NamedFolder | Promise<NamedFolder>,
  before: (filed: FiledMailbox, messages: readonly FiledMessage[]) => Promise<void> =
    async () => {},
): Promise<void> {
  const moved = [...new Set(given)];
  const folder = await withMailbox(flags, async (mailbox) => {
    mailbox.requireAllowed("file");
    const filed = await mailbox.filed();
    const [list, there] = await Promise.all([filed.folders(), readFiled(filed, moved)]);
    const folder = await find(list);
    requireBox(there, folder);
    await before(filed, there);
    await filed.change(moved, { folder: folder.id });
    return folder.name;
  });
  if (flags.json) await writeJson({ moved, folder } satisfies JsonOf<"move">);
}

/** Changes flags and keywords. @throws {MailError} as `readFiled`, and `Filings.change` */
export async function changeMessages(
  mailbox: Mailbox,
  ids: readonly EntryId[],
  change: FilingChange,
): Promise<FiledMessage[]> {
  mailbox.requireAllowed("file");
  const filed = await mailbox.filed();
  await readFiled(filed, ids);
  return await filed.change(ids, change);
}
