/** TLS certificates: made when an operator brings none, and read as far as clients compare them. */
import type { Bytes } from "../model/bytes.ts";
import { asCertificateDigest, type CertificateDigest } from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import { sha256 } from "./fingerprint.ts";

export interface CertificateNames {
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
}

/** A certificate or chain, and its private key: both PEM. */
export interface TlsCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 24 * 3600 * 1000;
const validDays = 3650;
/** Made anew when this near to its end. */
const renewalDays = 90;
/** Certificates that are kept in a file of ours, the one of now among them. */
const maxKept = 4;

/** Makes a self-signed certificate, ECDSA P-256. `now`: milliseconds since 1970. */
export async function makeCertificate(
  names: CertificateNames,
  now: number,
): Promise<TlsCertificate> {
  await import("reflect-metadata"); // x509 stands on it
  const x509 = await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${names.hosts[0] ?? "mailctl"}`,
    notBefore: new Date(now - dayMs), // clocks differ
    notAfter: new Date(now + validDays * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true), // else rustls takes it for an authority
      new x509.SubjectAlternativeNameExtension([
        ...names.hosts.map((value) => ({ type: "dns" as const, value })),
        ...names.addresses.map((value) => ({ type: "ip" as const, value })),
      ]),
    ],
  });
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    certificate: encodePem("CERTIFICATE", new Uint8Array(certificate.rawData)),
    privateKey: encodePem("PRIVATE KEY", key),
  };
}

/**
 * Takes the text of a file of ours, certificates each with its private key, and returns it with one that serves first:
 * as it is, with another one of it, or with a new one. A clock that was wrong for one start takes no certificate away that
 * devices trust: of those that serve the one that was made latest does, and a clock that is behind makes an earlier one.
 * @throws {MailError} `configuration` for a text that is damaged
 */
export async function withServing(
  text: string | null,
  names: CertificateNames,
  now: number,
): Promise<string> {
  const pairs = text === null ? [] : pairsOf(text);
  let best: { readonly pair: string; readonly from: number } | null = null;
  for (const pair of pairs) {
    const { from } = await validityOf(pair).catch(damaged);
    if (from > (best?.from ?? -Infinity) && await certificateServes(pair, names, now)) {
      best = { pair, from };
    }
  }
  if (best !== null) {
    const { pair } = best;
    return pair === pairs[0] ? text! : keptText([pair, ...pairs.filter((one) => one !== pair)]);
  }
  const { certificate, privateKey } = await makeCertificate(names, now);
  return keptText([certificate + privateKey, ...pairs]);
}

function damaged(cause: unknown): never {
  throw new MailError("configuration", "Cannot read a certificate: it is damaged", { cause });
}

function keptText(pairs: readonly string[]): string {
  return pairs.slice(0, maxKept).join("");
}

function pairsOf(text: string): string[] {
  pemBlock("CERTIFICATE", text); // a file without any is damaged
  const keys = pemBlocks("PRIVATE KEY", text);
  return pemBlocks("CERTIFICATE", text).map((certificate, at) => {
    return certificate + pemBlock("PRIVATE KEY", keys[at] ?? "");
  });
}

/** True while a certificate of ours lasts and bears all the names. */
export async function certificateServes(
  certificate: string,
  names: CertificateNames,
  now: number,
): Promise<boolean> {
  const { X509Certificate } = await import("node:crypto");
  const read = new X509Certificate(certificate);
  return Date.parse(read.validFrom) - now <= dayMs &&
    Date.parse(read.validTo) - now > renewalDays * dayMs &&
    names.hosts.every((host) => read.checkHost(host) !== undefined) &&
    names.addresses.every((address) => read.checkIP(address) !== undefined);
}

/** Reads when a certificate is valid, in milliseconds since 1970. */
export async function validityOf(
  certificate: string,
): Promise<{ readonly from: number; readonly until: number }> {
  const { X509Certificate } = await import("node:crypto");
  const { validFrom, validTo } = new X509Certificate(certificate);
  return { from: Date.parse(validFrom), until: Date.parse(validTo) };
}

/** Why a certificate and a key cannot serve. */
export type PairFault =
  | "no certificate"
  | "no key"
  | "encrypted key"
  | "another key"
  | "unusable key";

/** Looks for what would fail at every handshake, since the runtime takes any pair; null: nothing. */
export async function pairFault(
  { certificate, privateKey }: TlsCertificate,
): Promise<PairFault | null> {
  if (/ENCRYPTED/.test(privateKey)) return "encrypted key"; // PKCS #8, and RFC 1421 4.6.1.1
  const { createPrivateKey, X509Certificate } = await import("node:crypto");
  const key = attempt(() => createPrivateKey(privateKey));
  if (key === null) return "no key";
  const first = attempt(() => new X509Certificate(certificate));
  if (first === null) return "no certificate";
  if (!first.checkPrivateKey(key)) return "another key";
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      return modulusLength >= 2048 ? null : "unusable key";
    case "ec":
      return /^(prime256v1|secp384r1|secp521r1)$|^P-/.test(namedCurve ?? "")
        ? null
        : "unusable key";
    default:
      return key.asymmetricKeyType === "ed25519" ? null : "unusable key";
  }
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** SHA-256 of the first certificate (DER), as tls-server-end-point has it for SHA-256 signatures: RFC 5929 4.1. */
export async function certificateDigest(certificate: string): Promise<CertificateDigest> {
  return asCertificateDigest(await sha256(decodePem("CERTIFICATE", certificate)));
}

/** Encodes bytes as one PEM block: RFC 7468. */
export function encodePem(label: string, bytes: Bytes): string {
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** Decodes the first PEM block of this label. @throws {MailError} `configuration` where there is none. */
export function decodePem(label: string, text: string): Bytes {
  const block = pemBlock(label, text);
  try {
    return Uint8Array.fromBase64(block.replace(/-----[^-]+-----/g, ""));
  } catch (cause) {
    throw new MailError("configuration", `Cannot read a PEM block "${label}"`, { cause });
  }
}

/** Finds the first PEM block of this label, with its borders. @throws {MailError} `configuration` */
export function pemBlock(label: string, text: string): string {
  const [found] = pemBlocks(label, text);
  if (found !== undefined) return found;
  throw new MailError("configuration", `Cannot find a PEM block "${label}"`);
}

function pemBlocks(label: string, text: string): string[] {
  const block = new RegExp(`-----BEGIN ${label}-----[^-]*-----END ${label}-----`, "g");
  return [...text.matchAll(block)].map(([found]) => `${found}\n`);
}
