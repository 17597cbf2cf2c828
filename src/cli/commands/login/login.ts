/** `mailctl login` */
import { buildCommand } from "@stricli/core";
import { showAccount } from "../../account/account_view.ts";
import { type AccountName, parseName } from "../../../model/address.ts";
import type { Moment } from "../../../model/delivery_time.ts";
import { type DeviceScope, deviceScopes } from "../../../model/device.ts";
import { MailError } from "../../../model/errors.ts";
import { jsonFlag, oneOf, optionalArgument, parsedFlag, textFlag } from "../../flag.ts";
import { parseUntil } from "../../time_format.ts";
import { sayGap } from "../../terminal/output.ts";
import { type AccountFlags, accountFlags, closing, loginOptions } from "../../session.ts";

interface Flags extends AccountFlags {
  readonly label: string | undefined;
  readonly scope: DeviceScope | undefined;
  readonly expires: Moment | undefined;
  readonly from: AccountName[] | undefined;
  readonly json: boolean;
}

export const examples = [
  "mailctl login alice",
  "mailctl login alice --server mail.example:4465",
  "mailctl login alice --label 'backup server' --scope send --expires 30d",
  "mailctl login alice --label monitor --scope read --from ops",
];

export const command = buildCommand({
  docs: {
    brief: "Save a login, so that commands need no password",
    fullDescription:
      "Log in and save a login on this machine, so that reading and sending need no\n" +
      "password. It has keys of its own and nothing of the password. The file can be\n" +
      "read by you alone. `mailctl login list` lists your saved logins, and `mailctl\n" +
      "login revoke` ends one of them.\n" +
      "\n" +
      "From then on, commands use this account unless another is named. The commands\n" +
      "passwd, account, keys rotate, keys import, login revoke and app-password create\n" +
      "still ask for the password.\n" +
      "\n" +
      "For a machine that you trust less, limit what the login can do. With --scope\n" +
      "send, it can send mail and read none. With --scope read, it can read mail, give\n" +
      "no receipts, and send none; --from limits that to the mail of the accounts\n" +
      "named. The keys for the rest are not on that machine.",
  },
  parameters: {
    flags: {
      label: textFlag("LABEL", "Name this login LABEL (otherwise as this machine)"),
      scope: parsedFlag(
        deviceScopes.join("|"),
        "Permit sending, reading or all mail (mail, if not given)",
        oneOf("a scope", deviceScopes),
      ),
      expires: parsedFlag(
        "TIME",
        "End the login at TIME: a date, or 12h, 30d from now",
        (text) => parseUntil(text),
      ),
      from: {
        ...parsedFlag("NAME", "Read mail of NAME only, with --scope read (repeatable)", parseName),
        variadic: true,
      },
      json: jsonFlag,
      ...accountFlags,
    },
    positional: optionalArgument("NAME", "The name of the account"),
  },
  func: async (flags: Flags, name?: string) => {
    const { label, scope = "mail", expires = null, from: senders = null } = flags;
    if (senders !== null && scope !== "read") throw onlyForReading();
    const options = await loginOptions(flags, { named: name, replacesDamaged: true });
    const device = label === undefined ? undefined : { label };
    const { saveLogin } = await import("../../../client/open_mailbox.ts");
    await closing(
      await saveLogin({ ...options, device, power: { scope, expires, senders } }),
      async (mailbox) => {
        const gap = mailbox.clockGap().catch(() => null); // the login is saved all the same
        await showAccount(mailbox, flags.json);
        sayGap(await gap);
      },
    );
  },
});

function onlyForReading(): MailError {
  return new MailError("usage", "Cannot use --from without --scope read");
}
