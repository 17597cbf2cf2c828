/** `mailctl admin show` */
import { buildCommand } from "@stricli/core";
import { jsonOf, writeReport } from "../../account/account_report.ts";
import {
  type AdminFlags,
  adminFlags,
  adminNote,
  askAdmin,
  nameArgument,
} from "../../admin/ask_admin.ts";
import { jsonFlag } from "../../flag.ts";
import { writeJson } from "../../terminal/output.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = ["mailctl admin show alice", "mailctl admin show alice --json | jq .bytes"];

export const command = buildCommand({
  docs: {
    brief: "Show an account",
    fullDescription:
      "Show an account: its state, fingerprint, sessions, and how much its mailbox\n" +
      "contains and may contain. The server does not know what the mail says.\n" +
      "\n" +
      adminNote,
  },
  parameters: { flags: { json: jsonFlag, ...adminFlags }, positional: nameArgument },
  func: async (flags: Flags, text: string) => {
    const { parseName } = await import("../../../model/address.ts");
    const account = await askAdmin(flags, "show", { name: parseName(text) });
    await (flags.json ? writeJson(jsonOf(account)) : writeReport(account));
  },
});
