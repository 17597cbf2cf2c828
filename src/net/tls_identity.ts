/** What a server shows of itself over TLS, made ready for connections. */
import tls from "node:tls";
import type { CertificateDigest } from "../model/digests.ts";
import { MailError } from "../model/errors.ts";

/** What a listener shows of itself. */
export interface ShownCertificate {
  /** The certificate, or a chain that begins with it, and its key: PEM. */
  readonly certificate: string;
  readonly privateKey: string;
  /** SHA-256 of the certificate (DER). */
  readonly certificateDigest: CertificateDigest;
}

/** What every connection of one listener shares. */
export interface TlsIdentity {
  readonly context: tls.SecureContext;
  readonly certificateDigest: CertificateDigest;
}

/** Makes a certificate ready. @throws {MailError} `configuration` for one that does not go with its key */
export function tlsIdentity(
  { certificate, privateKey, certificateDigest }: ShownCertificate,
  minVersion: "TLSv1.2" | "TLSv1.3",
): TlsIdentity {
  try {
    const context = tls.createSecureContext({ cert: certificate, key: privateKey, minVersion });
    return { context, certificateDigest };
  } catch (cause) {
    throw new MailError("configuration", "Cannot use the TLS certificate with its key", { cause });
  }
}
