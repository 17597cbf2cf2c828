/** `mailctl admin quota` */
import { buildCommand } from "@stricli/core";
import { jsonOf, writeUsage } from "../../account/account_report.ts";
import {
  type AdminFlags,
  adminFlags,
  adminNote,
  askAdmin,
  nameArgument,
} from "../../admin/ask_admin.ts";
import { jsonFlag, parsedFlag, wholeNumber } from "../../flag.ts";
import { writeJson } from "../../terminal/output.ts";
import { sizeWithin } from "../../../model/size.ts";

interface Flags extends AdminFlags {
  readonly bytes: Bound | undefined;
  readonly messages: Bound | undefined;
  readonly json: boolean;
}

/** Null is what the server has, 0 no bound. */
interface Bound {
  readonly most: number | null;
}

export const examples = [
  "mailctl admin quota alice",
  "mailctl admin quota alice --bytes 5G --messages none",
];

export const command = buildCommand({
  docs: {
    brief: "Show or set the size limit of a mailbox",
    fullDescription:
      "Show how much a mailbox contains and may contain, or set the limits. A full\n" +
      "mailbox receives no mail: the send fails for all its recipients with status 75.\n" +
      "Sent mail counts too. Mail from one account may fill a quarter of another's\n" +
      "mailbox, and all mail by SMTP without a login half of it.\n" +
      "\n" +
      "The value `default` means the server's limit (serve --quota, --quota-messages),\n" +
      "and `none` means no limit.\n" +
      "\n" +
      adminNote,
  },
  parameters: {
    flags: {
      bytes: parsedFlag("SIZE", "Limit the mailbox to SIZE, or default, or none", boundBy(sizeOf)),
      messages: parsedFlag(
        "COUNT",
        "Limit the mailbox to COUNT messages, or default, or none",
        boundBy(countOf),
      ),
      json: jsonFlag,
      ...adminFlags,
    },
    positional: nameArgument,
  },
  func: async (flags: Flags, text: string) => {
    const { parseName } = await import("../../../model/address.ts");
    const { bytes, messages } = flags;
    const query = { name: parseName(text), maxBytes: bytes?.most, maxMessages: messages?.most };
    const account = await askAdmin(flags, "quota", query);
    await (flags.json ? writeJson(jsonOf(account)) : writeUsage(account));
  },
});

function sizeOf(text: string): number {
  return sizeWithin(1, 1024 ** 5)(text);
}

function countOf(text: string): number {
  return wholeNumber("a number of messages", 1, 1_000_000_000)(text);
}

function boundBy(parse: (text: string) => number): (text: string) => Bound {
  return (text) => {
    if (text === "default") return { most: null };
    return { most: text === "none" ? 0 : parse(text) };
  };
}
