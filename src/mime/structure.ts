/** What a message is made of, as the bytes stand: nothing decoded, every place known. RFC 2045, RFC 9051 7.5.2. */
import type { RawParameter } from "./header/raw_parameters.ts";

/** Bytes of a message, counted from 0; `to` is the first one that is not of it. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

export interface MimeDisposition {
  readonly type: string;
  readonly parameters: readonly RawParameter[];
}

/** What the header of a part says of it. All strings are bytes as characters, as the sender wrote them. */
export interface MimeFields {
  /** Such as `text`, in its case; of a part that says none that can be read, the default. */
  readonly type: string;
  readonly subtype: string;
  readonly parameters: readonly RawParameter[];
  /** Content-ID, with its brackets. */
  readonly id: string | null;
  readonly description: string | null;
  /** Content-Transfer-Encoding; `7bit` where none was given. */
  readonly encoding: string;
  readonly md5: string | null;
  readonly disposition: MimeDisposition | null;
  readonly languages: readonly string[];
  readonly location: string | null;
}

/** A message, a part of it, or a message inside one. */
export interface MimeStructure extends MimeFields {
  /** With the blank line behind it. */
  readonly header: ByteRange;
  readonly content: ByteRange;
  /** Line feeds in the content. */
  readonly lines: number;
  /** Of a multipart; empty in any other part, and in one that was not looked into. */
  readonly parts: readonly MimeStructure[];
  /** Of message/rfc822 and message/global. */
  readonly message: MimeStructure | null;
  /** Of a message inside another: those fields of its header that ENVELOPE tells of, as they stand; else null. */
  readonly envelopeFields: Uint8Array | null;
}
