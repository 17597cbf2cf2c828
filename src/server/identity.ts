/** Who the server is: its RSA key, and the TLS certificate it shows. Both live in the key folder. */
import {
  certificateDigest,
  type CertificateNames,
  certificateServes,
  decodePem,
  encodePem,
  makeCertificate,
  pemBlock,
  type TlsCertificate,
} from "../crypto/certificate.ts";
import { sha256 } from "../crypto/fingerprint.ts";
import type { ServerKey } from "../crypto/handshake.ts";
import { type Bytes, plain } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { Gate } from "./gate.ts";
import { KeyFolder } from "./key_folder.ts";

export interface ServerIdentity {
  readonly key: ServerKey;
  /** SHA-256 of the RSA key (DER SubjectPublicKeyInfo): what clients pin. */
  readonly fingerprint: Uint8Array;
  readonly tls: TlsCertificate;
  /** SHA-256 of the TLS certificate (DER). */
  readonly certificateDigest: Uint8Array;
}

export interface IdentityOptions {
  readonly folder: string;
  /** What a certificate of our own is made out to. */
  readonly names: CertificateNames;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What a certificate of a server is made out to: its domain, where it listens, and the machine itself. */
export function certificateNames(domain: string, hostname: string): CertificateNames {
  const isAddress = hostname.includes(":") || /^[\d.]+$/.test(hostname);
  const everywhere = hostname === "0.0.0.0" || hostname === "::";
  return {
    hosts: unique([domain, "localhost", ...isAddress ? [] : [hostname]]),
    addresses: unique(["127.0.0.1", "::1", ...isAddress && !everywhere ? [hostname] : []]),
  };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

const keyFile = "server.key";
const ownCertificateFile = "self_signed.pem";
const modulusBits = 3072;
const rsa = { name: "RSA-OAEP", hash: "SHA-256" } as const;

/** Reads the server's keys; makes those that are missing. @throws {MailError} `configuration` */
export async function openIdentity(options: IdentityOptions): Promise<ServerIdentity> {
  const folder = await KeyFolder.open(options.folder);
  const [key, tls] = [await openKey(folder), await openCertificate(folder, options)];
  return {
    key,
    fingerprint: await sha256(key.spki),
    tls,
    certificateDigest: await certificateDigest(tls.certificate),
  };
}

async function openKey(folder: KeyFolder): Promise<ServerKey> {
  let text = await folder.read(keyFile);
  if (text === null) {
    await folder.create(keyFile, await makeKey());
    text = (await folder.read(keyFile))!; // of whoever was first
  }
  try {
    return await loadKey(decodePem("PRIVATE KEY", text));
  } catch (cause) {
    throw new MailError("configuration", `Cannot use ${folder.path}/${keyFile}: not an RSA key`, {
      cause,
      hint: `It has to be PKCS#8 PEM, RSA of ${modulusBits} bits or more`,
    });
  }
}

async function makeKey(): Promise<string> {
  const made = await crypto.subtle.generateKey(
    { ...rsa, modulusLength: modulusBits, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["encrypt", "decrypt"],
  );
  const der = await crypto.subtle.exportKey("pkcs8", made.privateKey);
  return encodePem("PRIVATE KEY", new Uint8Array(der));
}

/**
 * One decryption takes 3 ms of one core, on the runtime's own threads. Letting in as many as there are cores keeps
 * the event loop fair: with 100 handshakes at once its longest pause was 14 ms, instead of 94.
 */
async function loadKey(der: Bytes): Promise<ServerKey> {
  const exportable = await crypto.subtle.importKey("pkcs8", der, rsa, true, ["decrypt"]);
  const { modulusLength } = exportable.algorithm as RsaHashedKeyAlgorithm;
  if (modulusLength < modulusBits) throw new Error(`RSA of ${modulusLength} bits is too short`);
  const key = await crypto.subtle.importKey("pkcs8", der, rsa, false, ["decrypt"]);
  const gate = new Gate(Math.max(1, navigator.hardwareConcurrency));
  return {
    spki: await publicHalf(exportable),
    decrypt: (ciphertext) =>
      gate.pass(() => crypto.subtle.decrypt(rsa.name, key, plain(ciphertext)))
        .then((secret) => new Uint8Array(secret), () => null),
  };
}

async function publicHalf(key: CryptoKey): Promise<Bytes> {
  const { n, e } = await crypto.subtle.exportKey("jwk", key);
  const jwk = { kty: "RSA", n: n!, e: e! };
  const half = await crypto.subtle.importKey("jwk", jwk, rsa, true, ["encrypt"]);
  return new Uint8Array(await crypto.subtle.exportKey("spki", half));
}

/** The operator's certificate where there is one, else our own: as it is, or made anew. */
async function openCertificate(
  folder: KeyFolder,
  { names, now }: IdentityOptions,
): Promise<TlsCertificate> {
  const certificate = await folder.readPublic("tls.crt");
  const privateKey = await folder.read("tls.key");
  if (certificate !== null && privateKey !== null) return { certificate, privateKey };
  if (certificate !== null || privateKey !== null) {
    throw new MailError(
      "configuration",
      `Cannot use ${folder.path}: tls.crt and tls.key go together`,
    );
  }
  const own = await folder.read(ownCertificateFile);
  if (own !== null && await certificateServes(pemBlock("CERTIFICATE", own), names, now)) {
    return split(own);
  }
  return await renewCertificate(folder, { names, now, exists: own !== null });
}

async function renewCertificate(
  folder: KeyFolder,
  { names, now, exists }: { names: CertificateNames; now: number; exists: boolean },
): Promise<TlsCertificate> {
  const { certificate, privateKey } = await makeCertificate(names, now);
  const text = certificate + privateKey; // one file: a certificate never meets another one's key
  if (exists) await folder.replace(ownCertificateFile, text);
  else await folder.create(ownCertificateFile, text);
  return split((await folder.read(ownCertificateFile))!);
}

function split(text: string): TlsCertificate {
  return {
    certificate: pemBlock("CERTIFICATE", text),
    privateKey: pemBlock("PRIVATE KEY", text),
  };
}
