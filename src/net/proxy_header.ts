/**
 * The header by which a forwarder tells from where a connection came to it: the PROXY protocol of HAProxy, versions 1
 * (text) and 2 (bytes). https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt
 */
import { utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { formatIpAddress, parseIpAddress } from "./ip_address.ts";

/** Section 2.1: a line is no longer, with its CRLF. */
export const maxLineBytes = 107;
/** Section 2.2: what a sender keeps to, so that the header is in the first segment. */
export const maxBinaryBytes = 536;

const signature = Uint8Array.fromHex("0d0a0d0a000d0a515549540a");
const fixedBytes = 16;
const lineStart = utf8("PROXY ");
/** `PROXY UNKNOWN` and its CRLF. */
const leastLineBytes = 15;
/** The first letter of UNKNOWN. */
const unknown = 85;
const carriageReturn = 13;
const lineFeed = 10;
const space = 32;

/** A whole header. */
export interface ProxyHeader {
  /** The client's IP address; null: the forwarder speaks for itself, or does not know. */
  readonly source: string | null;
}

/**
 * Parses what has come of a header. A number: so many more bytes belong to it at least, so that who reads just these
 * never reads what comes behind it. @throws {MailError} `protocol` for what is none, or too long
 */
export function parseProxyHeader(bytes: Uint8Array): ProxyHeader | number {
  const start = bytes[0] === signature[0] ? signature : lineStart;
  const common = Math.min(bytes.length, start.length);
  for (let at = 0; at < common; at++) {
    if (bytes[at] !== start[at]) throw badProxyHeader("it is missing");
  }
  return start === signature ? parseBinary(bytes) : parseLine(bytes);
}

function parseBinary(bytes: Uint8Array): ProxyHeader | number {
  if (bytes.length < fixedBytes) return fixedBytes - bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = fixedBytes + view.getUint16(14);
  if (length > maxBinaryBytes) throw badProxyHeader("it is too long");
  const [command, family, protocol] = [bytes[12]!, bytes[13]! >> 4, bytes[13]! & 15];
  if (command >> 4 !== 2 || (command & 15) > 1) throw badProxyHeader("its command is unknown");
  const isForItself = (command & 15) === 0;
  if (!isForItself && (family > 3 || protocol > 2)) throw badProxyHeader("its family is unknown");
  // UNSPEC, UNIX and datagrams tell of no peer on the Internet.
  const addressBytes = protocol === 1 ? [0, 4, 16, 0][family]! : 0;
  const needed = isForItself || addressBytes === 0 ? 0 : 2 * addressBytes + 4;
  if (length < fixedBytes + needed) throw badProxyHeader("it has no address");
  if (bytes.length < length) return length - bytes.length;
  if (needed === 0) return { source: null };
  return { source: formatIpAddress(bytes.slice(fixedBytes, fixedBytes + addressBytes)) };
}

function parseLine(bytes: Uint8Array): ProxyHeader | number {
  const end = bytes.indexOf(lineFeed);
  if ((end < 0 ? bytes.length : end + 1) > maxLineBytes) throw badProxyHeader("it is too long");
  if (end < 0) return missingOfLine(bytes);
  if (bytes[end - 1] !== carriageReturn) throw badProxyHeader("its line has no end");
  return parseWords(new TextDecoder("latin1").decode(bytes.subarray(0, end - 1)));
}

/** Each word that is still to come is a space and a character at least. */
function missingOfLine(bytes: Uint8Array): number {
  if (bytes.length < leastLineBytes) return leastLineBytes - bytes.length;
  if (bytes.at(-1) === carriageReturn) return 1;
  if (bytes[lineStart.length] === unknown) return 2;
  const spaces = bytes.reduce((count, byte) => count + (byte === space ? 1 : 0), 0);
  return 2 + 2 * Math.max(0, 5 - spaces);
}

function parseWords(line: string): ProxyHeader {
  const [, family = "", ...words] = line.split(" ");
  if (family === "UNKNOWN") return { source: null };
  const addresses = words.slice(0, 2).map((word) => parseAddress(family, word));
  const ports = words.slice(2);
  if (words.length !== 4 || !ports.every(isPort)) throw badProxyHeader("its line is wrong");
  return { source: formatIpAddress(addresses[0]!) };
}

function parseAddress(family: string, text: string): Uint8Array {
  const isFamily = family === (text.includes(":") ? "TCP6" : "TCP4");
  const address = isFamily ? parseIpAddress(text) : null;
  if (address === null) throw badProxyHeader("its address is wrong");
  return address;
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535;
}

export function badProxyHeader(reason: string): MailError {
  return new MailError("protocol", `Cannot accept the PROXY header: ${reason}`);
}
