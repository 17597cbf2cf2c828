/** `mailctl sendmail`: what programs call that send mail. Its arguments are sendmail's, not ours. */
import { buildCommand } from "@stricli/core";
import type { CliContext } from "../command_module.ts";
import { listArgument, type textFlag } from "../flag.ts";
import { standardInput } from "../message/input.ts";
import { write } from "../terminal/output.ts";
import { parseSendmailArguments, type SendmailOptions } from "../sendmail/arguments.ts";
import { stateFolder } from "../settings/folders.ts";
import { settingFlag } from "../settings/settings.ts";
import { visibleText } from "../../model/visible_text.ts";
import { host } from "../host.ts";

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
    brief: "Send mail from cron, git and other programs",
    fullDescription:
      "Send the message on stdin, header and body. The arguments are those of sendmail,\n" +
      "so that programs can use mailctl in its place. A link named sendmail to mailctl\n" +
      "runs this command.\n" +
      "\n" +
      "The recipients are the arguments TO; each may be a list with commas. With -t,\n" +
      "the addresses in To, Cc and Bcc are recipients too. They have to be accounts of\n" +
      "the server's domain (else status 67). Names without a domain can be aliases: the\n" +
      "setting aliases names a file with lines of `root: alice, bob`. Its `default` is\n" +
      "for names that are neither listed nor accounts.\n" +
      "\n" +
      "The message is sent as it is, except for its header. Bcc, Sender and Return-Path\n" +
      "are removed. A missing Date or Message-ID is added. From becomes your account's\n" +
      "address, with the name that it had; another address is kept in Original-From.\n" +
      "Lines end with CRLF.\n" +
      "\n" +
      "If the server cannot be reached or is busy, the message waits in a queue on this\n" +
      "machine, and the exit status is 0. The queue is NOT ENCRYPTED, in a folder that\n" +
      "only you can read. The next sendmail sends it, or `mailctl queue flush`. It\n" +
      "arrives once, even if mailctl is interrupted. If the queue cannot be written,\n" +
      "the message is sent at once, or the status says why not.\n" +
      "\n" +
      "  -t         Add the recipients named in the message\n" +
      "  -i, -oi    Do not end the message at a line with a single dot\n" +
      "  -F NAME    Set the sender's name, if the message has none\n" +
      "  -odq       Only queue the message\n" +
      "  -oem       Keep a message that cannot be sent, as failed, with status 0\n" +
      "  -v         Report a message that has to wait\n" +
      "  -bp, -q    List the queue; send the queue\n" +
      "  -bs        Speak SMTP on stdin and stdout\n" +
      "\n" +
      "All other flags of sendmail, such as -f, -r and -bm, are accepted and ignored.",
  },
  parameters: {
    flags,
    positional: listArgument("TO", "The recipients, as NAME or NAME@DOMAIN", String, 0),
  },
  func: (_flags: Flags, ..._recipients: string[]) => {},
});

/** Does what the arguments of a sendmail ask for. */
export async function runUnparsed(
  args: readonly string[],
  { commands }: CliContext,
): Promise<void> {
  const query = parseSendmailArguments(args);
  if (query.mode === "deliver" || query.mode === "smtp") return await sendmail(query);
  if (query.mode === "list") {
    return await (await import("./queue/list.ts")).listQueue({ json: false });
  }
  if (query.mode === "flush") {
    const flags = { json: false, passwordFile: query.passwordFile, passwordStdin: false };
    return await (await import("./queue/flush.ts")).flushQueue(flags);
  }
  const { helpPage } = await import("../help/help_page.ts");
  await write(visibleText(await helpPage("sendmail", commands)));
}

async function sendmail(query: SendmailOptions): Promise<void> {
  const spoolFolder = stateFolder(host.env);
  const [{ findSender }, { handOver }, { Spool }] = await Promise.all([
    import("../sendmail/sender.ts"),
    import("../sendmail/submit_or_queue.ts"),
    import("../../client/submission/spool.ts"),
  ]);
  const sender = await findSender(query);
  if (sender.fault !== null && !query.keepsFailed) throw sender.fault;
  const spool = new Spool(spoolFolder);
  if (query.mode !== "smtp") return await handOver(query, sender, spool, standardInput());
  const [{ speakSmtp }, { StdioConnection }] = await Promise.all([
    import("../sendmail/smtp_stdio.ts"),
    import("../sendmail/stdio_connection.ts"),
  ]);
  await speakSmtp(new StdioConnection(), sender.aliases, async (recipients, message) => {
    const named = { ...query, recipients, readsRecipients: false, dotEnds: false };
    await handOver(named, sender, spool, message);
  });
}
