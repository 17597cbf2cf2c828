/** `mailctl drafts` */
import { buildCommand } from "@stricli/core";
import type { Moment } from "../../../model/delivery_time.ts";
import { jsonFlag } from "../../flag.ts";
import { filingFlags, listBox, pageFlags } from "../../message/list.ts";
import { type AccountFlags, accountFlags } from "../../session.ts";

interface Flags extends AccountFlags {
  readonly limit: number | undefined;
  readonly before: number | undefined;
  readonly to: string | undefined;
  readonly since: Moment | undefined;
  readonly flagged: boolean;
  readonly keyword: string | undefined;
  readonly json: boolean;
}

export const examples = [
  "mailctl send bob -s Plan -m 'To be continued' --save-draft",
  "mailctl drafts",
  "mailctl send --draft 12",
];

export const command = buildCommand({
  docs: {
    brief: "List drafts, newest first",
    fullDescription:
      "List the messages in the folder Drafts. `mailctl send --save-draft` keeps a\n" +
      "message there, and `mailctl send --draft ID` sends one. A mail program can keep\n" +
      "drafts there too.\n" +
      "\n" +
      "On a terminal, the outcome is draft (d), as in other lists. Off a terminal, the\n" +
      "columns are those of `mailctl sent`, and the state is draft. With --json, prints\n" +
      "what `mailctl sent --json` prints. The outcome that scripts see is imported.",
  },
  parameters: {
    flags: { ...pageFlags, ...filingFlags, json: jsonFlag, ...accountFlags },
    aliases: { n: "limit" },
  },
  func: (flags: Flags) => listBox("sent", { ...flags, use: "drafts" }),
});
