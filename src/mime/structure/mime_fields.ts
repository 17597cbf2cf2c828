/** What the header of a part says of it, for FETCH: RFC 2045, RFC 2183, RFC 3282, RFC 2557. */
import { type Header, parseHeader } from "../header/header.ts";
import { boundaryOf, readContentType } from "../header/content_type.ts";
import { FieldReader } from "../header/field_reader.ts";
import { readParameters } from "../header/raw_parameters.ts";
import type { MimeDisposition, MimeFields } from "../structure.ts";

export interface DescribedFields extends MimeFields {
  /** As `boundaryOf` has it. */
  readonly boundary: string | null;
}

/** Describes a part by its header; `defaultType` as `readContentType` has it. */
export function describeFields(headers: Uint8Array, defaultType: string): DescribedFields {
  const header = parseHeader(headers);
  const contentType = readContentType(header, defaultType);
  return {
    ...contentType,
    id: header.getBytes("content-id"),
    description: header.getBytes("content-description"),
    encoding: encodingOf(header),
    md5: header.getBytes("content-md5"),
    disposition: dispositionOf(header),
    languages: languagesOf(header),
    location: header.getBytes("content-location"),
    boundary: boundaryOf(contentType),
  };
}

function dispositionOf(header: Header): MimeDisposition | null {
  const reader = readerOf(header, "content-disposition");
  const type = reader?.token() ?? "";
  return reader === null || type === "" ? null : { type, parameters: readParameters(reader) };
}

function encodingOf(header: Header): string {
  const encoding = readerOf(header, "content-transfer-encoding")?.token() ?? "";
  return encoding === "" ? "7bit" : encoding;
}

function languagesOf(header: Header): string[] {
  const reader = readerOf(header, "content-language");
  const languages: string[] = [];
  while (reader !== null && !reader.isAtEnd) {
    const language = reader.token();
    if (language !== "") languages.push(language);
    reader.skipTo(",");
    reader.skip(",");
    reader.skipBlanks();
  }
  return languages;
}

function readerOf(header: Header, name: string): FieldReader | null {
  const text = header.getBytes(name);
  if (text === null) return null;
  const reader = new FieldReader(text);
  reader.skipBlanks();
  return reader;
}
