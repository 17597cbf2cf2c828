/** ENVELOPE: RFC 9051 7.5.2. */
import { type Header, parseHeader } from "../../../mime/header/header.ts";
import { quoteOrNil } from "../writer.ts";
import { type EnvelopeAddress, readEnvelopeAddresses } from "./envelope_addresses.ts";

/** What was written of headers, for as long as somebody has them: programs ask for it each time that they show a list. */
const written = {
  ascii: new WeakMap<Uint8Array, string>(),
  utf8: new WeakMap<Uint8Array, string>(),
};

/** Writes the envelope that a header has; `isUtf8` as `quote` has it. Bytes as characters. The header never changes. */
export function formatEnvelope(header: Uint8Array, isUtf8: boolean): string {
  const known = written[isUtf8 ? "utf8" : "ascii"];
  return known.getOrInsertComputed(header, (header) => writeEnvelope(header, isUtf8));
}

function writeEnvelope(headerBytes: Uint8Array, isUtf8: boolean): string {
  const header = parseHeader(headerBytes);
  const text = (name: string) => quoteOrNil(header.getBytes(name), isUtf8);
  const from = addressesOf(header, "from");
  // RFC 9051 7.5.2: without these two, or with empty ones, the author's.
  const orFrom = (name: string) => {
    const own = addressesOf(header, name);
    return own.length > 0 ? own : from;
  };
  const lists = [from, orFrom("sender"), orFrom("reply-to")]
    .concat(["to", "cc", "bcc"].map((name) => addressesOf(header, name)))
    .map((addresses) => formatAddresses(addresses, isUtf8));
  return `(${
    [text("date"), text("subject"), ...lists, text("in-reply-to"), text("message-id")].join(" ")
  })`;
}

function addressesOf(header: Header, name: string): EnvelopeAddress[] {
  return header.getAllBytes(name).flatMap(readEnvelopeAddresses);
}

function formatAddresses(addresses: readonly EnvelopeAddress[], isUtf8: boolean): string {
  if (addresses.length === 0) return "NIL";
  const each = addresses.map(({ name, route, mailbox, host }) =>
    `(${[name, route, mailbox, host].map((text) => quoteOrNil(text, isUtf8)).join(" ")})`
  );
  return `(${each.join("")})`;
}
