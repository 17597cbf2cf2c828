/** The only way out: data on standard output, words on standard error. A terminal is written nothing but visible text. */
import { reasonOf } from "../../files/file_failure.ts";
import { utf8 } from "../../model/bytes.ts";
import { type Hint, MailError } from "../../model/errors.ts";
import { isPersonReading, terminalColumns } from "./terminal.ts";
import { visible, visibleJson, visibleLine, type VisibleText } from "../../model/visible_text.ts";
import { type Host, host } from "../host.ts";
import { foldToWidth } from "./width.ts";

/** Thrown where nobody reads standard output any more (`| head`): the work is over, and all is well. */
export class ReaderGone extends Error {}

const hostsWithData = new WeakSet<Host>();

/** Tells whether anything was written to standard output. */
export function hasWrittenData(): boolean {
  return hostsWithData.has(host);
}

/**
 * Writes what came of a command to standard output. That nobody reads it any more keeps nothing from being done, or from
 * being a failure. @throws {MailError} `io`
 */
export async function write(text: VisibleText): Promise<void> {
  await despiteReader(writeData(text)).catch((error) => {
    throw error instanceof MailError ? beforeRepeating(error) : error;
  });
}

function beforeRepeating({ code, message, cause }: MailError): MailError {
  const hint = "If the command changes something, that is done: look before you repeat it.";
  return new MailError(code, message, { cause, hint });
}

/** Waits for what writes, and goes on where nobody reads it any more. @throws {MailError} `io` */
export async function despiteReader(writing: Promise<void>): Promise<void> {
  await writing.catch((error) => {
    if (!(error instanceof ReaderGone)) throw error;
  });
}

/**
 * Writes data for programs to standard output as it is: JSON, a body, a path. Where it could be hostile, and a person
 * reads, the caller must not come here. Work whose whole point is the output ends where nobody reads it any more.
 * @throws {ReaderGone} @throws {MailError} `io`
 */
export async function writeData(data: string | Uint8Array): Promise<void> {
  let rest = typeof data === "string" ? utf8(data) : data;
  if (rest.length > 0) hostsWithData.add(host);
  try {
    while (rest.length > 0) rest = rest.subarray(await host.stdout.write(rest));
  } catch (error) {
    throw outputFailure(error);
  }
}

/** Writes one line that people may read. */
export function writeLine(line: VisibleText): Promise<void> {
  return write(visible`${line}\n`);
}

/** Writes one JSON value: on a line for programs, indented for people. */
export function writeJson(value: unknown): Promise<void> {
  return writeLine(jsonText(value));
}

/** What `writeJson` writes. */
export function jsonText(value: unknown): VisibleText {
  return formatJson(value, isPersonReading() ? 2 : 0);
}

/** Writes a line that is shown only once; the hint says what to do where nobody gets it. @throws {MailError} `io` */
export async function writeOnce(line: VisibleText, hint: Hint): Promise<void> {
  await writeData(`${line}\n`).catch((cause) => {
    const message = cause instanceof ReaderGone
      ? "Cannot write to standard output: nobody reads it"
      : (cause as Error).message;
    throw new MailError("io", message, { cause, hint });
  });
}

/** Formats JSON that is harmless on a terminal: hidden characters are escaped, which changes no value. */
export function formatJson(value: unknown, indent = 0): VisibleText {
  return visibleJson(JSON.stringify(value, null, indent));
}

/** Says something to a person, on standard error. */
export function say(message: string): void {
  writeError(visible`mailctl: ${visibleLine(message)}\n`);
}

/** Says it on lines that fit the terminal. For sentences without a command, which has to be copied whole. */
export function sayFolded(message: string): void {
  for (const line of foldToWidth(`mailctl: ${message}`, terminalColumns())) {
    writeError(visible`${visibleLine(line)}\n`);
  }
}

/** Says how the clocks differ, where they do: times in lists and on mail are then not what they seem. */
export function sayGap(gap: string | null): void {
  if (gap !== null) say(`The clock of this machine is ${gap}. Mail from here has the wrong date`);
}

/** Says what to do about it, on standard error. */
export function sayHint(hint: Hint): void {
  writeError(visible`hint: ${visibleLine(hint)}\n`);
}

/** Writes to standard error; that it is closed is nobody's problem. */
export function writeError(text: VisibleText): void {
  try {
    let rest = utf8(text);
    while (rest.length > 0) rest = rest.subarray(host.stderr.writeSync(rest));
  } catch {
    // There is nowhere left to complain to.
  }
}

function outputFailure(error: unknown): Error {
  if (error instanceof Deno.errors.BrokenPipe) return new ReaderGone();
  return new MailError("io", `Cannot write to standard output: ${reasonOf(error)}`, {
    cause: error,
  });
}
