/** What the bridge keeps between runs, beside the saved logins: a password for mail programs, and its certificate. */
import { readPrivateFile, updatePrivateFile } from "../../client/state_file.ts";
import { secretWord } from "../../crypto/base32.ts";
import { certificateDigest, pemBlock, withServing } from "../../crypto/certificate.ts";
import type { Address } from "../../model/address.ts";
import { randomBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { type TlsIdentity, tlsIdentity } from "../../net/tls_identity.ts";

const passwordBytes = 16;
const names = { hosts: ["localhost"], addresses: ["127.0.0.1", "::1"] };

/** Finds the password of one account's bridge; makes it where there is none, or another one is wanted. */
export async function bridgePassword(
  folder: string,
  account: Address,
  { isNew }: { readonly isNew: boolean },
): Promise<string> {
  const path = `${folder}/bridge.json`;
  const made = secretWord(randomBytes(passwordBytes));
  let password = made;
  await updatePrivateFile(path, (text) => {
    const kept = parse(text, path);
    password = isNew ? made : kept[account] ?? made;
    return `${JSON.stringify({ ...kept, [account]: password }, null, 1)}\n`;
  });
  return password;
}

/**
 * Finds the certificate that the bridge shows; makes one where there is none that lasts. `path` names a file with the
 * certificate alone, for mail programs; its private key stands in another.
 */
export async function bridgeCertificate(
  folder: string,
  now: number,
): Promise<{ readonly path: string; readonly identity: TlsIdentity }> {
  const secret = `${folder}/bridge.pem`;
  const kept = await readPrivateFile(secret);
  const serving = await withServing(kept, names, now).catch(() => withServing(null, names, now));
  const text = serving === kept ? kept : await replace(secret, kept, serving);
  const [certificate, privateKey] = [pemBlock("CERTIFICATE", text), pemBlock("PRIVATE KEY", text)];
  const path = `${folder}/bridge.crt`;
  await updatePrivateFile(path, () => certificate);
  const shown = {
    certificate,
    privateKey,
    certificateDigest: await certificateDigest(certificate),
  };
  return { path, identity: tlsIdentity(shown, "TLSv1.2") };
}

/** Of two that start at once, the second takes what the first one made. */
async function replace(path: string, old: string | null, made: string): Promise<string> {
  let text = made; // one file: a certificate never meets another one's key
  await updatePrivateFile(path, (there) => text = there === null || there === old ? text : there);
  return text;
}

function parse(text: string | null, path: string): Record<string, string> {
  if (text === null) return {};
  try {
    const kept = JSON.parse(text) as Record<string, string>;
    if (Object.values(kept).every((value) => typeof value === "string")) return kept;
  } catch {
    // told below
  }
  throw new MailError("configuration", `Cannot read ${path}: it is damaged`, {
    hint: "Remove the file. The bridge makes a new password.",
  });
}
