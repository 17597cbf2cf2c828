/** `mailctl wait` */
import { buildCommand } from "@stricli/core";
import type { Mailbox } from "../../client/mailbox.ts";
import { isFor } from "../../client/reading/addressee.ts";
import type { ListedMessage, OpenedMessage } from "../../client/reading/opened_entry.ts";
import { requireSeen } from "../../client/reading/seen.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { formatAddress, parseAddress, qualify } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { parseTaggedAddress } from "../../model/tagged_address.ts";
import { parsedFlag, parseId, switchFlag, textFlag } from "../flag.ts";
import { checkBurning, type Reading, showWith } from "../message/show_message.ts";
import { type ReaderFlags, readerFlags } from "../session.ts";
import { Settings } from "../settings/settings.ts";
import { withPager } from "../terminal/pager.ts";
import {
  isTrusted,
  requireSame,
  sayPassedOver,
  type Timeout,
  timeoutFlag,
  waitInTime,
  withReconnectingMailbox,
} from "../waiting/waiting.ts";
import { checkFlags, readingFlags, ReadMarks } from "./read.ts";

/** A message by its Message-ID, or by its id where that is null. */
interface Answered {
  readonly messageId: string | null;
  readonly id: EntryId | null;
}

interface WaitOptions {
  readonly answers: Answered | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly subject: string | undefined;
  readonly unread: boolean;
  readonly verified: boolean;
}

interface Flags extends ReaderFlags, Omit<Reading, "anyway">, WaitOptions {
  readonly timeout: Timeout | undefined;
  readonly peek: boolean;
}

export const examples = [
  "mailctl wait --from bob --timeout 10m",
  "mailctl wait --from bob --subject approved --unread --verified --body > decision.txt",
  "mailctl wait --answers 1f2e...@example.org --verified --body",
  "mailctl wait --json | jq -r .subject",
];

export const command = buildCommand({
  docs: {
    brief: "Wait for a message, then show it",
    fullDescription:
      "Wait for a message that matches, show it as `mailctl read` does, and mark it as\n" +
      "read. If none has come when the time is up, the exit status is 84. If the server\n" +
      "cannot be reached at the start, or when the time is up, it is 69. If --from\n" +
      "names no account, or an alias, it is 67. If the message cannot be marked, the\n" +
      "status is that of the failure, and `mailctl wait --unread` gives the message\n" +
      "again.\n" +
      "\n" +
      "With --answers, only a reply to that message counts, whatever its subject. An\n" +
      "unread reply that is there already counts too. Give the messageId that\n" +
      "`mailctl send --json` prints, or the id of a message that you have listed or\n" +
      "read. Before that, the server could show another message by the id.\n" +
      "\n" +
      "Messages that are there already count only with --unread, oldest first. If the\n" +
      "connection is lost, mailctl connects again and misses nothing.\n" +
      "\n" +
      "A message is skipped, and a line on stderr says so, if it is unsigned, its\n" +
      "signature is invalid or its sender's key changed. With --verified, every message\n" +
      "is skipped unless you have compared the key that signed it.",
  },
  parameters: {
    flags: {
      answers: parsedFlag("ID", "Wait for a reply to message ID, or to a messageId", parseAnswered),
      from: textFlag("NAME", "Wait for a message from NAME"),
      to: textFlag("ADDRESS", "Wait for a message to ADDRESS, such as bob or bob+scans"),
      subject: textFlag("TEXT", "Wait for a message with TEXT in its subject, in any case"),
      unread: switchFlag("Accept unread messages that are there already"),
      verified: switchFlag("Accept only signatures by a key that you have compared"),
      timeout: timeoutFlag,
      ...readingFlags,
      ...readerFlags,
    },
    aliases: { o: "output" },
  },
  func: wait,
});

async function wait(given: Flags): Promise<void> {
  const flags = { ...given, unread: given.unread || given.answers !== undefined };
  const reading = { ...flags, anyway: false };
  checkFlags(reading, 1);
  const matches = matcher(flags);
  // As in `read`, the session ends before the pager does.
  await withPager(new Settings(flags), (page) =>
    withReconnectingMailbox(flags, async (steady) => {
      const found = await findInTime(steady, matches, flags);
      const { mailbox } = steady;
      const marks = new ReadMarks(mailbox, { peek: flags.peek, needed: true });
      const done = (message: OpenedMessage) => marks.add(message);
      const how = { count: 1, page, done };
      await marks.during(() => showWith(reading, openSame(mailbox, found, flags), how));
    }));
}

type Matches = (message: ListedMessage, domain: string) => boolean;

/** @throws {MailError} `malformed` for a name that nobody can have */
function matcher({ from, to, subject }: WaitOptions): Matches {
  const sender = from === undefined ? null : formatAddress(parseAddress(from));
  const addressee = to === undefined ? null : parseTaggedAddress(to);
  const words = subject === undefined ? null : fold(subject);
  const isFrom = ({ from, origin }: ListedMessage, domain: string) =>
    sender === null || origin === null && from === qualify(sender, domain);
  return (message, domain) =>
    isFrom(message, domain) && (addressee === null || isFor(message, addressee, domain)) &&
    (words === null || message.headers === null ||
      fold(message.headers.subject).includes(words));
}

function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

/** @throws {MailError} as `waitInTime` */
async function findInTime(
  steady: ReconnectingMailbox,
  matches: Matches,
  flags: Flags,
): Promise<ListedMessage> {
  return await waitInTime(steady, findMatch(steady, matches, flags), flags.timeout, ({ text }) => {
    const message = `Cannot wait any longer: no matching message came within ${text}`;
    return new MailError("timed_out", message);
  });
}

async function findMatch(
  steady: ReconnectingMailbox,
  matches: Matches,
  query: WaitOptions,
): Promise<ListedMessage> {
  const { newMail } = await import("../../client/watching/watch_new_mail.ts");
  const { domain } = await steady.mailbox.account();
  const answersTo = await messageIdOf(steady, query.answers);
  const beforeWaiting = () => requireSender(steady, query.from, domain);
  const { unread, from } = query;
  for await (const message of newMail(steady, { unread, from, beforeWaiting })) {
    if (answersTo !== null && message.headers?.inReplyTo !== answersTo) continue;
    if (!matches(message, domain)) continue;
    if (isGoodEnough(message, query)) return message;
    sayPassedOver(message);
  }
  throw new Error("new mail never ends");
}

/**
 * Nobody has to wait for mail from nobody, nor from an alias: mail names the account.
 * @throws {MailError} `no_such_recipient`
 */
async function requireSender(
  steady: ReconnectingMailbox,
  from: string | undefined,
  domain: string,
): Promise<void> {
  if (from === undefined) return;
  const account = await steady.ask((mailbox) => mailbox.checkRecipient(from)).catch((error) => {
    if (!(error instanceof MailError)) throw error;
    if (error.code === "no_such_recipient") throw noMailFrom(from, "there is no such account");
    return null; // what the sender's key is, the message will tell
  });
  if (account === null || account === qualify(formatAddress(parseAddress(from)), domain)) return;
  throw noMailFrom(from, `it is an alias of ${account}`);
}

function noMailFrom(from: string, why: string): MailError {
  return new MailError("no_such_recipient", `Cannot wait for mail from ${from}: ${why}`);
}

/** A Message-ID has an `@`. @throws {MailError} `malformed` */
function parseAnswered(text: string): Answered {
  if (!text.includes("@")) return { messageId: null, id: parseId(text) };
  return { messageId: text.replace(/^<|>$/g, ""), id: null };
}

/**
 * The Message-ID that an answer names (RFC 5322 3.6.4).
 * @throws {MailError} `no_such_message`, `bad_signature`; `denied` for an id by which nothing was seen
 */
async function messageIdOf(
  steady: ReconnectingMailbox,
  { messageId, id }: Answered = { messageId: null, id: null },
): Promise<string | null> {
  if (id === null) return messageId;
  const message = await steady.ask((mailbox) => mailbox.look(id));
  const { headers, outcome } = message;
  if (headers !== null && outcome !== "invalid") {
    requireSeen(message, "wait for an answer to");
    return headers.messageId;
  }
  throw new MailError("bad_signature", `Cannot wait for an answer to message ${id}: it is invalid`);
}

function isGoodEnough(message: ListedMessage, { verified }: WaitOptions): boolean {
  return verified ? message.outcome === "verified" : isTrusted(message);
}

/** Opens the message that was found, and makes sure that it is that one. */
async function* openSame(
  mailbox: Mailbox,
  found: ListedMessage,
  flags: Flags,
): AsyncGenerator<OpenedMessage> {
  const opened = requireSame(await mailbox.open(found.id), found);
  checkBurning(opened, flags);
  yield opened;
}
