/** `mailctl login revoke` */
import { buildCommand } from "@stricli/core";
import { formatFingerprint } from "../../../crypto/fingerprint.ts";
import { jsonFlag, switchFlag, textArgument } from "../../flag.ts";
import { host } from "../../host.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, loginOptions } from "../../session.ts";
import { sayRotated } from "../../account/say_rotated.ts";
import { writeJson } from "../../terminal/output.ts";

interface Flags extends AccountFlags {
  readonly rotate: boolean;
  readonly json: boolean;
}

export const examples = [
  "mailctl login revoke laptop",
  "mailctl login revoke laptop --rotate  # if the laptop was stolen",
];

export const command = buildCommand({
  docs: {
    brief: "Revoke a saved login",
    fullDescription:
      "Revoke a saved login by its label. Its sessions end, and it opens no other. The\n" +
      "other logins stay. mailctl asks for the password.\n" +
      "\n" +
      "Your account's keys could have been copied from that machine. With --rotate,\n" +
      "mailctl replaces them too, as `mailctl keys rotate` does, and gives the new ones\n" +
      "to the other logins only.\n" +
      "\n" +
      "Prints nothing. With --json, prints revoked, and fingerprint: the new one, or\n" +
      "null without --rotate.",
  },
  parameters: {
    flags: {
      rotate: switchFlag("Replace the account's keys too"),
      json: jsonFlag,
      ...accountFlags,
    },
    positional: textArgument("LABEL", "The login, from login list"),
  },
  func: async (flags: Flags, label: string) => {
    const options = await loginOptions(flags);
    const fingerprint = flags.rotate
      ? await rotateWithout(options, label)
      : await revokeOnly(options, label);
    const json: JsonOf<"login revoke"> = { revoked: label, fingerprint };
    if (flags.json) await writeJson(json);
  },
});

type Options = Awaited<ReturnType<typeof loginOptions>>;

async function revokeOnly(options: Options, label: string): Promise<null> {
  const { revokeDevice } = await import("../../../client/account/devices.ts");
  await revokeDevice(options, label);
  return null;
}

async function rotateWithout(options: Options, label: string): Promise<string> {
  const { rotateKeys } = await import("../../../client/account/rotate_keys.ts");
  const rotation = await rotateKeys({ ...options, revokes: label }, host.now());
  sayRotated(rotation);
  return formatFingerprint(rotation.fingerprint);
}
