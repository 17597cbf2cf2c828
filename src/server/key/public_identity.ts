/** The public half of a server's identity, read from its key folder and never made there. */
import { decodePem } from "../../crypto/certificate.ts";
import { serverFingerprint } from "../../crypto/fingerprint.ts";
import { isThere } from "../../files/folder.ts";
import type { Bytes } from "../../model/bytes.ts";
import type { ServerFingerprint } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { KeyFolder } from "./key_folder.ts";
import { ownCertificateFile } from "./identity.ts";
import { keyFile, readKey } from "./server_key.ts";

export interface PublicIdentity {
  /** SHA-256 of the RSA key: what clients pin. */
  readonly fingerprint: ServerFingerprint;
  /** The TLS certificate (DER) where it is the server's own; null for an operator's, which is known by its authority. */
  readonly certificate: Bytes | null;
}

/** Reads who the server of a key folder is. @throws {MailError} `configuration` where no server has run on it */
export async function readPublicIdentity(path: string): Promise<PublicIdentity> {
  const key = await isThere(path) ? await readKey(await KeyFolder.open(path), keyFile) : null;
  if (key === null) {
    throw new MailError("configuration", `Cannot find a server's key in ${path}`, {
      hint: "Run this command on the server's machine, with the --keys of `mailctl serve`.",
    });
  }
  const folder = await KeyFolder.open(path);
  const isOperators = await folder.readPublic("tls.crt") !== null;
  const own = isOperators ? null : await folder.read(ownCertificateFile);
  return {
    fingerprint: await serverFingerprint(key.spki),
    certificate: own === null ? null : decodePem("CERTIFICATE", own),
  };
}
