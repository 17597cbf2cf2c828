/** `mailctl register` */
import { buildCommand } from "@stricli/core";
import { showAccount } from "../account/account_view.ts";
import { jsonFlag } from "../flag.ts";
import { findInvite, type InviteFlags } from "../secret/invite_source.ts";
import { type AccountFlags, accountFlags, closing, loginOptions } from "../session.ts";
import { settingFlag } from "../settings/settings.ts";
import { say } from "../terminal/output.ts";

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
    brief: "Create an account",
    fullDescription:
      "Create an account and its keys. On a terminal, mailctl asks for a password\n" +
      "twice. Otherwise, give it with --password-file, --password-stdin,\n" +
      "MAILCTL_PASSWORD or MAILCTL_PASSWORD_COMMAND.\n" +
      "\n" +
      "Nobody can reset the password. If you lose it, your mail is lost, unless you\n" +
      "made a recovery code with `mailctl account recovery`. A login is saved on this\n" +
      "machine, as `mailctl login` does, so that commands need no password. They go on\n" +
      "using the account that they used before, if there is one.\n" +
      "\n" +
      "An invite names the server and its fingerprint, so you need no other flag. Other\n" +
      "users of this machine can see arguments. Use --invite-file, `--invite -` or\n" +
      "MAILCTL_INVITE rather than --invite STRING.",
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
      parameters: [{ placeholder: "NAME", brief: "The name of the new account", parse: String }],
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
    const { defaultLogin, register } = await import("../../client/open_mailbox.ts");
    const used = await defaultLogin(options.state);
    const mailbox = await register({ ...options, invite: invite?.token, isSaved: true });
    const where = invite === null ? {} : { server: invite.server };
    await closing(mailbox, (mailbox) => showAccount(mailbox, flags.json, where));
    if (used === null) return;
    say(`Commands go on using the account ${used.name}. \`mailctl login ${name}\` changes that`);
  },
});
