/** `mailctl register` */
import { buildCommand } from "@stricli/core";
import { showAccount } from "../account/account_view.ts";
import { jsonFlag } from "../flag.ts";
import { findInvite, type InviteFlags } from "../secret/invite_source.ts";
import { type AccountFlags, accountFlags, closing, loginOptions } from "../session.ts";
import { settingFlag } from "../settings/settings.ts";

interface Flags extends AccountFlags, InviteFlags {
  readonly json: boolean;
}

export const examples = [
  "mailctl register alice",
  "mailctl register alice --password-file ~/.secret  # chmod 600 ~/.secret",
  "mailctl register alice --invite-file invite.txt   # what `mailctl admin invite` printed",
];

const { user: _, ...flags } = accountFlags;

export const command = buildCommand({
  docs: {
    brief: "Make an account and its keys",
    fullDescription:
      "Make an account and its keys. The password is asked for twice on a terminal; else it comes\n" +
      "from --password-file, --password-stdin, MAILCTL_PASSWORD or MAILCTL_PASSWORD_COMMAND.\n" +
      "Nobody can reset it: without it the mail is lost, unless `mailctl account recovery` made a\n" +
      "code before. `mailctl login` spares later commands the password.\n" +
      "An invite names the server and its fingerprint: nothing else is needed. Others on this machine\n" +
      "can see arguments: prefer --invite-file, `--invite -` or MAILCTL_INVITE to --invite STRING.",
  },
  parameters: {
    flags: {
      json: jsonFlag,
      invite: settingFlag("invite"),
      inviteFile: settingFlag("inviteFile"),
      ...flags,
    },
    positional: {
      kind: "tuple",
      parameters: [{ placeholder: "NAME", brief: "The name to be known by", parse: String }],
    },
  },
  func: async (flags: Omit<Flags, "user">, name: string) => {
    const { parseAddress } = await import("../../model/address.ts");
    parseAddress(name); // before anything is asked or sent
    const invite = await findInvite(flags);
    const server = invite === null ? flags.server : invite.trusted;
    const account = { ...flags, server, user: undefined };
    const options = await loginOptions(account, { named: name, isNew: true });
    if (invite !== null) await invite.check(options.state);
    const { register } = await import("../../client/open_mailbox.ts");
    const mailbox = await register({ ...options, invite: invite?.token });
    const where = invite === null ? {} : { server: invite.server };
    await closing(mailbox, (mailbox) => showAccount(mailbox, flags.json, where));
  },
});
