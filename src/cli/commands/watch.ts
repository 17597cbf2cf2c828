/** `mailctl watch` */
import { buildCommand } from "@stricli/core";
import type { ListedMessage } from "../../client/mailbox.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { MailError } from "../../model/errors.ts";
import { parsedFlag, switchFlag, textFlag } from "../flag.ts";
import { parseCount, personLine, tabRow } from "../message/list.ts";
import { listedJson } from "../message/message_json.ts";
import { formatJson, writeLine } from "../terminal/output.ts";
import { type ReaderFlags, readerFlags } from "../session.ts";
import { writeTabSeparated } from "../terminal/table.ts";
import { isPersonReading } from "../terminal/terminal.ts";
import { withReconnectingMailbox } from "../waiting/waiting.ts";

interface Flags extends ReaderFlags {
  readonly json: boolean;
  readonly unread: boolean;
  readonly count: number | undefined;
  readonly exec: string | undefined;
  readonly peek: boolean;
  readonly anyway: boolean;
}

export const examples = [
  "mailctl watch --json | jq --unbuffered -r .subject",
  "mailctl watch --unread --exec ./file-it -- --into reports",
];

export const command = buildCommand({
  docs: {
    brief: "Print a line for each message as it arrives",
    fullDescription:
      "Print a line for each new message, in the columns of inbox or as a JSON object, until it is\n" +
      "stopped. A lost connection is made anew, and nothing is missed or shown twice; a server that\n" +
      "cannot be reached at the start ends it with 69. With --exec nothing is printed, but CMD is run\n" +
      "for one message after the other, without a shell: the body is its stdin, and in its\n" +
      "environment are MAILCTL_ID, MAILCTL_FROM, MAILCTL_CLAIMED_FROM, MAILCTL_TO, MAILCTL_CC,\n" +
      "MAILCTL_SUBJECT, MAILCTL_DATE, MAILCTL_OUTCOME, MAILCTL_MESSAGE_ID, MAILCTL_IN_REPLY_TO and\n" +
      "MAILCTL_ATTACHMENTS (a number), but no password. Where it ends with 0 the message is marked\n" +
      "as read; else that is told and the watch goes on: with --unread the next watch takes it up\n" +
      "again. It is not run for a message whose signature does not hold, whose sender's key changed,\n" +
      "or that no account signed (MAILCTL_CLAIMED_FROM is what such a one says).",
  },
  parameters: {
    flags: {
      json: switchFlag("Write a JSON object a line; a failure is JSON too"),
      unread: switchFlag("Begin with what is there and was not read yet"),
      count: parsedFlag("COUNT", "End after so many messages", parseCount),
      exec: textFlag("CMD", "Run this program for each; its arguments go behind --"),
      peek: switchFlag("Do not mark as read what CMD was run for"),
      anyway: switchFlag("Run CMD also for what does not verify"),
      ...readerFlags,
    },
    aliases: { n: "count" },
    positional: {
      kind: "array",
      parameter: { placeholder: "ARG", brief: "Arguments of CMD", parse: String },
    },
  },
  func: watch,
});

async function watch(flags: Flags, ...args: string[]): Promise<void> {
  checkFlags(flags, args);
  await withReconnectingMailbox(flags, async (steady) => {
    const { arrivals } = await import("../../client/watching/new_mail.ts");
    const take = await taker(steady, flags, args);
    let left = flags.count ?? Infinity;
    for await (const message of arrivals(steady, flags)) {
      if (await take(message)) left--;
      if (left === 0) return;
    }
  });
}

/** Returns what to do with a message; that answers whether anything was done. */
async function taker(
  steady: ReconnectingMailbox,
  flags: Flags,
  args: readonly string[],
): Promise<(message: ListedMessage) => Promise<boolean>> {
  const { exec: program, anyway, peek, json } = flags;
  if (program === undefined) {
    const { domain } = await steady.mailbox.account();
    return (message) => print(message, json, domain);
  }
  const { requireProgram, runHook } = await import("../waiting/hook.ts");
  await requireProgram(program);
  const hook = { program, args, anyway, peek, environment: chosen(flags) };
  return (message) => runHook(steady, message, hook);
}

async function print(message: ListedMessage, json: boolean, domain: string): Promise<true> {
  if (json) await writeLine(formatJson(listedJson(message)));
  else if (isPersonReading()) await writeLine(personLine(message, domain));
  else await writeTabSeparated([tabRow(message)]);
  return true;
}

/** A CMD that runs mailctl itself means the same mailbox: there the id is that of the message. */
function chosen({ user, server }: Flags): Record<string, string> {
  return {
    ...(user === undefined ? {} : { MAILCTL_USER: user }),
    ...(server === undefined ? {} : { MAILCTL_SERVER: server }),
  };
}

function checkFlags({ exec, json, peek, anyway, noReceipt }: Flags, args: readonly string[]): void {
  if (exec === undefined) {
    if (args.length > 0) throw withoutExec("arguments");
    if (peek || anyway) throw withoutExec(peek ? "--peek" : "--anyway");
    if (noReceipt) throw withoutExec("--no-receipt");
  } else if (exec === "") {
    throw new MailError("usage", "Cannot run a program without a name");
  } else if (json) {
    throw new MailError("usage", "Cannot use --json with --exec: what CMD prints is the output");
  }
}

function withoutExec(what: string): MailError {
  return new MailError("usage", `Cannot use ${what} without --exec`);
}
