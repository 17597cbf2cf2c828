/** The folders of an account, and how much is in each. */
import type { FolderList } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Box } from "../../model/message.ts";
import { heardElsewhere } from "../../model/promises.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { listBox } from "../reading/list_messages.ts";
import { listAll } from "./change_feed.ts";
import type { FiledMessage } from "./filed_message.ts";
import { isUnread } from "./filed_message.ts";
import type { FilingChange } from "./filing_change.ts";
import type { FilingSource } from "./list_folder.ts";
import { allFolders, type NamedFolder } from "./named_folder.ts";

export interface FolderSummary extends NamedFolder {
  readonly messages: number;
  readonly unread: number;
}

/** What is needed of a mailbox: see `FiledMailbox`. */
interface Filer {
  folders(): Promise<FolderList>;
  change(ids: readonly EntryId[], change: FilingChange): Promise<unknown>;
}

/**
 * Tells of all folders, those of the boxes first. What is in a folder that is in no list, as a machine leaves it that
 * moved it there and was stopped while another one deleted the folder, comes into the box's own.
 */
export async function summariseFolders(
  context: MailboxContext,
  filed: Filer,
  source: FilingSource,
): Promise<FolderSummary[]> {
  const boxes = ["inbox", "sent"] as const;
  const own = heardElsewhere(Promise.all(boxes.map((box) => countBox(context, box)))); // below
  const aside = (await listAll(source, true)).filter(({ filing }) => filing.folder !== 0);
  const list = await filed.folders(); // behind the mail: its folders are made before it comes there
  const { folders } = list;
  const lost = aside.filter(({ filing }) => folders.every(({ id }) => id !== filing.folder));
  await takeBack(context, filed, lost);
  const there = Map.groupBy(aside, ({ filing }) => filing.folder);
  const counts = await own;
  return allFolders(list).map((folder) =>
    folder.box === null
      ? plus({ ...folder, messages: 0, unread: 0 }, there.get(folder.id) ?? [])
      : plus(
        { ...folder, ...counts[boxes.indexOf(folder.box)]! },
        lost.filter(({ box }) => box === folder.box),
      )
  );
}

/** A login that may not file leaves it as it is. */
async function takeBack(
  { client }: MailboxContext,
  filed: Filer,
  lost: readonly FiledMessage[],
): Promise<void> {
  if (!client.allows("file")) return;
  for (const [fromFolder, messages] of Map.groupBy(lost, ({ filing }) => filing.folder)) {
    await filed.change(messages.map(({ id }) => id), { folder: 0, fromFolder });
  }
}

async function countBox(context: MailboxContext, box: Box) {
  const { total, unread } = await listBox(context, { box, limit: 1, aside: false, unseen: true });
  return { messages: total, unread: box === "inbox" ? unread : 0 };
}

function plus(summary: FolderSummary, more: readonly FiledMessage[]): FolderSummary {
  return {
    ...summary,
    messages: summary.messages + more.length,
    unread: summary.unread + more.filter(isUnread).length,
  };
}
