/** The parts of a message and where they stand, in one pass over a stream cut anywhere. */
import { concatBytes } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import { isMultipart } from "../header/content_type.ts";
import { Scanner } from "../scan.ts";
import { envelopeFieldNames, selectFields } from "./header_fields.ts";
import { describeFields } from "./mime_fields.ts";
import type { ByteRange, MimeFields, MimeStructure } from "../structure.ts";

/**
 * Reads the structure of any message, whatever its bytes, in bounded memory. A multipart that nothing divides has one
 * part without a header, as `parseMessage` has it. A multipart or a message that stands deeper than
 * `limits.maxMimeDepth` is one part without parts, the last of `limits.maxMimeParts` parts goes on to the end, and
 * headers count as empty beyond `limits.maxStructureHeaderBytes` of all of them. Fails only where the source does.
 */
export async function readStructure(source: AsyncIterable<Uint8Array>): Promise<MimeStructure> {
  const scanner = new Scanner(source);
  try {
    return await new StructureReader(scanner).read();
  } finally {
    await scanner.close();
  }
}

/** A part whose end was not reached. */
interface OpenPart {
  readonly fields: MimeFields;
  readonly header: ByteRange;
  /** Line feeds in front of the content. */
  readonly linesBefore: number;
  readonly kind: "multipart" | "message" | "leaf";
  /** How many multiparts enclose it. */
  readonly depth: number;
  readonly parts: MimeStructure[];
  message: MimeStructure | null;
  readonly envelopeFields: Uint8Array | null;
}

class StructureReader {
  readonly #scanner: Scanner;
  readonly #open: OpenPart[] = [];
  #at = 0;
  #lines = 0;
  /** How long the line break is that was passed last: of a closing delimiter, and of the next one if it follows at once. */
  #lineBreak = 0;
  #count = 0;
  #headerRoom: number = limits.maxStructureHeaderBytes;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  async read(): Promise<MimeStructure> {
    await this.#begin();
    for (;;) {
      for (let piece; (piece = await this.#scanner.readContent()) !== null;) this.#pass(piece);
      const delimiter = this.#scanner.takeDelimiter();
      if (delimiter === null) return this.#endAll();
      while (!this.#isDividedAt(delimiter.depth)) this.#end(this.#lineBreak);
      this.#addUndivided(!delimiter.isClose);
      this.#pass(delimiter.bytes);
      if (delimiter.isClose) this.#lineBreak = lineBreakOf(delimiter.bytes);
      else await this.#begin();
    }
  }

  /** Begins a part, and what its content begins with if it is a message. */
  async #begin(): Promise<void> {
    while (await this.#beginOne() === "message");
  }

  async #beginOne(): Promise<OpenPart["kind"]> {
    const outer = this.#open.at(-1);
    const from = this.#at;
    const bytes = await this.#readHeader();
    const { boundary, ...fields } = describeFields(bytes, childTypeOf(outer));
    const kind = ++this.#count < limits.maxMimeParts && this.#open.length < limits.maxMimeDepth
      ? kindOf(fields)
      : "leaf";
    this.#open.push({
      fields,
      header: { from, to: this.#at },
      linesBefore: this.#lines,
      kind,
      depth: this.#scanner.depth,
      parts: [],
      message: null,
      envelopeFields: outer?.kind === "message" ? selectFields(bytes, envelopeFieldNames) : null,
    });
    if (kind === "multipart" && boundary !== null) this.#scanner.enter(boundary);
    if (this.#count === limits.maxMimeParts) this.#scanner.leaveAll();
    return kind;
  }

  /** Reads a whole header, and keeps of it what there is room for. */
  async #readHeader(): Promise<Uint8Array> {
    const kept: Uint8Array[] = [];
    for (let isLast = false; !isLast;) {
      const piece = await this.#scanner.readHeaderPiece();
      this.#pass(piece.bytes);
      kept.push(piece.bytes.subarray(0, this.#headerRoom));
      this.#headerRoom -= kept.at(-1)!.length;
      isLast = piece.isLast;
    }
    return concatBytes(kept);
  }

  #isDividedAt(depth: number): boolean {
    const last = this.#open.at(-1)!;
    return last.kind === "multipart" && last.depth === depth;
  }

  /** Makes a part of what a multipart begins with, if nothing divides it or it is longer than what is passed over. */
  #addUndivided(isDivided: boolean, behind = 0): void {
    const { kind, header, linesBefore, parts } = this.#open.at(-1)!;
    const content = { from: header.to, to: this.#at - behind };
    const isPassedOver = isDivided && content.to - content.from <= limits.maxPreambleBytes;
    if (kind !== "multipart" || parts.length > 0 || isPassedOver) return;
    const { boundary: _, ...fields } = describeFields(new Uint8Array(), "text/plain");
    const none = { from: header.to, to: header.to };
    const lines = this.#lines - linesBefore - (behind > 0 ? 1 : 0);
    const inner = { parts: [], message: null, envelopeFields: null };
    parts.push({ ...fields, header: none, content, lines, ...inner });
  }

  /** Ends the last part; `behind`: bytes of a line break that was passed and is not of it. */
  #end(behind = 0): MimeStructure {
    this.#addUndivided(false, behind);
    const { fields, header, linesBefore, parts, message, envelopeFields } = this.#open.pop()!;
    const content = { from: header.to, to: this.#at - behind };
    const lines = this.#lines - linesBefore - (behind > 0 ? 1 : 0);
    const part = { ...fields, header, content, lines, parts, message, envelopeFields };
    const outer = this.#open.at(-1);
    if (outer?.kind === "message") outer.message = part;
    else outer?.parts.push(part);
    return part;
  }

  #endAll(): MimeStructure {
    while (this.#open.length > 1) this.#end();
    return this.#end();
  }

  #pass(bytes: Uint8Array): void {
    this.#lineBreak = 0;
    this.#at += bytes.length;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) this.#lines++;
  }
}

function lineBreakOf(line: Uint8Array): number {
  if (line.at(-1) !== 10) return 0;
  return line.at(-2) === 13 ? 2 : 1;
}

function kindOf(fields: MimeFields): OpenPart["kind"] {
  if (isMultipart(fields)) return "multipart";
  return isMessageType(`${fields.type}/${fields.subtype}`) ? "message" : "leaf";
}

/** RFC 2046 5.2.1, RFC 6532 3.7 */
function isMessageType(type: string): boolean {
  return /^message\/(?:rfc822|global)$/i.test(type);
}

/** What a part is whose header does not say it: RFC 2046 5.1.5. */
function childTypeOf(outer: OpenPart | undefined): string {
  const isDigest = outer?.kind === "multipart" && /^digest$/i.test(outer.fields.subtype);
  return isDigest ? "message/rfc822" : "text/plain";
}
