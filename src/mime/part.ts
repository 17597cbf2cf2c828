/** What the header of one part says of it, made safe to act on. */

import { cleanFileName } from "./file_name.ts";
import { boundaryOf, readContentType } from "./header/content_type.ts";
import { parseHeader } from "./header/header.ts";
import { firstToken, type Parameterized, parseParameters } from "./header/parameter.ts";
import { decodeWords } from "./header/word.ts";

/** One leaf of a message. All of it but its place was chosen by the sender. */
export interface PartHeader {
  /** The number of the leaf, from 1. */
  readonly index: number;
  /** The multipart/alternative that it belongs to, the outermost one, by a number; null: to none. */
  readonly alternative: number | null;
  /** True where it is all of the message. */
  readonly isWhole: boolean;
  /** A media type in lower case, such as `text/plain`. */
  readonly type: string;
  /** In lower case; `null` means that none was given. */
  readonly charset: string | null;
  /** In lower case, such as `inline` or `attachment`; `null` means that none was given. */
  readonly disposition: string | null;
  /** One component of a path, never `.` or `..`; `null` means that no usable one was given. */
  readonly fileName: string | null;
  /** In lower case, such as `base64`. */
  readonly encoding: string;
  /** The header as it came, with its blank line; `parseHeader` reads it. */
  readonly headers: Uint8Array;
}

/** A part before it is known whether it is a leaf: `boundary`, in bytes as characters, is `null` if it is. */
export interface DescribedPart extends Omit<PartHeader, "index" | "alternative" | "isWhole"> {
  readonly boundary: string | null;
}

/** Describes a part by its header; what is missing or invalid gets the default of RFC 2045 5.2. */
export function describePart(headers: Uint8Array, defaultType: string): DescribedPart {
  const header = parseHeader(headers);
  const contentType = parseParameters(header.getStructured("content-type") ?? "");
  const disposition = parseParameters(header.getStructured("content-disposition") ?? "");
  const rawType = readContentType(header, defaultType);
  const charset = firstToken(contentType.parameters.get("charset") ?? "").toLowerCase();
  const encoding = firstToken(header.getStructured("content-transfer-encoding") ?? "");
  return {
    type: `${rawType.type}/${rawType.subtype}`.toLowerCase(),
    charset: charset === "" ? null : charset,
    disposition: disposition.value === "" ? null : disposition.value,
    fileName: readFileName(disposition, "filename") ?? readFileName(contentType, "name"),
    encoding: encoding === "" ? "7bit" : encoding.toLowerCase(),
    headers,
    boundary: boundaryOf(rawType),
  };
}

function readFileName(field: Parameterized, parameter: string): string | null {
  const name = field.parameters.get(parameter);
  if (name === undefined) return null;
  // RFC 2047 5 forbids encoded words here; many senders write them.
  return cleanFileName(field.extended.has(parameter) ? name : decodeWords(name));
}
