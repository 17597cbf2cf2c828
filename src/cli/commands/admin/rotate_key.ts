/** `mailctl admin rotate-key` */
import { buildCommand } from "@stricli/core";
import { writeFacts } from "../../account/account_view.ts";
import { type AdminFlags, adminFlags, askAdmin } from "../../admin/ask_admin.ts";
import { jsonFlag } from "../../flag.ts";
import { writeJson } from "../../terminal/output.ts";
import { isoTime } from "../../time_format.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = ["mailctl admin rotate-key"];

export const command = buildCommand({
  docs: {
    brief: "Change the server's key while it runs",
    fullDescription:
      "Make a new server key, signed by the old one. Clients that know the old key\n" +
      "accept the new one and say so. Open sessions go on. Afterwards, make a new copy\n" +
      "of the key folder.\n" +
      "\n" +
      "All servers of a PostgreSQL database change to the key at the same moment, about\n" +
      "a minute later. The change waits for all servers that run. A server that is\n" +
      "stopped meanwhile changes when it starts.\n" +
      "\n" +
      "Run it on a machine where a server runs, as the server's user.",
  },
  parameters: { flags: { json: jsonFlag, ...adminFlags } },
  func: async (flags: Flags) => {
    const { fingerprint, startsAt } = await askAdmin(flags, "rotateKey", {});
    const facts = { fingerprint, active: isoTime(startsAt)! };
    await (flags.json ? writeJson(facts) : writeFacts(facts));
  },
});
