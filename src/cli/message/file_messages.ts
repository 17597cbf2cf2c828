/** What `move`, `archive`, `trash`, `flag` and `unread` share: messages by their ids, all there or none changed. */
import type { FiledMessage } from "../../client/filing/filed_message.ts";
import type { FilingChange } from "../../client/filing/filing_change.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import { MailError } from "../../model/errors.ts";
import { boxFolders, type FolderList } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { type AccountFlags, withMailbox } from "../session.ts";
import { writeJson } from "../terminal/output.ts";
import type { NamedFolder } from "./folder.ts";

export interface FilingFlags extends AccountFlags {
  readonly json: boolean;
}

/** Moves messages into the folder that `find` finds, and tells so with `--json`. */
export async function moveMessages(
  flags: FilingFlags,
  given: readonly EntryId[],
  find: (list: FolderList) => NamedFolder | Promise<NamedFolder>,
): Promise<void> {
  const moved = [...new Set(given)];
  const folder = await withMailbox(flags, async (mailbox) => {
    mailbox.requireAllowed("file");
    const filed = await mailbox.filed();
    const [list, there] = await Promise.all([filed.folders(), readAll(mailbox, moved)]);
    const folder = await find(list);
    requireBox(there, folder);
    await filed.change(moved, { folder: folder.id });
    return folder.name;
  });
  if (flags.json) await writeJson({ moved, folder } satisfies JsonOf<"move">);
}

/** Reads how messages are filed. @throws {MailError} `no_such_message` naming every unknown id */
export async function readAll(
  mailbox: Mailbox,
  ids: readonly EntryId[],
): Promise<FiledMessage[]> {
  const there = await (await mailbox.filed()).read(ids);
  const unknown = new Set(ids).difference(new Set(there.map(({ id }) => id)));
  if (unknown.size === 0) return there;
  throw new MailError("no_such_message", `Cannot find message ${[...unknown].join(", ")}`);
}

/** Changes flags and keywords. @throws {MailError} as `readAll`, and `Filings.change` */
export async function changeMessages(
  mailbox: Mailbox,
  ids: readonly EntryId[],
  change: FilingChange,
): Promise<FiledMessage[]> {
  mailbox.requireAllowed("file");
  await readAll(mailbox, ids);
  return await (await mailbox.filed()).change(ids, change);
}

/** INBOX is for mail that was received, and Sent for mail that was sent. */
function requireBox(messages: readonly FiledMessage[], { name, box }: NamedFolder): void {
  const others = messages.filter((message) => box !== null && message.box !== box);
  if (others.length === 0) return;
  const ids = others.map(({ id }) => id).join(", ");
  const [does, own] = box === "inbox"
    ? ["you sent it", boxFolders.sent]
    : ["you received it", boxFolders.inbox];
  throw new MailError("usage", `Cannot move message ${ids} to ${name}: ${does}`, {
    hint: `Use ${own}, or another folder.`,
  });
}
