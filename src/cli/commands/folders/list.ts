/** `mailctl folders` */
import { buildCommand } from "@stricli/core";
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import { jsonFlag } from "../../flag.ts";
import type { FilingFlags } from "../../message/file_messages.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { accountFlags, withMailbox } from "../../session.ts";
import { writeJson } from "../../terminal/output.ts";
import { writeTable, writeTabSeparated } from "../../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../../terminal/terminal.ts";

export const examples = [
  "mailctl folders",
  "mailctl folders --json | jq -r '.folders[] | select(.unread > 0) | .name'",
];

export const command = buildCommand({
  docs: {
    brief: "List your folders, and how much is in them",
    fullDescription:
      "List your folders. Every account has INBOX, Sent, Archive, Drafts, Trash and\n" +
      "Junk. The server knows neither the names of folders nor what is in which.\n" +
      "\n" +
      "`mailctl inbox --folder NAME` lists the messages in a folder.\n" +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs: name, use,\n" +
      "number of messages, number of unread messages. The use is inbox, sent, archive,\n" +
      "drafts, trash, junk, or none for a folder of your own.\n" +
      "\n" +
      "With --json, prints folders.",
  },
  parameters: { flags: { json: jsonFlag, ...accountFlags } },
  func: async (flags: FilingFlags) => {
    const summaries = await withMailbox(
      flags,
      async (mailbox) => await (await mailbox.filed()).summaries(),
    );
    if (flags.json) {
      const folders = summaries.map(({ name, use, messages, unread }) => ({
        name,
        use,
        messages,
        unread,
      }));
      return await writeJson({ folders } satisfies JsonOf<"folders">);
    }
    const rows = summaries.map(cellsOf);
    if (!isPersonReading()) return await writeTabSeparated(rows.map((cells) => ({ cells })));
    const table = rows.map(([name = "", ...cells]) => ({ cells: [...cells, name] }));
    await writeTable(columns, table, terminalColumns());
  },
});

/** The name is last, and whole: it has to be typed. */
const columns = [
  { title: "Use" },
  { title: "Messages", alignRight: true },
  { title: "Unread", alignRight: true },
  { title: "Name" },
];

function cellsOf({ name, use, messages, unread }: FolderSummary): string[] {
  return [name, use, String(messages), String(unread)];
}
