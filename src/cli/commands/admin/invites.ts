/** `mailctl admin invites` */
import { buildCommand } from "@stricli/core";
import { type AdminFlags, adminFlags, adminNote, askAdmin } from "../../admin/ask_admin.ts";
import { allPages } from "../../admin/pages.ts";
import { jsonFlag } from "../../flag.ts";
import { isoTime } from "../../time_format.ts";
import { writeJson } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { formatSize } from "../../../model/size.ts";
import { type Column, type Row, writeTable, writeTabSeparated } from "../../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../../terminal/terminal.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

type Invite = JsonOf<"admin invites">["invites"][number];

const columns: readonly Column[] = [
  { title: "ID" },
  { title: "Uses", alignRight: true },
  { title: "Made" },
  { title: "Expires" },
  { title: "Quota", alignRight: true },
  { title: "For" },
];

export const examples = [
  "mailctl admin invites",
  "mailctl admin invites --json | jq .invites[].id",
];

export const command = buildCommand({
  docs: {
    brief: "List unused invites",
    fullDescription:
      "List invites that can still be used, the first to expire at the top. An id\n" +
      "cannot be used to register. `mailctl admin invites revoke` ends an invite.\n" +
      "\n" +
      `${adminNote}\n` +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs:\n" +
      "\n" +
      "  id\n" +
      "  accounts that it can still create\n" +
      "  time made (UTC)\n" +
      "  time it expires\n" +
      "  bytes for each account (empty: the server's quota)\n" +
      "  register, or import for a running `mailctl admin import`\n" +
      "\n" +
      "With --json, prints invites.",
  },
  parameters: { flags: { json: jsonFlag, ...adminFlags } },
  func: async (flags: Flags) => {
    const all = await Array.fromAsync(
      allPages((after: string | null) => askPage(flags, after), ({ id }) => id),
    );
    const invites = all.sort((a, b) => a.expiresAt - b.expiresAt).map(jsonOf);
    if (flags.json) return await writeJson({ invites });
    const isForPerson = isPersonReading();
    const rows = invites.map((invite) => rowOf(invite, isForPerson));
    await (isForPerson ? writeTable(columns, rows, terminalColumns()) : writeTabSeparated(rows));
  },
});

async function askPage(flags: Flags, after: string | null) {
  return (await askAdmin(flags, "invites", { after })).invites;
}

function jsonOf(invite: Awaited<ReturnType<typeof askPage>>[number]): Invite {
  const { id, uses, createdAt, expiresAt, maxBytes, provisioning } = invite;
  return {
    id,
    made: isoTime(createdAt),
    expires: isoTime(expiresAt),
    uses,
    quota: maxBytes,
    for: provisioning ? "import" : "register",
  };
}

/** A line of the list; a person needs no seconds. */
function rowOf({ id, uses, made, expires, quota, for: use }: Invite, isForPerson: boolean): Row {
  const time = (text: string | null) =>
    isForPerson ? (text ?? "").slice(0, 16).replace("T", " ") : text ?? "";
  const size = quota === null ? "" : isForPerson ? formatSize(quota) : String(quota);
  return { cells: [id, String(uses), time(made), time(expires), size, use] };
}
