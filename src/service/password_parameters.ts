/** How a password becomes keys: what a server accepts, and what it tells of a name that is nobody's. */
import { acceptable } from "../crypto/account/password.ts";
import { passwordCeiling, passwordFloor, type PasswordParameters } from "../model/account.ts";
import type { AccountName } from "../model/address.ts";
import { plain, utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";

const saltBytes = 16;

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

/** Parameters that names without account seem to have. */
export class SeemingParameters {
  readonly #key: Promise<CryptoKey>;

  /** `secret`: the server's own, the same in every run, so that its answers are the same too. */
  constructor(secret: Uint8Array) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    this.#key = crypto.subtle.importKey("raw", plain(secret), algorithm, false, ["sign"]);
  }

  async of(name: AccountName): Promise<PasswordParameters> {
    const message = utf8(`mailctl seeming salt v1\0${name}`);
    const mac = await crypto.subtle.sign("HMAC", await this.#key, message);
    return { salt: new Uint8Array(mac, 0, saltBytes), ...passwordFloor };
  }
}
