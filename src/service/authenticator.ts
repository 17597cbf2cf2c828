/** How an account proves itself, and how a name that is nobody's looks the same. */
import { sha256 } from "../crypto/fingerprint.ts";
import { acceptable } from "../crypto/account/password.ts";
import { passwordCeiling, passwordFloor, type PasswordParameters } from "../model/account.ts";
import type { AccountName } from "../model/address.ts";
import { type Bytes, concatBytes, equalBytes, plain, randomBytes, utf8 } from "../model/bytes.ts";
import {
  asAuthenticationHash,
  type AuthenticationHash,
  type AuthenticationKey,
} from "../model/digests.ts";
import { MailError } from "../model/errors.ts";

const saltBytes = 16;

/** What the store keeps in the place of an authentication key. */
export async function authenticationHash(
  salt: Uint8Array,
  authenticationKey: AuthenticationKey,
): Promise<AuthenticationHash> {
  const proof = concatBytes([utf8("mailctl authentication v1\0"), salt, authenticationKey]);
  return asAuthenticationHash(await sha256(proof));
}

/** @throws {MailError} `malformed` outside the floor and the ceiling. */
export function checkParameters(parameters: PasswordParameters): void {
  if (acceptable(parameters)) return;
  const { memoryKiB, passes } = parameters;
  throw new MailError(
    "malformed",
    `Cannot accept password parameters of ${memoryKiB} KiB and ${passes} passes: the limits are ` +
      `${passwordFloor.memoryKiB} to ${passwordCeiling.memoryKiB} KiB and ` +
      `${passwordFloor.passes} to ${passwordCeiling.passes} passes`,
  );
}

/** What of an account a login looks at. */
interface Credentials {
  readonly parameters: PasswordParameters;
  readonly authenticationHash: AuthenticationHash;
}

/** Answers for every name, whether or not it is somebody's, along one path. */
export class Authenticator {
  readonly #key: Promise<CryptoKey>;
  /** The hash of a key that nobody has. */
  readonly #nobody = asAuthenticationHash(randomBytes(32));

  /** `secret`: the server's own, the same in every run, so that its answers are the same too. */
  constructor(secret: Uint8Array) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    this.#key = crypto.subtle.importKey("raw", plain(secret), algorithm, false, ["sign"]);
  }

  /** Tells an account's parameters, or those that a name without account seems to have. */
  async parameters(name: AccountName, account: Credentials | null): Promise<PasswordParameters> {
    const salt = await this.#seemingSalt(name);
    return account?.parameters ?? { salt, ...passwordFloor };
  }

  /** Checks a key against an account, or against none: then it is false after the same work. */
  async verify(
    name: AccountName,
    account: Credentials | null,
    authenticationKey: AuthenticationKey,
  ): Promise<boolean> {
    const { salt } = await this.parameters(name, account);
    const hash = await authenticationHash(salt, authenticationKey);
    const same = equalBytes(hash, account?.authenticationHash ?? this.#nobody);
    return same && account !== null;
  }

  async #seemingSalt(name: AccountName): Promise<Bytes> {
    const message = utf8(`mailctl seeming salt v1\0${name}`);
    const mac = await crypto.subtle.sign("HMAC", await this.#key, message);
    return new Uint8Array(mac, 0, saltBytes);
  }
}
