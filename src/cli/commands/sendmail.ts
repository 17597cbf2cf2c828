/** `mailctl sendmail`: what programs call that send mail. Its arguments are sendmail's, not ours. */
import { buildCommand } from "@stricli/core";
import type { LoginOptions } from "../../client/login.ts";
import type { Claim, Spool } from "../../client/spool.ts";
import { formatAddress, parseAddress } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { listArgument, type textFlag } from "../flag.ts";
import { setHome } from "../home.ts";
import { standardInput } from "../input.ts";
import { say, write } from "../output.ts";
import { parseSendmailArguments, type SendmailWish } from "../sendmail_arguments.ts";
import { loginOptions } from "../session.ts";
import { settingFlag } from "../settings.ts";

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
      "  -f, -r, -bm and all else that sendmail knows is accepted, and changes nothing.",
  },
  parameters: {
    flags,
    positional: listArgument("TO", "Recipients: NAME or NAME@DOMAIN", String, 0),
  },
  func: (_flags: Flags, ..._recipients: string[]) => {},
});

/** Does what the arguments of a sendmail ask for. */
export async function runUnparsed(args: readonly string[]): Promise<void> {
  const wish = parseSendmailArguments(args);
  setHome();
  if (wish.mode === "deliver") return await sendmail(wish);
  if (wish.mode === "list") return await (await import("./queue.ts")).listQueue({ json: false });
  if (wish.mode === "flush") {
    const flags = { json: false, passwordFile: wish.passwordFile, passwordStdin: false };
    return await (await import("./queue_flush.ts")).flushQueue(flags);
  }
  await write(await (await import("../help_page.ts")).helpPage("sendmail"));
}

async function sendmail(wish: SendmailWish): Promise<void> {
  const options = await loginOptions({ ...wish, passwordStdin: false });
  const { Spool } = await import("../../client/spool.ts");
  const spool = new Spool(options.state.folder);
  const claim = await takeMessage(wish, options, spool);
  try {
    if (!wish.onlyQueues) await sendNow(wish, options, spool, claim);
  } finally {
    claim.release();
  }
}

/** Reads the message and puts it in the queue. @throws {MailError} `usage` for nobody; `malformed`, `too_large` */
async function takeMessage(
  { recipients, readsRecipients, dotEnds, name }: SendmailWish,
  options: LoginOptions,
  spool: Spool,
): Promise<Claim> {
  const [{ takeIn }, { readSubmission }, { parseRecipients }, { formatTrusted }] = await Promise
    .all([
      import("../../mime/intake.ts"),
      import("../../mime/submission.ts"),
      import("../../client/recipients.ts"),
      import("../../client/server_address.ts"),
    ]);
  const { header, body } = await takeIn(standardInput(), { dotEnds });
  const { to, cc, bcc, unread } = readSubmission(header);
  if (readsRecipients && unread !== null) throw unread;
  const named = readsRecipients ? [...to, ...cc, ...bcc].map(({ address }) => address) : [];
  const all = [...recipients, ...named];
  parseRecipients({ to: all, cc: [], bcc: [] });
  const account = {
    server: formatTrusted(options.server),
    user: formatAddress(parseAddress(options.name)),
  };
  const note = { ...account, recipients: all, name, queuedAt: Date.now() };
  return await spool.add(note, { header, body: bounded(body) });
}

/** Sends it, and then what waited; leaves it in the queue where only time can help. @throws {MailError} any other */
async function sendNow(
  wish: SendmailWish,
  options: LoginOptions,
  spool: Spool,
  claim: Claim,
): Promise<void> {
  const [{ openMailbox }, { sendWaiting, tryClaim }] = await Promise.all([
    import("../../client/login.ts"),
    import("../queue.ts"),
  ]);
  const opening = openMailbox(options);
  try {
    const { outcome, error } = await tryClaim(opening, claim);
    if (outcome === "waiting" && wish.isVerbose) say(`${claim.id} waits: ${error!.message}`);
    if (outcome === "failed" && !wish.keepsFailed) await claim.remove();
    if (outcome === "failed") throw error;
    // The status tells of the message that was handed in, which is sent.
    if (outcome === "sent") await sendWaiting(spool, await opening, claim).catch(() => {});
  } finally {
    opening.then((mailbox) => mailbox.close(), () => {});
  }
}

async function* bounded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > limits.maxMessageCeilingBytes) throw tooLarge(bytes);
    yield chunk;
  }
}

function tooLarge(bytes: number): MailError {
  const most = limits.maxMessageCeilingBytes;
  return new MailError(
    "too_large",
    `Cannot send ${bytes} bytes or more: no server takes over ${most}`,
  );
}
