/**
 * What `watch --exec` runs for a message: a program of the person's own, told about the message by its environment and
 * given the body on stdin. No shell reads anything of it, and it starts only once the whole message was checked.
 */
import { burnsWhenRead } from "../../client/reading/burn.ts";
import type { ListedMessage, OpenedMessage } from "../../client/reading/opened_entry.ts";
import { readWholly } from "../../client/reading/whole_source.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { readBody } from "../../mime/text.ts";
import { chmodHint } from "../../files/private.ts";
import { concatBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { visibleLine } from "../../model/visible_text.ts";
import { host } from "../host.ts";
import { inherited } from "../settings/inherited.ts";
import { say } from "../terminal/output.ts";
import { withChild } from "../terminal/signals.ts";
import { isoTime } from "../time_format.ts";
import { isTrusted, requireSame, sayPassedOver } from "./waiting.ts";

/** A body is checked before the program starts, and until then it is in memory. */
const maxBodyBytes = 64 * 1024 * 1024;
const executableBits = 0o111;

export interface Hook {
  readonly program: string;
  readonly args: readonly string[];
  /** Run it also for what does not verify. */
  readonly anyway: boolean;
  /** Do not mark as read. */
  readonly peek: boolean;
  /** What the program finds in its environment besides the message and what we found in ours. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The variables that the program is told of a message by. */
export const hookVariables = [
  "MAILCTL_ID",
  "MAILCTL_FROM",
  "MAILCTL_CLAIMED_FROM",
  "MAILCTL_TO",
  "MAILCTL_CC",
  "MAILCTL_SUBJECT",
  "MAILCTL_DATE",
  "MAILCTL_OUTCOME",
  "MAILCTL_MESSAGE_ID",
  "MAILCTL_IN_REPLY_TO",
  "MAILCTL_ATTACHMENTS",
] as const;

/** Fills them; what could end a line or a value in them is made visible. */
export function describeMessage(
  message: OpenedMessage,
): Record<typeof hookVariables[number], string> {
  const { id, from, origin, outcome, headers } = message;
  const { to, cc, subject, date, messageId, inReplyTo, attachments } = headers;
  return {
    MAILCTL_ID: String(id),
    MAILCTL_FROM: origin === null ? visibleLine(from) : "",
    MAILCTL_CLAIMED_FROM: origin === null ? "" : visibleLine(headers.from),
    MAILCTL_TO: visibleLine(to.join(",")),
    MAILCTL_CC: visibleLine(cc.join(",")),
    MAILCTL_SUBJECT: visibleLine(subject),
    MAILCTL_DATE: isoTime(date) ?? "",
    MAILCTL_OUTCOME: outcome,
    MAILCTL_MESSAGE_ID: visibleLine(messageId),
    MAILCTL_IN_REPLY_TO: visibleLine(inReplyTo ?? ""),
    MAILCTL_ATTACHMENTS: String(attachments.length),
  };
}

/** Makes sure that there is such a program and that it can run, before anything waits for it. @throws {MailError} `no_input` */
export async function requireProgram(program: string): Promise<void> {
  const folders = program.includes("/") ? [""] : (host.env.get("PATH") ?? "").split(":");
  let found: string | null = null;
  for (const folder of folders) {
    const path = folder === "" ? program : `${folder}/${program}`;
    const file = await Deno.stat(path).catch(() => null);
    if (!file?.isFile) continue;
    if (file.mode === null || (file.mode & executableBits) !== 0) return;
    found ??= path;
  }
  if (found === null) {
    throw new MailError("no_input", `Cannot run ${program}: there is no such program`);
  }
  throw new MailError("no_input", `Cannot run ${program}: the file is not executable`, {
    hint: chmodHint("+x", found),
  });
}

/** `skipped`: the message is not one to run a program for; `failed`: its program did not start, or not end with 0. */
export type HookEnd = "done" | "failed" | "skipped";

/**
 * Runs the program for a message, and marks it as read where that ends with 0. What goes wrong with this message is
 * told, and is no reason to stop.
 * @throws {MailError} what keeps every message from being read
 */
export async function runHook(
  steady: ReconnectingMailbox,
  listed: ListedMessage,
  hook: Hook,
): Promise<HookEnd> {
  if (hook.peek && burnsWhenRead(listed)) {
    say(`Skipped message ${listed.id}: it burns when it is read, but --peek leaves it unread`);
    return "skipped";
  }
  if (!isTrusted(listed) && !hook.anyway) {
    sayPassedOver(listed);
    return "skipped";
  }
  try {
    const { message, body } = await steady.ask((mailbox) => readWhole(mailbox, listed));
    return await withChild(
      () => start(hook, message),
      (child) => attend(child, body),
      async (end): Promise<HookEnd> => {
        if (!end.success) return sayFailed(hook, message, end);
        if (!hook.peek) await steady.ask((mailbox) => mailbox.markRead([message]));
        return "done";
      },
    );
  } catch (error) {
    if (!(error instanceof MailError) || !isOfOneMessage.has(error.code)) throw error;
    say(`Cannot run ${hook.program} for message ${listed.id}: ${error.message}`);
    return error.code === "cannot_create" ? "failed" : "skipped";
  }
}

const isOfOneMessage: ReadonlySet<MailError["code"]> = new Set([
  "bad_signature",
  "malformed",
  "no_such_message",
  "too_large",
  "cannot_create",
]);

async function readWhole(
  mailbox: ReconnectingMailbox["mailbox"],
  listed: ListedMessage,
): Promise<{ message: OpenedMessage; body: Uint8Array }> {
  const message = requireSame(await mailbox.open(listed.id), listed);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  await readWholly(message, async (whole) => {
    for await (const piece of readBody(whole.source())) {
      if ((bytes += piece.length) <= maxBodyBytes) pieces.push(piece.slice());
    }
  });
  if (bytes <= maxBodyBytes) return { message, body: concatBytes(pieces) };
  throw new MailError(
    "too_large",
    `Cannot pass a body of ${bytes} bytes to a program: the limit is ${maxBodyBytes}`,
  );
}

async function attend(child: Deno.ChildProcess, body: Uint8Array): Promise<Deno.CommandStatus> {
  const [status] = await Promise.all([child.status, feed(child.stdin, body)]);
  return status;
}

function sayFailed(
  { program }: Hook,
  { id }: OpenedMessage,
  { code, signal }: Deno.CommandStatus,
): "failed" {
  say(`${program} ended with ${signal ?? `status ${code}`} for message ${id}`);
  return "failed";
}

/** @throws {MailError} `cannot_create` where it cannot start */
function start(
  { program, args, environment }: Hook,
  message: OpenedMessage,
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args: [...args],
      clearEnv: true,
      env: { ...inherited(), ...environment, ...describeMessage(message) },
      stdin: "piped",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? "there is no such program"
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new MailError("cannot_create", `Cannot start it: ${reason}`, { cause });
  }
}

/** A program need not read all of it. */
async function feed(stdin: WritableStream<Uint8Array>, body: Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(body);
    await writer.close();
  } catch {
    // It has closed its stdin, or is gone: its status tells what that means.
  }
}
