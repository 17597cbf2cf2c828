/** Commands as they come in: lines and literals (RFC 9051 4.3), cut anywhere. Knows no command but APPEND. */
import { bytesOfString, byteString } from "../../mime/byte_string.ts";
import { concatBytes } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import { CommandText, firstLiteral } from "./command_text.ts";
import { Bad, Hopeless, No } from "./refusal.ts";

/** Bytes that have come; null: no more will. */
export type ReadBytes = () => Promise<Uint8Array | null>;

/** A literal that was announced and not read yet. */
export interface OpenLiteral {
  readonly bytes: number;
  /** The client sends it only when it is told to. */
  readonly waits: boolean;
  /** It may have NULs: literal8 of RFC 9051 9. */
  readonly isBinary: boolean;
}

export interface ReadCommand {
  readonly tag: string;
  /** In capitals; empty where there is none. */
  readonly name: string;
  /** What stands behind the name, from its blank on. */
  readonly text: CommandText;
  /** The message of APPEND, which stands behind `text`. */
  readonly open: OpenLiteral | null;
}

/** A command that cannot be read: `tag` null, where it has not even that. */
export class UnreadableCommand extends Error {
  readonly tag: string | null;
  readonly reason: Bad | No;

  constructor(tag: string | null, reason: Bad | No) {
    super(reason.message);
    this.tag = tag;
    this.reason = reason;
  }
}

const lineFeed = 10;
const goOn = bytesOfString("+ OK\r\n");
const literalMark = /~?\{(\d+)(\+?)\}$/;
const beginning = /^([!#$&',\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+) ([A-Za-z0-9\-]*)/;
/** Where the literal that ends such a text is the message of APPEND: its mailbox stands before it. */
const appendText = /^[^ ]+ APPEND [^ ]+.* (?:UTF8 \()?$/i;

export class CommandReader {
  readonly #read: ReadBytes;
  #waiting: Uint8Array = new Uint8Array();

  constructor(read: ReadBytes) {
    this.#read = read;
  }

  /**
   * Reads a command, and yields what the client has to be told before it goes on; returns null at the end of all.
   * @throws {UnreadableCommand} it was passed over @throws {Hopeless} what follows cannot be told from a literal
   */
  async *command(): AsyncGenerator<Uint8Array, ReadCommand | null> {
    const literals: Uint8Array[] = [];
    let [text, left] = ["", limits.maxImapLineBytes];
    let literalBytes = limits.maxImapLiteralBytes;
    for (;;) {
      const line = await this.#line(left, text);
      if (line === null) return null;
      left -= line.length + 2;
      text += line;
      const [mark = "", digits = "", plus = ""] = literalMark.exec(line) ?? [];
      if (mark === "") return commandOf(text, literals, null);
      const open: OpenLiteral = {
        bytes: Number(digits),
        waits: plus === "",
        isBinary: mark.startsWith("~"),
      };
      text = text.slice(0, -mark.length);
      if (appendText.test(text)) return commandOf(text, literals, open);
      literalBytes -= open.bytes;
      if (literalBytes < 0) throw tooLarge(text, open);
      if (open.waits) yield goOn;
      const literal = await this.#bytes(open.bytes);
      if (literal === null) return null;
      text += String.fromCharCode(firstLiteral + literals.length);
      literals.push(literal);
    }
  }

  /** Reads a line that is no command, as an answer to a challenge; null at the end of all. @throws {Bad} @throws {Hopeless} */
  async answer(): Promise<string | null> {
    try {
      return await this.#line(limits.maxImapLineBytes, "");
    } catch (error) {
      throw error instanceof UnreadableCommand ? error.reason : error;
    }
  }

  /** Hands out the bytes of a literal as they come. @throws {Hopeless} where they end too early */
  async *literal(bytes: number): AsyncGenerator<Uint8Array, void> {
    for (let left = bytes; left > 0;) {
      if (this.#waiting.length === 0 && !await this.#more()) {
        throw new Hopeless("A literal was cut off");
      }
      const piece = this.#waiting.subarray(0, left);
      this.#waiting = this.#waiting.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async #bytes(count: number): Promise<Uint8Array | null> {
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of this.literal(count)) pieces.push(piece);
    } catch {
      return null; // the end of all
    }
    return concatBytes(pieces);
  }

  /** Reads to the end of a line; `before` is what the command has before it. */
  async #line(maxBytes: number, before: string): Promise<string | null> {
    for (;;) {
      const feed = this.#waiting.indexOf(lineFeed);
      if (feed < 0 && this.#waiting.length <= maxBytes) {
        if (!await this.#more()) return null;
        continue;
      }
      if (feed < 0 || feed > maxBytes) return await this.#passOver(before);
      const line = byteString(this.#waiting.subarray(0, feed));
      this.#waiting = this.#waiting.subarray(feed + 1);
      return this.#judge(line, before);
    }
  }

  #judge(line: string, before: string): string {
    const fault = faultOf(line);
    if (fault === null) return line.slice(0, -1);
    throw unreadable(before + line, line, fault);
  }

  /** Reads what is too long for a line to its end, and keeps no more than the ends of it. */
  async #passOver(before: string): Promise<never> {
    const begin = before + byteString(this.#waiting.subarray(0, 256));
    let end = "";
    for (;;) {
      const feed = this.#waiting.indexOf(lineFeed);
      const piece = feed < 0 ? this.#waiting : this.#waiting.subarray(0, feed);
      end = (end + byteString(piece.subarray(-64))).slice(-64);
      this.#waiting = feed < 0 ? new Uint8Array() : this.#waiting.subarray(feed + 1);
      if (feed >= 0) break;
      if (!await this.#more()) throw new Hopeless("The line is too long");
    }
    throw unreadable(begin, end, "The line is too long");
  }

  async #more(): Promise<boolean> {
    const bytes = await this.#read();
    if (bytes === null) return false;
    this.#waiting = this.#waiting.length === 0 ? bytes : concatBytes([this.#waiting, bytes]);
    return true;
  }
}

function commandOf(
  text: string,
  literals: readonly Uint8Array[],
  open: OpenLiteral | null,
): ReadCommand {
  const [whole = "", tag, name = ""] = beginning.exec(text) ?? [];
  if (tag === undefined) throw unreadable(text, "", "Write a tag and a command");
  const rest = new CommandText(text.slice(whole.length), literals);
  return { tag, name: name.toUpperCase(), text: rest, open };
}

/** `line` has its CR. Programs write UTF-8 in quotes before they enable it: in SEARCH, CHARSET has named it. RFC 6855 3 */
function faultOf(line: string): string | null {
  if (!line.endsWith("\r")) return "End a line with CR and LF";
  if (/[\0\r]/.test(line.slice(0, -1))) return "A line cannot have a NUL or a CR";
  return /[\x80-\xff]/.test(line) && !isValidUtf8(line) ? "This is not UTF-8" : null;
}

function isValidUtf8(line: string): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytesOfString(line));
    return true;
  } catch {
    return false;
  }
}

/** A literal comes behind this line, and does not wait: what follows is no command. */
export function isLiteralBehind(line: string): boolean {
  return /\{\d+\+\}\r?$/.test(line);
}

function unreadable(begin: string, end: string, fault: string): UnreadableCommand | Hopeless {
  if (isLiteralBehind(end)) return new Hopeless(fault);
  return new UnreadableCommand(beginning.exec(begin)?.[1] ?? null, new Bad(fault));
}

/** RFC 9051 4.3, RFC 7889: not a byte of it is read; one that does not wait cannot be told from commands. */
function tooLarge(text: string, { waits }: OpenLiteral): UnreadableCommand | Hopeless {
  const reason = new No("The literal is too large", "TOOBIG");
  if (!waits) return new Hopeless(reason.message, "TOOBIG");
  return new UnreadableCommand(beginning.exec(text)?.[1] ?? null, reason);
}
