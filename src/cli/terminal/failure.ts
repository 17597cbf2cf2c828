/** How a failure reaches a person or a program: told once, here. */
import { failures, MailError } from "../../model/errors.ts";
import {
  formatJson,
  hasWrittenData,
  ReaderGone,
  say,
  sayHint,
  writeData,
  writeError,
} from "./output.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { visible, visibleText } from "../../model/visible_text.ts";
import { host } from "../host.ts";

/** Thrown by Ctrl-C at a prompt, where the terminal sends no signal. */
export class Interrupted extends Error {}

/** Reports whatever a command threw and returns the exit status. */
export async function reportFailure(error: unknown, asJson: boolean): Promise<number> {
  if (error instanceof ReaderGone) return 0;
  if (error instanceof Interrupted) return 130; // as a shell reports SIGINT
  const failure = error instanceof MailError ? error : internal();
  if (asJson) await writeJsonFailure(failure);
  else writeFailure(failure);
  if (host.env.get("MAILCTL_DEBUG")) writeError(visibleText(`${traceOf(error)}\n`));
  return failures[failure.code].exit;
}

function internal(): MailError {
  return new MailError("internal", "Cannot continue: this is a bug in mailctl", {
    hint: "Set MAILCTL_DEBUG=1 to see where it is.",
  });
}

function writeFailure({ message, hint }: MailError): void {
  say(message);
  if (hint !== undefined) sayHint(hint);
}

/** Writes to stdout, for `x=$(mailctl ... --json)`; to stderr once other data is there, to corrupt neither. */
async function writeJsonFailure(failure: MailError): Promise<void> {
  const line = visible`${formatJson(failureJson(failure))}\n`;
  if (hasWrittenData()) return writeError(line);
  await writeData(line).catch(() => writeError(line));
}

/** Describes a failure as every command writes it with `--json`. */
export function failureJson(failure: MailError): JsonOf<"error"> {
  const { code, message, hint = null, retryAfterSeconds, by } = failure;
  const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return { error: { code, message, hint, ...retry, ...(by && { by }) } };
}

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${traceOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
