/** The servers a person knows, one a line: `host:port fingerprint certificate`. Much as ssh keeps them. */
import { type Bytes, equalBytes } from "../../model/bytes.ts";
import { asServerFingerprint, type ServerFingerprint } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { formatFingerprint, parseFingerprint } from "../../crypto/fingerprint.ts";
import { readPrivateFile, updatePrivateFile } from "../state_file.ts";

export interface KnownServer {
  /** `host:port` */
  readonly address: string;
  /** Of the server's RSA key. */
  readonly fingerprint: ServerFingerprint;
  /** The TLS certificate (DER) it showed last, where that can be recognised before the session; else null. */
  readonly certificate: Bytes | null;
}

/** Finds a server; null where it is not known. */
export async function findServer(folder: string, address: string): Promise<KnownServer | null> {
  const known = await readAll(folder);
  return known.find((server) => server.address === address) ?? null;
}

/** The one server that is known; null where there are none, or several to choose from. */
export async function onlyServer(folder: string): Promise<KnownServer | null> {
  const known = await readAll(folder);
  return known.length === 1 ? known[0]! : null;
}

/** Notes a server in the place of what was noted for its address; comments and other lines stay. */
export async function noteServer(folder: string, server: KnownServer): Promise<void> {
  await updatePrivateFile(knownServersIn(folder), (text) => {
    parseAll(text ?? "", knownServersIn(folder)); // nothing is written over that is not understood
    const lines = (text ?? "").split(/(?<=\n)/);
    const others = lines.filter((line) => line.split(" ")[0] !== server.address);
    return others.join("") + formatKnownServer(server);
  });
}

/** True where both say the same. */
export function sameServer(a: KnownServer | null, b: KnownServer): boolean {
  if (a === null || !equalBytes(a.fingerprint, b.fingerprint)) return false;
  if (a.certificate === null || b.certificate === null) return a.certificate === b.certificate;
  return equalBytes(a.certificate, b.certificate);
}

async function readAll(folder: string): Promise<KnownServer[]> {
  return parseAll(await readPrivateFile(knownServersIn(folder)) ?? "", knownServersIn(folder));
}

function parseAll(text: string, path: string): KnownServer[] {
  return text.split("\n").flatMap((line, index) =>
    line === "" || line.startsWith("#") ? [] : [parseLine(line, `line ${index + 1} of ${path}`)]
  );
}

function parseLine(line: string, where: string): KnownServer {
  const [address, fingerprint, certificate] = line.split(" ");
  try {
    return {
      address: address!,
      fingerprint: asServerFingerprint(parseFingerprint(fingerprint!)),
      certificate: certificate ? Uint8Array.fromBase64(certificate) : null,
    };
  } catch (cause) {
    throw new MailError("configuration", `Cannot use ${where}: it is damaged`, {
      cause,
      hint: "Remove the line. If it was that of your server, give its fingerprint with --server.",
    });
  }
}

/** Formats a server as its line in the file. */
export function formatKnownServer({ address, fingerprint, certificate }: KnownServer): string {
  const words = [address, formatFingerprint(fingerprint), certificate?.toBase64() ?? ""];
  return `${words.join(" ").trimEnd()}\n`;
}

/** The path of the file in a state folder. */
export function knownServersIn(folder: string): string {
  return `${folder}/known_servers`;
}
