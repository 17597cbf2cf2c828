/** `mailctl send` */
import { buildCommand } from "@stricli/core";
import type { Mailbox } from "../../client/mailbox.ts";
import type { Content, Draft } from "../../client/sending/draft.ts";
import { utf8 } from "../../model/bytes.ts";
import type { Moment } from "../../model/delivery_time.ts";
import { MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { visible } from "../../model/visible_text.ts";
import {
  jsonFlag,
  listArgument,
  listFlag,
  oneOf,
  parsedFlag,
  parseId,
  switchFlag,
  textFlag,
} from "../flag.ts";
import { deliver, deliverOrKeep } from "../message/deliver.ts";
import { isStandardInput, openAttachment, openInput, standardInput } from "../message/input.ts";
import { checkTerms } from "../message/send_terms.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { type SenderFlags, senderFlags, withMailbox } from "../session.ts";
import { writeJson, writeLine } from "../terminal/output.ts";
import { parseDelivery, parseDuration, parseUntil, timesOf } from "../time_format.ts";
import { type Timeout, timeoutFlag } from "../waiting/waiting.ts";

/** What a draft is made of; `reply` and `forward` have the same flags. */
export interface Flags extends SenderFlags {
  readonly message: string | undefined;
  readonly bodyFile: string | undefined;
  readonly subject: string | undefined;
  readonly cc: readonly string[] | undefined;
  readonly bcc: readonly string[] | undefined;
  readonly attach: readonly string[] | undefined;
  readonly replyTo: EntryId | undefined;
  readonly key: string | undefined;
  readonly partial: boolean;
  readonly at: Moment | undefined;
  readonly hold: number | undefined;
  readonly expires: Moment | undefined;
  readonly burn: boolean;
  readonly draft: EntryId | undefined;
  readonly saveDraft: boolean;
  readonly wait: "stored" | "read" | undefined;
  readonly timeout: Timeout | undefined;
  readonly json: boolean;
}

/** What only `send` can ask for. */
export type SendOnly = "partial" | "at" | "hold" | "expires" | "burn";

/** What opens a draft: without `send`'s own terms unless it is `send`. */
export type DraftFlags =
  & Omit<Flags, SendOnly | "draft" | "wait" | "timeout">
  & Partial<Pick<Flags, SendOnly>>;

export const examples = [
  "mailctl send bob -s 'Lunch?' -m 'At noon, as always.'",
  "mailctl send bob carol -s 'The report' -a report.pdf < note.txt",
  'mailctl send bob -s Backup --key "backup $(date +%F)" < backup.log  # once a day',
  "mailctl send bob carol --partial --expires 1h -s 'Lunch now?' -m 'In the yard.'",
  "mailctl send bob -s 'Deploy now?' -m 'Yes or no.' --wait read --timeout 10m",
  "mailctl send bob --hold 20s -m 'Sent in 20 seconds, unless mailctl cancel comes first.'",
  "mailctl send bob --at 2026-12-24T09:00 -s 'Not before' -m 'A surprise.'",
  "mailctl send bob --burn -s 'Once' -m 'The word is Swordfish.'",
  "tar c photos | mailctl send bob -s Photos -m 'As promised' -a -:photos.tar",
];

/** The flags that `send`, `reply` and `forward` have in common. */
export const draftFlags = {
  message: parsedFlag("TEXT", "Use TEXT as the body, in UTF-8", String),
  bodyFile: textFlag("FILE", "Read the body from FILE (- for stdin)"),
  attach: listFlag("FILE", "Attach FILE, or stdin as -:NAME; repeatable"),
  cc: listFlag("TO", "Send a copy to TO; repeatable"),
  bcc: listFlag("TO", "Send a hidden copy to TO; repeatable"),
  key: textFlag("KEY", "Send only once for the same KEY"),
  saveDraft: switchFlag("Keep the message as a draft, and send nothing"),
} as const;

export const draftAliases = { s: "subject", m: "message", a: "attach" } as const;

export const command = buildCommand({
  docs: {
    brief: "Send a message",
    fullDescription:
      "Send a message. It is signed by you and encrypted for its recipients. Every\n" +
      "recipient gets it, or nobody does. The body is read from stdin, byte for byte,\n" +
      "unless -m or --body-file gives it.\n" +
      "\n" +
      "Prints the id of your own copy, which `mailctl sent` lists.\n" +
      "\n" +
      "bob+TAG is bob, who sees the tag. If a recipient is an alias on the server,\n" +
      "mailctl says which account that is, and sends to it.\n" +
      "\n" +
      "With --partial, the recipients that exist get the message. It is returned to you\n" +
      "for each one that does not exist, with a notice in your inbox.\n" +
      "\n" +
      "With --at or --hold, the server delivers the message later. Until then, `mailctl\n" +
      "cancel ID` cancels it. A time without Z is in the time zone of this machine.\n" +
      "\n" +
      "With --expires, the message is returned to you from every recipient who has not\n" +
      "read it in time.\n" +
      "\n" +
      "With --burn, the server erases the message once it has been read. Readers can\n" +
      "still keep a copy, and you have to trust the server to erase it.\n" +
      "\n" +
      "With --wait read, mailctl waits until every recipient has read the message and\n" +
      "given a valid receipt. With --wait stored, it waits until the message is\n" +
      "delivered. The message is sent in any case. Exit status 84 means that the time\n" +
      "is up, and 69 that the server could not be reached by then. It is 67 if the\n" +
      "message was returned unread, and 87 if it was cancelled.\n" +
      "\n" +
      "With --save-draft, the message is kept in the folder Drafts instead, and its id\n" +
      "is printed. With --draft, that message is sent as it is, once, and the draft is\n" +
      "deleted. The options that the page keeps with a draft apply; --at, --hold and\n" +
      "--expires take their place.\n" +
      "\n" +
      "With --key, a second send with the same KEY stores nothing and prints the first\n" +
      "id. Scripts can repeat it safely. If anything else differs, options too, nothing\n" +
      "is sent and the exit status is 83. If you have deleted your copy of the first,\n" +
      "nothing shows that it was sent, and the exit status is 76.\n" +
      "\n" +
      "With --json, prints id, messageId, repeated, to, cc, bcc, bounced, receipts and\n" +
      "heldUntil; or draft (the id) with --save-draft.",
  },
  parameters: {
    flags: {
      subject: parsedFlag("TEXT", "Set the subject to TEXT", String),
      ...draftFlags,
      replyTo: parsedFlag("ID", "Answer the message ID", parseId),
      partial: switchFlag("Send to those that exist, even if some do not"),
      at: parsedFlag(
        "TIME",
        "Deliver at TIME: a date, or 30m, 2h, 1d from now",
        (text) => parseDelivery(text),
      ),
      hold: parsedFlag(
        "TIME",
        "Deliver after TIME: 20s, 5m, 1h",
        (text) => parseDuration(text, limits.maxHoldMs),
      ),
      expires: parsedFlag(
        "TIME",
        "Return it to you if unread by TIME: a date, or 2h, 1d after delivery",
        (text) => parseUntil(text),
      ),
      burn: switchFlag("Erase the message at the server once it is read"),
      draft: parsedFlag("ID", "Send the draft ID", parseId),
      wait: parsedFlag(
        "stored|read",
        "Wait until the message is stored or read",
        oneOf("what to wait for", ["stored", "read"]),
      ),
      timeout: timeoutFlag,
      json: jsonFlag,
      ...senderFlags,
    },
    aliases: draftAliases,
    positional: listArgument("TO", "Recipients: NAME or NAME@DOMAIN", String, 0),
  },
  func: send,
});

async function send(flags: Flags, ...to: string[]): Promise<void> {
  checkTerms(flags, to);
  if (flags.draft === undefined) checkStandardInput(flags);
  const opened = new DisposableStack();
  try {
    const draft = flags.draft === undefined ? await openDraft(flags, to, opened) : null;
    await withMailbox(flags, async (mailbox) => {
      if (flags.wait === "read") mailbox.requireAllowed("waitForRead"); // before it is sent
      if (draft === null) return await sendDraft(mailbox, flags);
      await deliverOrKeep(mailbox, draft, flags);
    });
  } finally {
    opened.dispose();
  }
}

async function sendDraft(mailbox: Mailbox, flags: Flags): Promise<void> {
  const { sendStored } = await import("../message/stored_draft.ts");
  const terms = { partial: flags.partial, burn: flags.burn, ...timesOf(flags) };
  const sentAs = await sendStored(
    mailbox,
    flags.draft!,
    terms,
    (draft, sent) => deliver(mailbox, draft, flags, sent),
  );
  if (sentAs === null) return;
  if (!flags.json) return await writeLine(visible`${sentAs}`);
  const { headers } = await mailbox.look(sentAs);
  const { to = [], cc = [], bcc = [], messageId = "" } = headers ?? {};
  await writeJson(
    {
      ...{ id: sentAs, messageId, repeated: true, to, cc, bcc },
      ...{ bounced: [], receipts: [], heldUntil: null },
    } satisfies JsonOf<"send">,
  );
}

/** Opens all that a message is made of, before anything is sent; whoever owns `opened` closes it. */
export async function openDraft(
  flags: DraftFlags,
  to: string[],
  opened: DisposableStack,
): Promise<Draft> {
  const { cc = [], bcc = [], subject = "", attach = [], replyTo, key, partial, burn } = flags;
  const times = timesOf(flags);
  const attachments: Draft["attachments"][number][] = [];
  for (const argument of attach) attachments.push(await openAttachment(argument, opened));
  const body = await openBody(flags, opened);
  return {
    to,
    cc,
    bcc,
    subject,
    body,
    attachments,
    replyTo,
    key,
    partial,
    burn,
    ...times,
  };
}

async function openBody(
  { message, bodyFile }: DraftFlags,
  opened: DisposableStack,
): Promise<Content> {
  if (message !== undefined) return utf8(message);
  if (bodyFile === undefined || bodyFile === "-") return standardInput();
  return opened.use(await openInput(bodyFile)).content;
}

/** Standard input can be read once: it is the body, one attachment or the password. @throws {MailError} `usage` */
export function checkStandardInput(
  { message, bodyFile, attach = [], passwordStdin }: DraftFlags,
): void {
  if (message !== undefined && bodyFile !== undefined) {
    throw new MailError("usage", "Cannot use both --message and --body-file");
  }
  const asBody = message === undefined && (bodyFile === undefined || bodyFile === "-");
  const uses = [
    ...(asBody ? ["the body"] : []),
    ...attach.filter(isStandardInput).map((argument) => `the attachment ${argument}`),
    ...(passwordStdin ? ["the password"] : []),
  ];
  if (uses.length < 2) return;
  throw new MailError("usage", `Cannot read stdin twice: as ${uses.join(" and as ")}`, {
    hint:
      "Use -m TEXT or --body-file FILE for the body, and --password-file FILE for the password.",
  });
}
