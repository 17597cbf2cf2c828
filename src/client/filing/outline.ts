/** What a client keeps of the content of a message that it has opened: WIRE.md 8.4. */
import { bytesOfString, byteString } from "../../mime/byte_string.ts";
import type { MimeStructure } from "../../mime/structure.ts";
import type { Bytes } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import type { Reader, Writer } from "../../wire/buffer.ts";
import {
  bytes,
  type Codec,
  decode,
  encode,
  list,
  optional,
  padded,
  struct,
  u32,
  u64,
  versioned,
} from "../../wire/fields.ts";

/** All ranges are of the message as its reader gives it to programs. */
export interface Outline {
  /** Of the whole message. */
  readonly bytes: number;
  /** With the blank line behind it. */
  readonly header: Uint8Array;
  readonly structure: MimeStructure;
}

/** What is longer is not kept, so nothing in it is longer either. */
const most = limits.maxOutlineBytes;
const maxItems = most / 8; // each has two lengths

const byteText: Codec<string> = {
  write: (writer, value) => bytes(most).write(writer, bytesOfString(value)),
  read: (reader) => byteString(bytes(most).read(reader)),
};
const parameters = list(struct({ name: byteText, value: byteText }), maxItems);
const range = struct({ from: u64, to: u64 });

const structure: Codec<MimeStructure> = struct({
  type: byteText,
  subtype: byteText,
  parameters,
  id: optional(byteText),
  description: optional(byteText),
  encoding: byteText,
  md5: optional(byteText),
  disposition: optional(struct({ type: byteText, parameters })),
  languages: list(byteText, maxItems),
  location: optional(byteText),
  header: range,
  content: range,
  lines: u32,
  envelopeFields: optional(bytes(most)),
  parts: list(inner(), limits.maxMimeParts),
  message: optional(inner()),
});

/** A structure inside another. */
function inner(): Codec<MimeStructure> {
  return {
    write: (writer: Writer, value) => structure.write(writer, value),
    read: (reader: Reader) => structure.read(reader),
  };
}

const layout = versioned(
  1,
  padded(struct({ bytes: u64, header: bytes(most), structure }), 256),
);

/** Null for one that is too long to be kept; its seal takes 28 bytes. */
export function encodeOutline(outline: Outline): Bytes | null {
  if (outline.header.length > most) return null;
  const encoded = encode(layout, outline);
  return encoded.length + 28 <= most ? encoded : null;
}

/** @throws {MailError} `protocol` */
export function decodeOutline(encoded: Uint8Array): Outline {
  return decode(layout, encoded);
}
