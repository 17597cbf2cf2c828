/** An authority for tests, as a system may believe one. */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { encodePem, type TlsCertificate } from "../../src/crypto/certificate.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const validity = { notBefore: new Date(Date.now() - 3600_000), notAfter: new Date(4e12) };
const yearMs = 365 * 86_400_000;

/** What Web Crypto makes a pair of keys by. */
export type KeyAlgorithmName = Algorithm | EcKeyGenParams | RsaHashedKeyGenParams;

export interface Authority {
  /** Its own certificate: PEM. */
  readonly certificate: string;
  /**
   * Vouches for hosts: names, or IP addresses. The key is ECDSA P-256 unless it is said. `from`: the begin of the year
   * for which it does, in milliseconds since 1970.
   */
  issue(
    hosts: string | readonly string[],
    keyAlgorithm?: KeyAlgorithmName,
    from?: number,
  ): Promise<TlsCertificate>;
}

export async function makeAuthority(name: string): Promise<Authority> {
  const keys = await makeKeys();
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...validity,
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    certificate: pem(own),
    async issue(hosts, keyAlgorithm = algorithm, from) {
      const leafKeys = await makeKeys(keyAlgorithm);
      const names = [hosts].flat().map((value) => {
        return { type: /^[\d.]+$|:/.test(value) ? "ip" : "dns", value } as const;
      });
      const times = from === undefined
        ? validity
        : { notBefore: new Date(from), notAfter: new Date(from + yearMs) };
      const leaf = await x509.X509CertificateGenerator.create({
        subject: `CN=${names[0]!.value}`,
        issuer: own.subject,
        ...times,
        signingAlgorithm: algorithm,
        publicKey: leafKeys.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.SubjectAlternativeNameExtension(names),
        ],
      });
      const pkcs8 = await crypto.subtle.exportKey("pkcs8", leafKeys.privateKey);
      return {
        certificate: pem(leaf),
        privateKey: encodePem("PRIVATE KEY", new Uint8Array(pkcs8)),
      };
    },
  };
}

async function makeKeys(of: KeyAlgorithmName = algorithm): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(of as EcKeyGenParams, true, ["sign", "verify"]);
}

function pem(certificate: x509.X509Certificate): string {
  return encodePem("CERTIFICATE", new Uint8Array(certificate.rawData));
}
