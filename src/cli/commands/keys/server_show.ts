/** `mailctl keys server show` */
import { buildCommand } from "@stricli/core";
import { writeFacts } from "../../account/account_view.ts";
import { jsonFlag } from "../../flag.ts";
import { writeJson } from "../../terminal/output.ts";
import { keysFolder } from "../../settings/server_folders.ts";
import { settingFlag, Settings } from "../../settings/settings.ts";

interface Flags {
  readonly keys: string | undefined;
  readonly json: boolean;
}

export const examples = ["mailctl keys server show", "mailctl keys server show --keys /srv/keys"];

export const command = buildCommand({
  docs: {
    brief: "Show the fingerprint of this server",
    fullDescription:
      "Show the fingerprint of the server whose keys are on this machine, whether it\n" +
      "runs or not. Clients compare it when they first connect.",
  },
  parameters: { flags: { keys: settingFlag("keys"), json: jsonFlag } },
  func: async (flags: Flags) => {
    const { readPublicIdentity } = await import("../../../server/key/public_identity.ts");
    const folder = keysFolder(new Settings(flags));
    const { fingerprint } = await readPublicIdentity(folder);
    const facts = { fingerprint: fingerprint.toHex(), keys: folder };
    await (flags.json ? writeJson(facts) : writeFacts(facts));
  },
});
