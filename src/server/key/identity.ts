/** Who the server is: its RSA key, and the TLS certificate it shows. Both live in the key folder. */
import {
  certificateDigest,
  type CertificateNames,
  type PairFault,
  pairFault,
  pemBlock,
  type TlsCertificate,
  withServing,
} from "../../crypto/certificate.ts";
import { serverFingerprint } from "../../crypto/fingerprint.ts";
import type { ServerKey } from "../../crypto/session/handshake.ts";
import type { CertificateDigest, ServerFingerprint } from "../../model/digests.ts";
import { type Hint, MailError } from "../../model/errors.ts";
import { bestEffort } from "../../model/promises.ts";
import type { ServerSuccession } from "../../wire/layouts.ts";
import type { Log } from "../log.ts";
import { KeyFolder } from "./key_folder.ts";
import { finishRotation, readSuccessions, rotateKey } from "./key_rotation.ts";
import { openKey } from "./server_key.ts";

export interface ServerIdentity {
  readonly key: ServerKey;
  /** SHA-256 of the RSA key (DER SubjectPublicKeyInfo): what clients pin. */
  readonly fingerprint: ServerFingerprint;
  readonly tls: TlsCertificate;
  /** SHA-256 of the TLS certificate (DER). */
  readonly certificateDigest: CertificateDigest;
  /** How the key came to be what it is, oldest first. */
  readonly successions: readonly ServerSuccession[];
}

export interface IdentityOptions {
  readonly folder: string;
  /** What a certificate of our own is made out to. */
  readonly names: CertificateNames;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Lets the key name a successor and retire. */
  readonly rotateKey?: boolean | undefined;
  /** Hears that the certificate of our own is another: devices may trust the one before. */
  readonly log?: Log | undefined;
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

/** Certificates of the server's own, the one of now first, and their keys: one file, so that they belong together. */
export const ownCertificateFile = "self_signed.pem";
/** The same certificate alone: what devices and mail programs may be given. */
const shownCertificateFile = "self_signed.crt";

/** Reads the server's keys; makes those that are missing. @throws {MailError} `configuration` */
export async function openIdentity(options: IdentityOptions): Promise<ServerIdentity> {
  const folder = await KeyFolder.open(options.folder);
  await finishRotation(folder);
  if (options.rotateKey) await rotateKey(folder, options.now);
  const [key, tls] = [await openKey(folder), await openCertificate(folder, options)];
  return {
    key,
    fingerprint: await serverFingerprint(key.spki),
    tls,
    certificateDigest: await certificateDigest(tls.certificate),
    successions: await readSuccessions(folder),
  };
}

/** Reads the certificate again, as an operator may have replaced it. @throws {MailError} `configuration` */
export async function reopenCertificate(
  options: IdentityOptions,
): Promise<Pick<ServerIdentity, "tls" | "certificateDigest">> {
  const tls = await openCertificate(await KeyFolder.open(options.folder), options);
  return { tls, certificateDigest: await certificateDigest(tls.certificate) };
}

/** The operator's certificate where there is one, else our own: as it is, an earlier one, or made anew. */
async function openCertificate(
  folder: KeyFolder,
  { names, now, log }: IdentityOptions,
): Promise<TlsCertificate> {
  const certificate = await folder.readPublic("tls.crt");
  const privateKey = await folder.read("tls.key");
  if (certificate !== null && privateKey !== null) {
    return await requireKey({ certificate, privateKey }, folder);
  }
  if (certificate !== null || privateKey !== null) {
    throw new MailError(
      "configuration",
      `Cannot use ${folder.path}: one of tls.crt and tls.key is missing`,
    );
  }
  const own = await folder.read(ownCertificateFile);
  const text = await withServing(own, names, now);
  if (own === null) await folder.create(ownCertificateFile, text);
  else if (text !== own) {
    await folder.replace(ownCertificateFile, text);
    log?.warning("certificate replaced", { file: `${folder.path}/${shownCertificateFile}` });
  }
  const tls = split(own === null ? (await folder.read(ownCertificateFile))! : text); // another server may be first
  await showCertificate(folder, tls.certificate);
  return tls;
}

/** Keeps the file without the key as it should be. A folder that cannot be written has to do without. */
async function showCertificate(folder: KeyFolder, certificate: string): Promise<void> {
  const there = await folder.readPublic(shownCertificateFile).catch(() => null);
  if (there === certificate) return;
  await bestEffort(folder.replace(shownCertificateFile, certificate));
}

/** @throws {MailError} `configuration`: the files may be replaced one after the other, and read in between */
async function requireKey(tls: TlsCertificate, { path }: KeyFolder): Promise<TlsCertificate> {
  const fault = await pairFault(tls);
  if (fault === null) return tls;
  const [reason, hint] = faults[fault];
  throw new MailError("configuration", `Cannot use ${path}: ${reason}`, { hint });
}

const faults: Readonly<Record<PairFault, readonly [reason: string, hint: Hint]>> = {
  "no certificate": [
    "tls.crt holds no certificate",
    "Put the server's certificate first in tls.crt, as PEM.",
  ],
  "no key": ["tls.key holds no private key", "Put its PEM block into tls.key."],
  "encrypted key": [
    "tls.key has a passphrase",
    "Run `openssl pkey -in tls.key -out plain.key` to write the key without it.",
  ],
  "another key": [
    "tls.key is not the key of tls.crt",
    "Replace both files; in tls.crt the server's own certificate comes first.",
  ],
  "unusable key": [
    "tls.key is of a kind that TLS clients do not take",
    "Use ECDSA (P-256, P-384, P-521), Ed25519, or RSA of 2,048 bits or more.",
  ],
};

function split(text: string): TlsCertificate {
  return {
    certificate: pemBlock("CERTIFICATE", text),
    privateKey: pemBlock("PRIVATE KEY", text),
  };
}
