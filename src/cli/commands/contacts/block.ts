/** `mailctl block` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, listArgument } from "../../flag.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../../session.ts";
import { writeJson } from "../../terminal/output.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = ["mailctl block mallory", "mailctl block offers@shop.example"];

export const command = buildCommand({
  docs: {
    brief: "Block senders of unwanted mail",
    fullDescription:
      "Block accounts by name, and senders of other domains by address. From then on\n" +
      "the server drops their mail to you. It takes no room in your mailbox. The sender\n" +
      "is not told, and a message to several people still reaches the others. Mail that\n" +
      "you have stays, and so do the keys that mailctl has saved. Mail that was\n" +
      "scheduled before is dropped when it is due.\n" +
      "\n" +
      "A block is for one account or address. Somebody who can get another one can\n" +
      "write to you again. An alias stands for its account, and a tag makes no\n" +
      "difference. Mail by SMTP without a login is dropped if you have blocked its\n" +
      "envelope sender or its From address, and both can be forged.\n" +
      "\n" +
      "The server has to know whom you block. If one of the names does not exist,\n" +
      "nobody is blocked.\n" +
      "\n" +
      "`mailctl contacts --blocked` lists whom you have blocked.\n" +
      "\n" +
      "Prints nothing. With --json, prints blocked.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: listArgument("NAME|ADDRESS", "The senders to block", String),
  },
  func: async (flags: Flags, ...senders: string[]) => {
    const blocked = await withMailbox(flags, (mailbox) => mailbox.block(senders));
    if (flags.json) await writeJson({ blocked } satisfies JsonOf<"block">);
  },
});
