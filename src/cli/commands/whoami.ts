/** `mailctl whoami` */
import { buildCommand } from "@stricli/core";
import { showAccount } from "../account/account_view.ts";
import type { ListedDevice } from "../../client/account/devices.ts";
import { formatServer } from "../../client/connection/server_address.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { formatSpoken } from "../../crypto/account/spoken.ts";
import { jsonFlag } from "../flag.ts";
import { type AccountFlags, accountFlags, closing, loginOptions } from "../session.ts";
import { isoTime } from "../time_format.ts";

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
      "else. The line spoken has the same fingerprint as digits, to read aloud.\n" +
      "\n" +
      "The last lines say what the saved login of this machine may do: its scope, whose\n" +
      "mail it reads unless that is everybody's, and when it expires.",
  },
  parameters: { flags: { json: jsonFlag, ...accountFlags } },
  func: async (flags: Flags) => {
    const options = await loginOptions(flags, { what: "show your account" });
    const { openMailbox } = await import("../../client/open_mailbox.ts");
    const { ping } = await import("../../client/connection/connect.ts");
    const { markOwn } = await import("../../client/account/devices.ts");
    await closing(await openMailbox(options), async (mailbox) => {
      const own = await mailbox.account(); // asks about an unknown server once, before it is asked twice
      const [{ fingerprint }, devices] = await Promise.all([ping(options), mailbox.devices()]);
      const login = (await markOwn(options, devices)).find(({ isOwn }) => isOwn);
      await showAccount(mailbox, flags.json, {
        spoken: formatSpoken(own.fingerprint),
        server: formatServer(options.server),
        serverFingerprint: formatFingerprint(fingerprint),
        ...powerOf(login),
      });
    });
  },
});

/** What the saved login of this machine may do, whose mail it reads, and until when. */
function powerOf(login: ListedDevice | undefined) {
  const { scope = null, senders = null, expiresAt = null } = login ?? {};
  const expires = expiresAt === null ? null : isoTime(expiresAt);
  return { scope, from: senders, expires };
}
