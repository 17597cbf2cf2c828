/** `mailctl unread` */
import { buildCommand } from "@stricli/core";
import { readFiled, requireReceived } from "../../../client/filing/named_folder.ts";
import type { EntryId } from "../../../model/ids.ts";
import { jsonFlag, listArgument, parseId } from "../../flag.ts";
import type { FilingFlags } from "../../message/file_messages.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { accountFlags, withMailbox } from "../../session.ts";
import { writeJson } from "../../terminal/output.ts";

export const examples = ["mailctl unread 12"];

export const command = buildCommand({
  docs: {
    brief: "Mark messages as unread",
    fullDescription:
      "Mark messages that you received as unread. A receipt that their sender has stays\n" +
      "valid. If one of the ids does not exist, nothing is marked.\n" +
      "\n" +
      "Prints nothing. With --json, prints unread (the ids).",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: listArgument("ID", "The ids of messages", parseId),
  },
  func: async (flags: FilingFlags, ...ids: EntryId[]) => {
    const unread = [...new Set(ids)];
    await withMailbox(flags, async (mailbox) => {
      const filed = await mailbox.filed();
      requireReceived(await readFiled(filed, unread));
      await filed.markUnread(unread);
    });
    if (flags.json) await writeJson({ unread } satisfies JsonOf<"unread">);
  },
});
