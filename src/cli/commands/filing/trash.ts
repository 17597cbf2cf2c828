/** `mailctl trash` */
import { buildCommand } from "@stricli/core";
import type { FiledMailbox } from "../../../client/filing/filed_mailbox.ts";
import type { FiledMessage } from "../../../client/filing/filed_message.ts";
import { MailError } from "../../../model/errors.ts";
import type { FolderList } from "../../../model/filing.ts";
import { type EntryId, listIds } from "../../../model/ids.ts";
import { amount } from "../../../model/message.ts";
import { visible, visibleLine } from "../../../model/visible_text.ts";
import { jsonFlag, listArgument, parseId, switchFlag } from "../../flag.ts";
import { type FilingFlags, moveMessages } from "../../message/file_messages.ts";
import { folderFor, type NamedFolder } from "../../../client/filing/named_folder.ts";
import { foldersOf } from "../../message/folder.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { accountFlags, withMailbox } from "../../session.ts";
import { confirmYes } from "../../terminal/confirm_yes.ts";
import { say, writeJson } from "../../terminal/output.ts";

interface Flags extends FilingFlags {
  readonly empty: boolean;
  readonly yes: boolean;
}

export const examples = [
  "mailctl trash 12 15",
  "mailctl trash --empty --yes",
  "mailctl inbox --folder Trash",
];

export const command = buildCommand({
  docs: {
    brief: "Move messages to the trash, or empty it",
    fullDescription:
      "Move messages to the folder Trash. `mailctl move ID INBOX` brings one back.\n" +
      "`mailctl delete` deletes messages for good, without the trash.\n" +
      "\n" +
      "A message that waits for delivery is delivered from the trash too, and stays\n" +
      "there until then. `mailctl cancel` cancels it.\n" +
      "\n" +
      "With --empty, deletes for good what is in the trash. mailctl asks first, unless\n" +
      "--yes is given. Nothing else empties the trash.\n" +
      "\n" +
      "Prints nothing. With --json, prints moved (the ids) and folder, or deleted.",
  },
  parameters: {
    flags: {
      empty: switchFlag("Delete what is in the trash for good"),
      yes: switchFlag("Empty the trash without asking"),
      json: jsonFlag,
      ...accountFlags,
    },
    positional: listArgument("ID", "The ids of messages", parseId, 0),
  },
  func: async (flags: Flags, ...ids: EntryId[]) => {
    requireOne(flags, ids.length);
    if (!flags.empty) {
      let waiting: EntryId[] = [];
      await moveMessages(flags, ids, trashOf, async (filed, messages) => {
        waiting = await waitingAmong(filed, messages);
      });
      return sayDelivered(waiting);
    }
    const deleted = await emptyTrash(flags);
    if (flags.json) await writeJson({ deleted } satisfies JsonOf<"trash">);
  },
});

/** Finds those that wait for delivery. */
async function waitingAmong(
  filed: FiledMailbox,
  messages: readonly FiledMessage[],
): Promise<EntryId[]> {
  const sent = messages.filter(({ box }) => box === "sent").map(({ id }) => id);
  const looked = await filed.look(sent);
  return looked.filter(({ heldUntil }) => heldUntil !== null).map(({ id }) => id);
}

function sayDelivered(waiting: readonly EntryId[]): void {
  if (waiting.length === 0) return;
  const what = waiting.length === 1
    ? `Message ${waiting[0]} is`
    : `Messages ${listIds(waiting)} are`;
  say(`${what} still delivered. Run \`mailctl cancel ${waiting.join(" ")}\` to stop that`);
}

function trashOf(list: FolderList): NamedFolder {
  return folderFor(list, "trash");
}

/** The connection ends before a person is asked, who may take longer than the server waits. */
async function emptyTrash(flags: Flags): Promise<EntryId[]> {
  if (flags.yes) return await deleteTrash(flags, null);
  const there = await withMailbox(flags, async (mailbox) => {
    const filed = await mailbox.filed();
    const { id } = trashOf(await foldersOf(mailbox));
    return (await filed.inFolder(id)).map(({ id }) => id);
  }, { startsPrograms: true }); // the shell that asks
  if (there.length === 0) return [];
  await confirmYes({
    question: visible`Delete ${visibleLine(amount(there.length))} in the trash for good?`,
    failure: "Cannot empty the trash",
    hint: "Use --yes to empty it without asking.",
  });
  return await deleteTrash(flags, new Set(there)); // no more than was asked about
}

async function deleteTrash(flags: Flags, only: ReadonlySet<EntryId> | null): Promise<EntryId[]> {
  return await withMailbox(flags, async (mailbox) => {
    mailbox.requireAllowed("delete");
    const { id } = trashOf(await foldersOf(mailbox));
    const filed = await mailbox.filed();
    const deleted = await filed.empty(id, only);
    sayStays(await filed.inFolder(id));
    return deleted;
  });
}

/** Mostly, it waits for delivery; or it came after the question. */
function sayStays(messages: readonly { readonly id: EntryId }[]): void {
  if (messages.length === 0) return;
  const ids = listIds(messages.map(({ id }) => id));
  say(
    `The trash still has ${ids}. If a message waits for delivery, run \`mailctl cancel ID\` first`,
  );
}

function requireOne({ empty, yes }: Flags, count: number): void {
  if (empty && count > 0) {
    throw new MailError("usage", "Cannot use --empty with the id of a message");
  }
  if (yes && !empty) throw new MailError("usage", "Cannot use --yes without --empty");
  if (!empty && count === 0) {
    throw new MailError("usage", "Cannot run trash: ID is missing", {
      hint: "Use --empty to delete for good what is in the trash.",
    });
  }
}
