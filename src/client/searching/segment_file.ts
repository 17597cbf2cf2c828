/**
 * A file of sealed segments: a mark, then of each segment two numbers of 4 bytes (the room that it has, and the length of
 * its sealed head), a random id, its head and its parts, each sealed by itself and to the id, and zeros up to its room.
 * What stands behind a segment that does not fit is as none: all of it can be made again. Behind all of them stands a
 * trailer, written last: whoever changes what stands before writes it again.
 */
import type { IndexSeal } from "../../crypto/account/mailbox_key.ts";
import { reasonOf } from "../../files/file_failure.ts";
import { failAtFileLimit } from "../../files/file_limit.ts";
import { writeAllSync } from "../../files/write_all.ts";
import { type Bytes, concatBytes, randomBytes, utf8 } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { openPrivateFile } from "../state_file.ts";

const mark = utf8("mailctl index 4\n");
const idBytes = 16;
/** Before a head. */
const startBytes = 8 + idBytes;
/** By this what is sealed is longer: AES-GCM's nonce and tag. */
const sealBytes = 12 + 16;

/** What is kept in one segment. Its head tells the lengths of its parts. */
export interface Segment {
  readonly head: Uint8Array;
  readonly parts: readonly Uint8Array[];
}

/** Where a part stands: which it is, how many bytes come before it in all parts, and how many it has. */
export interface PartPlace {
  readonly index: number;
  readonly start: number;
  readonly length: number;
}

interface Slot {
  readonly offset: number;
  readonly room: number;
  readonly headBytes: number;
  /** Of what stands there now: it is another each time that it is written. */
  readonly id: string;
}

export class SegmentFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #seal: IndexSeal;
  readonly #maxBytes: number;
  readonly #slots: Slot[] = [];

  private constructor(path: string, file: Deno.FsFile, seal: IndexSeal, maxBytes: number) {
    this.#path = path;
    this.#file = file;
    this.#seal = seal;
    this.#maxBytes = maxBytes;
  }

  /** Opens a file, as empty where it is none of these. @throws {MailError} `cannot_create`, `configuration` */
  static async open(
    path: string,
    seal: IndexSeal,
    maxBytes: number = limits.maxSearchIndexBytes,
  ): Promise<SegmentFile> {
    const segments = new SegmentFile(path, await openPrivateFile(path), seal, maxBytes);
    segments.#readSlots();
    return segments;
  }

  /** Opens the trailer; null where there is none. It is asked for before anything else. */
  async trailer(): Promise<Bytes | null> {
    const slot = this.#slots.at(-1);
    if (slot === undefined) return null;
    const sealed = this.#read(slot.offset + startBytes, slot.headBytes);
    const opened = await this.#seal.open(this.#slots.length - 1, trailerName, sealed)
      .catch(() => null);
    if (opened !== null) this.#slots.pop();
    return opened;
  }

  /** Writes the trailer, where there is room for it. */
  async writeTrailer(content: Uint8Array): Promise<void> {
    const sealed = await this.#seal.seal(this.#slots.length, trailerName, content);
    await this.#cut();
    const room = startBytes + sealed.length;
    if (this.#size + room > this.#maxBytes) return;
    if (this.#slots.length === 0) this.#writeAt(0, mark);
    const id = "00".repeat(idBytes);
    this.#writeAt(this.#size, withStart({ room, headBytes: sealed.length, id }, [sealed]));
  }

  /** How many segments there are. */
  get count(): number {
    return this.#slots.length;
  }

  get #size(): number {
    const last = this.#slots.at(-1);
    return last === undefined ? mark.length : last.offset + last.room;
  }

  /** Tells the segment that stands there from every other one. */
  idOf(at: number): string {
    return this.#slots[at]!.id;
  }

  /** Opens the head of a segment; null where it cannot be opened. */
  async head(at: number): Promise<Bytes | null> {
    const slot = this.#slots[at]!;
    const sealed = this.#read(slot.offset + startBytes, slot.headBytes);
    return await this.#seal.open(at, headName(slot), sealed).catch(() => null);
  }

  /** Opens a part of a segment; null where it cannot be opened. */
  async part(at: number, { index, start, length }: PartPlace): Promise<Bytes | null> {
    const { offset, headBytes, id } = this.#slots[at]!;
    const first = offset + startBytes + headBytes + start + sealBytes * index;
    const sealed = this.#read(first, length + sealBytes);
    return await this.#seal.open(at, partName(index, id), sealed).catch(() => null);
  }

  /** Puts a segment in the place of one, which has room for it. */
  async replace(at: number, segment: Segment): Promise<void> {
    const { offset, room } = this.#slots[at]!;
    await this.#write(at, segment, { offset, room });
  }

  /** Drops what stands from a segment on, and puts others there, as many as there is room for. */
  async replaceFrom(at: number, segments: readonly Segment[]): Promise<void> {
    this.#slots.length = at;
    await this.#cut();
    if (at === 0) this.#writeAt(0, mark);
    for (const segment of segments) {
      const offset = this.#size;
      const room = roomOf(segment);
      if (offset + room > this.#maxBytes * forSegments) return;
      await this.#write(this.#slots.length, segment, { offset, room });
    }
  }

  close(): void {
    this.#file.close();
  }

  #readSlots(): void {
    const end = Math.min(this.#file.statSync().size, this.#maxBytes);
    if (this.#read(0, mark.length).toHex() !== mark.toHex()) return;
    for (let offset = mark.length; offset + startBytes <= end; offset = this.#size) {
      const start = this.#read(offset, startBytes);
      const lengths = new DataView(start.buffer);
      const [room, headBytes] = [lengths.getUint32(0), lengths.getUint32(4)];
      if (startBytes + headBytes > room || offset + room > end) return;
      this.#slots.push({ offset, room, headBytes, id: start.subarray(8).toHex() });
    }
  }

  async #write(
    at: number,
    { head, parts }: Segment,
    { offset, room }: Pick<Slot, "offset" | "room">,
  ): Promise<void> {
    const id = randomBytes(idBytes).toHex();
    const sealed = await Promise.all([
      this.#seal.seal(at, headName({ room, id }), head),
      ...parts.map((part, index) => this.#seal.seal(at, partName(index, id), part)),
    ]);
    const slot = { offset, room, headBytes: sealed[0]!.length, id };
    this.#writeAt(offset, withStart(slot, sealed));
    this.#slots[at] = slot;
  }

  /** Ends the file behind the last segment. @throws {MailError} `cannot_create` */
  async #cut(): Promise<void> {
    failAtFileLimit(); // an empty file grows to its mark
    await this.#file.truncate(this.#size).catch((cause) => {
      throw this.#cannotWrite(cause);
    });
  }

  /** @throws {MailError} `cannot_create` */
  #writeAt(offset: number, bytes: Uint8Array): void {
    try {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      writeAllSync(this.#file, bytes);
    } catch (cause) {
      throw this.#cannotWrite(cause);
    }
  }

  #cannotWrite(cause: unknown): MailError {
    const message = `Cannot write ${this.#path}: ${reasonOf(cause)}`;
    return new MailError("cannot_create", message, { cause });
  }

  /** Reads as many bytes, or fewer where the file ends; at once, so that nothing else moves the file's position. */
  #read(offset: number, length: number): Bytes {
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const count = this.#file.readSync(bytes.subarray(filled));
      if (count === null) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  }
}

/** How the trailer is named where it is sealed. */
const trailerName = "trailer";
/** The part of the room that segments may take: the rest is for the trailer. */
const forSegments = 15 / 16;

function withStart(
  { room, headBytes, id }: Omit<Slot, "offset">,
  sealed: readonly Bytes[],
): Uint8Array {
  const whole = new Uint8Array(room);
  const lengths = new DataView(whole.buffer);
  lengths.setUint32(0, room);
  lengths.setUint32(4, headBytes);
  whole.set(concatBytes([Uint8Array.fromHex(id), ...sealed]), 8);
  return whole;
}

/** What a segment has is written within its room, so that has to be what it was. */
function headName({ room, id }: Pick<Slot, "room" | "id">): string {
  return `head ${room} ${id}`;
}

function partName(index: number, id: string): string {
  return `${index} ${id}`;
}

function roomOf({ head, parts }: Segment): number {
  const sealed = [head.length, ...parts.map(({ length }) => length)];
  return sealed.reduce((sum, length) => sum + length + sealBytes, startBytes);
}
