/** The server's log: one line an event, safe to show on a terminal. It never holds a secret, a subject or a key. */
import { reasonOf } from "../files/file_failure.ts";
import { writeAllSync } from "../files/write_all.ts";
import { utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";

type Level = "info" | "warning" | "error";
type Field = string | number | boolean | null;
type Fields = Readonly<Record<string, Field>>;

/** Writes events down. */
export interface Log {
  info(event: string, fields?: Fields): void;
  warning(event: string, fields?: Fields): void;
  /** For defects, with the whole stack and that of every cause; and for what an operator has to mend. */
  error(event: string, error: unknown, fields?: Fields): void;
}

export interface LogOptions {
  /** Takes one whole line. */
  readonly write: (line: Uint8Array) => void;
  /** Text for a person, instead of JSON. */
  readonly text: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Lines of one event in a second; the next one that is written tells how many were left out. */
const maxLinesPerSecond = 20;

/** Makes a log. A line that cannot be written is dropped: the server goes on. */
export function makeLog({ write, text, now }: LogOptions): Log {
  const throttle = new Throttle();
  const format = text ? formatText : formatJson;
  const put = (level: Level, event: string, fields: Fields) => {
    const leftOut = throttle.pass(event, now());
    if (leftOut === null) return;
    const more = leftOut === 0 ? fields : { ...fields, leftOut };
    const line = visible(format({ time: new Date(now()).toISOString(), level, event, ...more }));
    try {
      write(utf8(`${line}\n`));
    } catch {
      // a log that went away is no reason to stop
    }
  };
  return {
    info: (event, fields = {}) => put("info", event, fields),
    warning: (event, fields = {}) => put("warning", event, fields),
    error: (event, error, fields = {}) =>
      put("error", event, { ...fields, error: describe(error), ...hintOf(error) }),
  };
}

/** Makes the log that goes to stderr: text on a terminal, else JSON. */
export function stderrLog(
  stderr: Pick<typeof Deno.stderr, "writeSync" | "isTerminal"> = Deno.stderr,
): Log {
  const write = (bytes: Uint8Array) => writeAllSync(stderr, bytes);
  return makeLog({ write, text: stderr.isTerminal(), now: Date.now });
}

class Throttle {
  readonly #events = new Map<string, { second: number; lines: number; leftOut: number }>();

  /** Returns how many were left out before this one, or null where this one is to be. */
  pass(event: string, now: number): number | null {
    const second = Math.floor(now / 1000);
    const before = this.#events.get(event) ?? { second, lines: 0, leftOut: 0 };
    const count = before.second === second ? before : { ...before, second, lines: 0 };
    this.#events.set(event, count);
    count.lines++;
    if (count.lines > maxLinesPerSecond) {
      count.leftOut++;
      return null;
    }
    const { leftOut } = count;
    count.leftOut = 0;
    return leftOut;
  }
}

function formatJson(entry: Fields): string {
  return JSON.stringify(entry);
}

function formatText({ time, level, event, ...fields }: Fields): string {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${wordOf(value)}`);
  return [time, level, event, ...words].join(" ");
}

function wordOf(value: Field): string {
  const text = String(value);
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}

/** JSON leaves in what a terminal obeys or turns around: DEL, C1, line separators, bidirectional controls. */
function visible(line: string): string {
  return line.replace(
    /[\x7f-\x9f\u2028\u2029\ufeff]|\p{Bidi_Control}|\p{Surrogate}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A defect with where it came from; what an operator can act on, such as a full disk, in a line. */
function describe(error: unknown): string {
  if (error instanceof MailError && error.code !== "internal") return inOneLine(error);
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? String(error);
  return error.cause === undefined ? own : `${own}\ncaused by ${describe(error.cause)}`;
}

/** What to do about it, where somebody can do something. */
function hintOf(error: unknown): Fields {
  if (!(error instanceof MailError) || error.code === "internal") return {};
  return error.hint === undefined ? {} : { hint: error.hint };
}

/** With its causes, unless its own words end with what `reasonOf` says of them. */
function inOneLine({ message, cause }: Error): string {
  const isTold = !(cause instanceof Error) || message.endsWith(reasonOf(cause));
  return isTold ? message : `${message}: ${inOneLine(cause)}`;
}
