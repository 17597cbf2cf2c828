/** What a server that takes a message for good writes in front of it: RFC 5321 4.4. */
import { foldField } from "../../mime/header/field.ts";
import { type Bytes, utf8 } from "../../model/bytes.ts";
import type { SmtpEnvelope, SmtpPeer } from "../smtp/policy.ts";

export interface Trace {
  readonly peer: SmtpPeer;
  readonly envelope: SmtpEnvelope;
  /** What the server calls itself. */
  readonly hostname: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** False: the message has no From, or an empty one. */
  readonly hasAuthor: boolean;
}

/** Formats Return-Path and Received, and From where MAIL FROM has to stand in for it. Several recipients are not named: some may be hidden from others. */
export function formatTrace({ peer, envelope, hostname, at, hasAuthor }: Trace): Bytes {
  const { sender, recipients } = envelope;
  const [recipient = ""] = recipients;
  const whom = recipients.length === 1 ? ` for <${clean(recipient)}>` : "";
  const words = [
    `from ${clean(peer.helo ?? "unknown")} (${literal(peer.remoteAddress)})`,
    `by ${hostname} with ${peer.protocol}`,
    `id ${peer.id}${whom};`,
    new Date(at).toUTCString().replace("GMT", "+0000"),
  ];
  const from = hasAuthor || sender === "" ? "" : `From: <${clean(sender)}>\r\n`;
  return utf8(`Return-Path: <${clean(sender)}>\r\n${foldField("Received", words)}${from}`);
}

/** RFC 5321 4.1.3 */
function literal(address: string): string {
  const bare = clean(address.replace(/%.*$/, ""));
  return bare.includes(":") ? `[IPv6:${bare}]` : `[${bare}]`;
}

/** What others chose keeps no character that means something in a header. */
function clean(text: string): string {
  return text.slice(0, 320).replace(/[\s\p{C}()<>\\";]/gu, "?");
}
