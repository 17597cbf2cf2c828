/** How a password becomes keys: what a server accepts, and what it tells of a name that is nobody's. */
import { acceptable } from "../crypto/account/password.ts";
import { HmacKey } from "../crypto/hmac.ts";
import { passwordCeiling, passwordFloor, type PasswordParameters } from "../model/account.ts";
import type { AccountName } from "../model/address.ts";
import { utf8 } from "../model/bytes.ts";
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
  readonly #key: HmacKey;

  /** `secret`: the server's own, the same in every run, so that its answers are the same too. */
  constructor(secret: Uint8Array) {
    this.#key = new HmacKey(secret);
  }

  async of(name: AccountName): Promise<PasswordParameters> {
    const mac = await this.#key.sign([utf8(`mailctl seeming salt v1\0${name}`)]);
    return { salt: mac.slice(0, saltBytes), ...passwordFloor };
  }
}
