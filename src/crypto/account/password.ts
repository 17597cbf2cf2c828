/** From a password to its two keys: SECURITY "Accounts", WIRE.md 7.3. */
import { passwordCeiling, passwordFloor, type PasswordParameters } from "../../model/account.ts";
import { type Bytes, plain, randomBytes, utf8 } from "../../model/bytes.ts";
import {
  asLoginSeed,
  asWrappingKey,
  type LoginSeed,
  type WrappingKey,
} from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { deriveKeys } from "../derive.ts";

export interface PasswordKeys {
  /** Signs who is there, and never leaves the client; 32 bytes. */
  readonly loginSeed: LoginSeed;
  /** Opens the account's secret keys and never leaves the client; 32 bytes. */
  readonly wrappingKey: WrappingKey;
}

/** Makes parameters for a new password: a fresh salt at the floor. */
export function newPasswordParameters(): PasswordParameters {
  return { salt: randomBytes(16), ...passwordFloor };
}

/** True where a client may use the parameters, and a server keep them: neither too cheap to guess nor too dear to compute. */
export function acceptable({ memoryKiB, passes }: PasswordParameters): boolean {
  return memoryKiB >= passwordFloor.memoryKiB && memoryKiB <= passwordCeiling.memoryKiB &&
    passes >= passwordFloor.passes && passes <= passwordCeiling.passes;
}

/**
 * Derives the keys of a password: Argon2id (RFC 9106, 1 lane), then HKDF-SHA-256. Takes 150 ms and more.
 * @throws {MailError} `protocol` for parameters that a client must not accept.
 */
export async function derivePasswordKeys(
  password: string,
  parameters: PasswordParameters,
): Promise<PasswordKeys> {
  if (!acceptable(parameters)) {
    const { memoryKiB, passes } = parameters;
    throw new MailError(
      "protocol",
      `Cannot accept password parameters of ${memoryKiB} KiB and ${passes} passes`,
    );
  }
  const stretched = await argon2id(utf8(password.normalize("NFC")), parameters);
  const [loginSeed, wrappingKey] = await deriveKeys(new Uint8Array(stretched), [
    "mailctl login seed v2",
    "mailctl wrapping key v1",
  ]);
  return { loginSeed: asLoginSeed(loginSeed!), wrappingKey: asWrappingKey(wrappingKey!) };
}

async function argon2id(password: Bytes, parameters: PasswordParameters): Promise<ArrayBuffer> {
  const name = "Argon2id";
  const key = await crypto.subtle.importKey("raw-secret" as "raw", password, name, false, [
    "deriveBits",
  ]);
  const algorithm = {
    name,
    nonce: plain(parameters.salt),
    memory: parameters.memoryKiB,
    passes: parameters.passes,
    parallelism: 1,
  };
  return await crypto.subtle.deriveBits(algorithm, key, 256);
}
