/** Which server: `host`, `host:port` or `[v6]:port`, and the fingerprint it must have where that is known. */
import { formatFingerprint, parseFingerprint } from "../../crypto/fingerprint.ts";
import { asServerFingerprint, type ServerFingerprint } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { formatHostPort } from "../../net/host_port.ts";

export const defaultPort = 4465;

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** Given with the address (`host:port#fingerprint`); null where the known servers decide. */
  readonly fingerprint: ServerFingerprint | null;
}

const asciiPlace = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/i;

/** As `asciiPlace`, in any script: an expression that costs half a millisecond to make. */
function matchPlace(place: string): RegExpExecArray | null {
  return /^(?:\[([0-9a-f:.]+)\]|([\p{L}\p{N}._-]+))(?::(\d{1,5}))?$/iu.exec(place);
}

/** Parses an address as settings, flags and arguments give it. @throws {MailError} `usage` */
export function parseServer(text: string): ServerAddress {
  const [place = "", digits] = splitOnce(text.trim(), "#");
  const match = asciiPlace.exec(place) ?? matchPlace(place);
  const port = Number(match?.[3] ?? defaultPort);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port < 1 || port > 65535) {
    throw new MailError(
      "usage",
      `Cannot use ${JSON.stringify(text)} as a server: it is not HOST:PORT`,
      {
        hint: "Write HOST, HOST:PORT or HOST:PORT#FINGERPRINT, with an IPv6 address in brackets.",
      },
    );
  }
  return {
    host: host.toLowerCase(),
    port,
    fingerprint: digits === undefined ? null : fingerprintOf(digits),
  };
}

/** Formats an address without its fingerprint: what known servers and logins go by. */
export function formatServer({ host, port }: ServerAddress): string {
  return formatHostPort(host, port);
}

/** Formats an address so that `parseServer` gives it back whole. */
export function formatTrusted(server: ServerAddress): string {
  const { fingerprint } = server;
  const digits = fingerprint === null ? "" : `#${formatFingerprint(fingerprint)}`;
  return formatServer(server) + digits;
}

function fingerprintOf(digits: string): ServerFingerprint {
  try {
    return asServerFingerprint(parseFingerprint(digits));
  } catch (cause) {
    throw new MailError(
      "usage",
      "Cannot use the server's fingerprint: it needs 64 hexadecimal digits",
      {
        cause,
      },
    );
  }
}

function splitOnce(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
