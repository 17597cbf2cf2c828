/** SCRAM-SHA-256 (RFC 5802 3, RFC 7677): both sides prove that they know a password, and neither says it. */
import { type Bytes, equalBytes, plain, utf8 } from "../../model/bytes.ts";
import { sha256 } from "../fingerprint.ts";
import { hmacSha256 } from "../hmac.ts";

/** What a password becomes: 32 bytes each. */
export interface ScramKeys {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** Derives the keys. The password is ASCII: SASLprep leaves it as it is. */
export async function deriveScramKeys(
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<ScramKeys> {
  const raw = await crypto.subtle.importKey("raw", utf8(password), "PBKDF2", false, ["deriveBits"]);
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: plain(salt), iterations };
  const salted = new Uint8Array(await crypto.subtle.deriveBits(parameters, raw, 256));
  const storedKey = await sha256(await hmacSha256(salted, [utf8("Client Key")]));
  return { salt, iterations, storedKey, serverKey: await hmacSha256(salted, [utf8("Server Key")]) };
}

/** Checks the 32 bytes with which a client proves that it knows the password. */
export async function provesPassword(
  { storedKey }: ScramKeys,
  authMessage: string,
  proof: Uint8Array,
): Promise<boolean> {
  const signature = await hmacSha256(storedKey, [utf8(authMessage)]);
  const clientKey = signature.map((byte, at) => byte ^ proof[at]!);
  return equalBytes(await sha256(clientKey), storedKey);
}

/** Proves the same to the client: 32 bytes. */
export function signAsServer({ serverKey }: ScramKeys, authMessage: string): Promise<Bytes> {
  return hmacSha256(serverKey, [utf8(authMessage)]);
}
