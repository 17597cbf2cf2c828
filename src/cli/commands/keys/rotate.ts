/** `mailctl keys rotate` */
import { buildCommand } from "@stricli/core";
import { formatFingerprint } from "../../../crypto/fingerprint.ts";
import { writeFacts } from "../../account/account_view.ts";
import { jsonFlag } from "../../flag.ts";
import { say, writeJson } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, loginOptions } from "../../session.ts";
import { host } from "../../host.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = ["mailctl keys rotate", "mailctl keys rotate --json | jq -r .fingerprint"];

export const command = buildCommand({
  docs: {
    brief: "Replace the account's keys by new ones",
    fullDescription:
      "Make new keys for an account. The old ones sign the new ones as their successors, so that\n" +
      "correspondents who know the old ones go on without being stopped; but who had verified them\n" +
      "has to compare the new fingerprint. Older mail still opens. The password and saved logins\n" +
      "stay, a recovery code ends. Whoever stole the old keys could name successors too: then tell\n" +
      "your correspondents the new fingerprint. The password is asked for.",
  },
  parameters: { flags: { json: jsonFlag, ...accountFlags } },
  func: async (flags: Flags) => {
    const options = await loginOptions(flags);
    const { rotateKeys } = await import("../../../client/account/rotate_keys.ts");
    const { name, domain, address, fingerprint, recoveryEnded } = await rotateKeys(
      options,
      host.now(),
    );
    const own = { address, fingerprint: formatFingerprint(fingerprint) };
    const json: JsonOf<"keys rotate"> = { name, domain, ...own, recoveryEnded };
    if (flags.json) return await writeJson(json);
    if (recoveryEnded) say("The recovery code ended: `mailctl account recovery` makes a new one");
    await writeFacts(own);
  },
});
