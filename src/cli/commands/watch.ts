/** `mailctl watch` */
import { buildCommand } from "@stricli/core";
import type { ListedMessage } from "../../client/reading/opened_entry.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { MailError } from "../../model/errors.ts";
import { visible, type VisibleText } from "../../model/visible_text.ts";
import { parsedFlag, switchFlag, textFlag } from "../flag.ts";
import { parseCount, personLine, tabRow } from "../message/list.ts";
import { listedJson } from "../message/listed_json.ts";
import { type ReaderFlags, readerFlags } from "../session.ts";
import { formatJson, writeData } from "../terminal/output.ts";
import { tabSeparated } from "../terminal/table.ts";
import { isPersonReading } from "../terminal/terminal.ts";
import type { HookEnd } from "../waiting/hook.ts";
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
    brief: "Print a line for each new message",
    fullDescription:
      "Print a line for each new message until you stop it, in the columns of `mailctl\n" +
      "inbox`, or as JSON. If the connection is lost, mailctl connects again; no\n" +
      "message is missed or shown twice. If the server cannot be reached at the start,\n" +
      "the exit status is 69.\n" +
      "\n" +
      "With --exec, CMD is run for each message instead, one after the other and\n" +
      "without a shell. It reads the body on stdin. These variables describe the\n" +
      "message:\n" +
      "\n" +
      "  MAILCTL_ID, MAILCTL_FROM, MAILCTL_TO, MAILCTL_CC, MAILCTL_SUBJECT,\n" +
      "  MAILCTL_DATE, MAILCTL_OUTCOME, MAILCTL_MESSAGE_ID, MAILCTL_IN_REPLY_TO,\n" +
      "  MAILCTL_ATTACHMENTS (their number),\n" +
      "  MAILCTL_CLAIMED_FROM (the sender that an unsigned message names;\n" +
      "  MAILCTL_FROM is empty then)\n" +
      "\n" +
      "No variable holds a password. If CMD ends with 0, the message is marked as read.\n" +
      "If it fails, a line on stderr says so, and mailctl goes on; the next `mailctl\n" +
      "watch --unread` tries the message again. With --count, the exit status is then\n" +
      "74. If there is no CMD, or it is not executable, it is 66.\n" +
      "\n" +
      "The next message waits until CMD has ended. To end one that hangs, use `--exec\n" +
      "timeout -- --foreground 5m CMD`. A signal that ends mailctl is passed on to CMD,\n" +
      "and mailctl waits for it to end. A second signal ends mailctl at once.\n" +
      "\n" +
      "CMD is not run for a message that is unsigned, whose signature is invalid or\n" +
      "whose sender's key changed, unless --anyway is given.",
  },
  parameters: {
    flags: {
      json: switchFlag("Write a line of JSON for each message, also on failure"),
      unread: switchFlag("Start with the unread messages"),
      count: parsedFlag("COUNT", "End after COUNT messages", parseCount),
      exec: textFlag("CMD", "Run CMD for each message, with the arguments after --"),
      peek: switchFlag("Leave messages unread after CMD"),
      anyway: switchFlag("Run CMD even if a message is not signed correctly"),
      ...readerFlags,
    },
    aliases: { n: "count" },
    positional: {
      kind: "array",
      parameter: { placeholder: "ARG", brief: "The arguments of CMD", parse: String },
    },
  },
  func: watch,
});

async function watch(flags: Flags, ...args: string[]): Promise<void> {
  checkFlags(flags, args);
  await withReconnectingMailbox(flags, async (steady) => {
    const { newMail } = await import("../../client/watching/watch_new_mail.ts");
    const take = await taker(steady, flags, args);
    let [left, failed] = [flags.count ?? Infinity, 0];
    for await (const message of newMail(steady, flags)) {
      const end = await take(message);
      if (end !== "skipped") left--;
      if (end === "failed") failed++;
      if (left === 0) break;
    }
    if (failed > 0) throw hookFailed(flags, failed);
  }, { startsPrograms: flags.exec !== undefined });
}

function hookFailed({ exec, count }: Flags, failed: number): MailError {
  const message = `Cannot handle every message: ${exec} failed for ${failed} of ${count}`;
  return new MailError("io", message, { hint: "Run `mailctl watch --unread` to try them again." });
}

/** Returns what to do with a message, and hears what became of it. */
async function taker(
  steady: ReconnectingMailbox,
  flags: Flags,
  args: readonly string[],
): Promise<(message: ListedMessage) => Promise<HookEnd>> {
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

async function print(message: ListedMessage, json: boolean, domain: string): Promise<"done"> {
  await writeData(visible`${lineOf(message, json, domain)}\n`); // ends where nobody reads any more
  return "done";
}

function lineOf(message: ListedMessage, json: boolean, domain: string): VisibleText {
  if (json) return formatJson(listedJson(message));
  return isPersonReading() ? personLine(message, domain) : tabSeparated(tabRow(message));
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
  } else if (json) {
    throw new MailError("usage", "Cannot use --json with --exec: what CMD prints is the output");
  }
}

function withoutExec(what: string): MailError {
  return new MailError("usage", `Cannot use ${what} without --exec`);
}
