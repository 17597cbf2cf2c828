/** `mailctl whoami` */
import { buildCommand } from "@stricli/core";
import { showAccount } from "../account/account_view.ts";
import { formatServer } from "../../client/connection/server_address.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { formatSpoken } from "../../crypto/account/spoken.ts";
import { jsonFlag } from "../flag.ts";
import { type AccountFlags, accountFlags, closing, loginOptions } from "../session.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = ["mailctl whoami", "mailctl whoami --json | jq -r .fingerprint"];

export const command = buildCommand({
  docs: {
    brief: "Show your account, the server and fingerprints",
    fullDescription:
      "Show your account, the server and their fingerprints. Other people compare your\n" +
      "fingerprint with you, to be sure that their mail is encrypted for you and nobody\n" +
      "else. The line spoken has the same fingerprint as digits, to read aloud.",
  },
  parameters: { flags: { json: jsonFlag, ...accountFlags } },
  func: async (flags: Flags) => {
    const options = await loginOptions(flags);
    const { openMailbox } = await import("../../client/open_mailbox.ts");
    const { ping } = await import("../../client/connection/connect.ts");
    await closing(await openMailbox(options), async (mailbox) => {
      const own = await mailbox.account(); // asks about an unknown server once, before it is asked twice
      const { fingerprint } = await ping(options);
      await showAccount(mailbox, flags.json, {
        spoken: formatSpoken(own.fingerprint),
        server: formatServer(options.server),
        serverFingerprint: formatFingerprint(fingerprint),
      });
    });
  },
});
