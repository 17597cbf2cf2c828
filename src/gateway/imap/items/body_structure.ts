/** BODY and BODYSTRUCTURE: RFC 9051 7.5.2. */
import type { RawParameter } from "../../../mime/header/raw_parameters.ts";
import type { MimeDisposition, MimeStructure } from "../../../mime/structure.ts";
import { quote, quoteOrNil } from "../writer.ts";
import { formatEnvelope } from "./envelope.ts";

export interface BodyForm {
  /** BODYSTRUCTURE; false: BODY, which ends before the extension data. */
  readonly isExtended: boolean;
  /** As `quote` has it; IMAP4rev2 has an envelope in message/global, too. */
  readonly isUtf8: boolean;
}

/** Writes the structure of a message, in bytes as characters. */
export function formatBodyStructure(part: MimeStructure, form: BodyForm): string {
  const fields = part.parts.length > 0 ? multipartFields(part, form) : singleFields(part, form);
  return `(${fields.join(" ")})`;
}

function multipartFields(part: MimeStructure, form: BodyForm): string[] {
  const parts = part.parts.map((each) => formatBodyStructure(each, form)).join("");
  const fields = [parts, quote(part.subtype, form.isUtf8)];
  if (!form.isExtended) return fields;
  return [...fields, formatParameters(part.parameters, form), ...lastFields(part, form)];
}

function singleFields(part: MimeStructure, form: BodyForm): string[] {
  const { isUtf8 } = form;
  const [type, subtype] = toldType(part);
  const fields = [
    quote(type, isUtf8),
    quote(subtype, isUtf8),
    formatParameters(toldParameters(part), form),
    quoteOrNil(part.id, isUtf8),
    quoteOrNil(part.description, isUtf8),
    quote(part.encoding, isUtf8),
    String(part.content.to - part.content.from),
    ...messageFields(part, form),
  ];
  if (!form.isExtended) return fields;
  return [...fields, quoteOrNil(part.md5, isUtf8), ...lastFields(part, form)];
}

/** RFC 9051 9: multiparts have parts, and message/rfc822 an envelope; one that was not looked into is no more than bytes. */
function toldType({ type, subtype, message }: MimeStructure): readonly [string, string] {
  const isClosed = message === null &&
    /^(?:message\/rfc822|multipart\/.*)$/i.test(`${type}/${subtype}`);
  return isClosed ? ["application", "octet-stream"] : [type, subtype];
}

/** Text without a charset has that of RFC 2046 4.1.2. */
function toldParameters({ type, parameters }: MimeStructure): readonly RawParameter[] {
  const isTold = !isText(type) || parameters.some(({ name }) => /^charset\*?$/i.test(name));
  return isTold ? parameters : [...parameters, { name: "charset", value: "us-ascii" }];
}

/** What only a message and text have. */
function messageFields(part: MimeStructure, form: BodyForm): string[] {
  const { type, subtype, message, lines } = part;
  // RFC 3501 knows message/global as any other type.
  if (message !== null && (form.isUtf8 || !/^global$/i.test(subtype))) {
    const envelope = formatEnvelope(message.envelopeFields ?? new Uint8Array(), form.isUtf8);
    return [envelope, formatBodyStructure(message, form), String(lines)];
  }
  return isText(type) ? [String(lines)] : [];
}

function isText(type: string): boolean {
  return /^text$/i.test(type);
}

function lastFields(part: MimeStructure, form: BodyForm): string[] {
  const { disposition, languages, location } = part;
  return [
    formatDisposition(disposition, form),
    formatLanguages(languages, form),
    quoteOrNil(location, form.isUtf8),
  ];
}

function formatDisposition(disposition: MimeDisposition | null, form: BodyForm): string {
  if (disposition === null) return "NIL";
  const parameters = formatParameters(disposition.parameters, form);
  return `(${quote(disposition.type, form.isUtf8)} ${parameters})`;
}

function formatLanguages(languages: readonly string[], { isUtf8 }: BodyForm): string {
  if (languages.length === 0) return "NIL";
  return `(${languages.map((language) => quote(language, isUtf8)).join(" ")})`;
}

function formatParameters(parameters: readonly RawParameter[], { isUtf8 }: BodyForm): string {
  if (parameters.length === 0) return "NIL";
  const written = parameters.map(({ name, value }) =>
    `${quote(name, isUtf8)} ${quote(value, isUtf8)}`
  );
  return `(${written.join(" ")})`;
}
