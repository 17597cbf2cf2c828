/** `mailctl sendmail`: what programs call that send mail. Its arguments are sendmail's, not ours. */
import { buildCommand } from "@stricli/core";
import type { CliContext } from "../command_module.ts";
import { listArgument, type textFlag } from "../flag.ts";
import { setHome } from "../settings/home.ts";
import { standardInput } from "../message/input.ts";
import { write } from "../terminal/output.ts";
import { parseSendmailArguments, type SendmailWish } from "../sendmail/arguments.ts";
import { loginOptions } from "../session.ts";
import { settingFlag } from "../settings/settings.ts";

interface Flags {
  readonly server: string | undefined;
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
}

export const examples = [
  "mailctl sendmail -t < message.eml",
  "ln -s $(command -v mailctl) /usr/local/sbin/sendmail",
  "git send-email --sendmail-cmd='mailctl sendmail' --to bob *.patch",
];

const flags: Record<keyof Flags, ReturnType<typeof textFlag>> = {
  server: settingFlag("server"),
  user: settingFlag("user"),
  passwordFile: settingFlag("passwordFile"),
};

/** For help only: `runUnparsed` parses. */
export const command = buildCommand({
  docs: {
    brief: "Send a message as sendmail does, for cron, git and mail",
    fullDescription:
      "Send the message on stdin, header and body, with sendmail's arguments. The file mailctl under\n" +
      "the name sendmail is this command. To the TO given, or with -t also to those that To, Cc and\n" +
      "Bcc name: accounts of the server's domain only (67). MIME goes out as it is, but for the\n" +
      "header: Bcc, Sender and Return-Path are left out, a missing Date or Message-ID is added, and\n" +
      "From becomes the account that signs, under the name it had (another address it had is kept\n" +
      "in Original-From). Lines end with CRLF then; a lone CR and a NUL in the body stay.\n" +
      "\n" +
      "While the server cannot be reached, or says try later, the message waits in a queue, and the\n" +
      "status is 0 once it is on disk there: IN THE CLEAR, in a folder that only you can read. The\n" +
      "next run sends it, or `mailctl queue flush`; it arrives once, whatever is interrupted.\n" +
      "\n" +
      "  -t         Take recipients from the message too\n" +
      "  -i, -oi    A line of one dot does not end the message\n" +
      "  -F NAME    The sender's name, where the message has none\n" +
      "  -odq       Only put it in the queue\n" +
      "  -oem       Keep in the queue, marked, what can never be sent (cron hears of no failure)\n" +
      "  -v         Say so where a message has to wait\n" +
      "  -bp, -q    List the queue; send what is in it\n" +
      "  -bs        Speak SMTP on stdin and stdout\n" +
      "  -f, -r, -bm and all else that sendmail knows is accepted, and changes nothing.",
  },
  parameters: {
    flags,
    positional: listArgument("TO", "Recipients: NAME or NAME@DOMAIN", String, 0),
  },
  func: (_flags: Flags, ..._recipients: string[]) => {},
});

/** Does what the arguments of a sendmail ask for. */
export async function runUnparsed(
  args: readonly string[],
  { commands }: CliContext,
): Promise<void> {
  const wish = parseSendmailArguments(args);
  setHome();
  if (wish.mode === "deliver" || wish.mode === "smtp") return await sendmail(wish);
  if (wish.mode === "list") {
    return await (await import("./queue/list.ts")).listQueue({ json: false });
  }
  if (wish.mode === "flush") {
    const flags = { json: false, passwordFile: wish.passwordFile, passwordStdin: false };
    return await (await import("./queue/flush.ts")).flushQueue(flags);
  }
  await write(await (await import("../help/help_page.ts")).helpPage("sendmail", commands));
}

async function sendmail(wish: SendmailWish): Promise<void> {
  const options = await loginOptions({ ...wish, passwordStdin: false });
  const [{ handOver }, { Spool }] = await Promise.all([
    import("../sendmail/submit_or_queue.ts"),
    import("../../client/submission/spool.ts"),
  ]);
  const spool = new Spool(options.state.folder);
  if (wish.mode !== "smtp") return await handOver(wish, options, spool, standardInput());
  const [{ speakSmtp }, { StdioConnection }] = await Promise.all([
    import("../sendmail/smtp_stdio.ts"),
    import("../sendmail/stdio_connection.ts"),
  ]);
  await speakSmtp(new StdioConnection(), async (recipients, message) => {
    const named = { ...wish, recipients, readsRecipients: false, dotEnds: false };
    await handOver(named, options, spool, message);
  });
}
