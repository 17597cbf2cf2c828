/** `mailctl missing` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, switchFlag } from "../flag.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../session.ts";
import { say, writeJson } from "../terminal/output.ts";
import { writeTabSeparated } from "../terminal/table.ts";
import { isPersonReading } from "../terminal/terminal.ts";

interface Flags extends AccountFlags {
  readonly accept: boolean;
  readonly json: boolean;
}

export const examples = ["mailctl missing", "mailctl missing --accept"];

export const command = buildCommand({
  docs: {
    brief: "List senders of messages that are missing",
    fullDescription:
      "List who sent you messages that are missing, and how many. A sender numbers the\n" +
      "messages to you and signs the numbers, so a number that was passed over shows.\n" +
      "Either the server withholds the message, or it was lost, for instance when a\n" +
      "backup was restored. Ask the sender, by another way than mail, to send it again.\n" +
      "\n" +
      "It looks at no messages itself: it lists what `inbox` and `watch` found. A\n" +
      "monitor runs `mailctl inbox --json | jq .missing`.\n" +
      "\n" +
      "Messages that were cancelled or came back are not missing once you have a later\n" +
      "one. Mail that you deleted unread is not missing either. Nobody can tell whether\n" +
      "the newest message of a sender is missing.\n" +
      "\n" +
      "With --accept, mailctl stops telling you of what it lists.\n" +
      "\n" +
      "Prints a line for each sender: address and number, separated by a tab. With\n" +
      "--json, prints missing, each with from and count.",
  },
  parameters: {
    flags: {
      accept: switchFlag("Do not tell of these messages again"),
      json: jsonFlag,
      ...accountFlags,
    },
  },
  func: async ({ accept, ...flags }: Flags) => {
    const missing = await withMailbox(
      flags,
      (mailbox) => mailbox.missing({ accept }),
    );
    if (flags.json) return await writeJson({ missing: [...missing] } satisfies JsonOf<"missing">);
    if (missing.length === 0 && isPersonReading()) return say("No messages are missing");
    await writeTabSeparated(missing.map(({ from, count }) => ({ cells: [from, String(count)] })));
  },
});
