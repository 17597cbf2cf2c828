/** `mailctl keys rotate` */
import { buildCommand } from "@stricli/core";
import { formatFingerprint } from "../../../crypto/fingerprint.ts";
import { sayRotated } from "../../account/say_rotated.ts";
import { writeFacts } from "../../account/account_view.ts";
import { jsonFlag } from "../../flag.ts";
import { writeJson } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, loginOptions } from "../../session.ts";
import { host } from "../../host.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = ["mailctl keys rotate", "mailctl keys rotate --json | jq -r .fingerprint"];

export const command = buildCommand({
  docs: {
    brief: "Replace your account's keys with new ones",
    fullDescription:
      "Replace your account's keys with new ones. Mail that you have can still be read.\n" +
      "The password and saved logins stay. The recovery code ends. mailctl asks for the\n" +
      "password.\n" +
      "\n" +
      "The old keys sign the new ones. Correspondents who know the old keys accept the\n" +
      "new ones and are not interrupted. Those who had verified your key have to\n" +
      "compare the new fingerprint.\n" +
      "\n" +
      "If somebody stole the old keys, they could sign other new keys as well. Then\n" +
      "tell your correspondents the new fingerprint.",
  },
  parameters: { flags: { json: jsonFlag, ...accountFlags } },
  func: async (flags: Flags) => {
    const options = await loginOptions(flags);
    const { rotateKeys } = await import("../../../client/account/rotate_keys.ts");
    const rotation = await rotateKeys(options, host.now());
    const { name, domain, address, fingerprint, recoveryEnded } = rotation;
    const own = { address, fingerprint: formatFingerprint(fingerprint) };
    const json: JsonOf<"keys rotate"> = { name, domain, ...own, recoveryEnded };
    if (flags.json) return await writeJson(json);
    sayRotated(rotation);
    await writeFacts(own);
  },
});
