/** Content-Type as its bytes stand: RFC 2045 5.1. */
import { byteString } from "../byte_string.ts";
import { decodeEscapes } from "../escape.ts";
import { FieldReader } from "./field_reader.ts";
import type { Header } from "./header.ts";
import { type RawParameter, readParameters } from "./raw_parameters.ts";

/** All strings are bytes as characters, in their case. */
export interface ContentType {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: readonly RawParameter[];
}

/** Reads the type of a part; one that is missing or invalid is `defaultType` (RFC 2045 5.2), without parameters. */
export function readContentType(header: Header, defaultType: string): ContentType {
  const reader = new FieldReader(header.getBytes("content-type") ?? "");
  const [type, subtype] = readMediaType(reader) ?? defaultType.split("/") as [string, string];
  return { type, subtype, parameters: readParameters(reader) };
}

/** True also of one that cannot be divided. */
export function isMultipart({ type }: Pick<ContentType, "type">): boolean {
  return /^multipart$/i.test(type);
}

/** What divides a multipart; null: it is none, or cannot be divided. */
export function boundaryOf(contentType: ContentType): string | null {
  if (!isMultipart(contentType)) return null;
  const found = contentType.parameters.find(({ name }) => /^boundary\*?$/i.test(name));
  if (found === undefined) return null;
  const { name, value } = found;
  const isExtended = name.endsWith("*"); // RFC 2231 4: with a charset and a language before it
  const boundary = isExtended
    ? byteString(decodeEscapes(value.replace(/^[^']*'[^']*'/, ""), "%"))
    : value;
  return boundary.trimEnd() || null;
}

function readMediaType(reader: FieldReader): readonly [string, string] | null {
  reader.skipBlanks();
  const type = reader.token();
  reader.skipBlanks();
  const isDivided = reader.skip("/");
  reader.skipBlanks();
  const subtype = reader.token();
  const isValid = isLength(type) && isDivided && isLength(subtype) && !reader.skip("/");
  if (!isValid) reader.skipRest();
  return isValid ? [type, subtype] : null;
}

/** RFC 6838 4.2 */
function isLength(name: string): boolean {
  return name.length > 0 && name.length <= 127;
}
