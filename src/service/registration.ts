/** What a new account is made of, and what is refused of it. */
import { verifyPublishedKeys } from "../crypto/account/identity.ts";
import type { PasswordParameters } from "../model/account.ts";
import { type AccountName, parseName } from "../model/address.ts";
import { reservedNames } from "../model/bounce.ts";
import type { LoginKey } from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import { addressGroup, isLocal } from "./client_address.ts";
import { checkParameters } from "./password_parameters.ts";
import type { Bucket } from "./rate_limit.ts";

/** Public keys with the account's own signature on them. */
export interface SignedKeys {
  readonly signingKey: Uint8Array;
  readonly recipient: string;
  readonly signature: Uint8Array;
}

export interface NewRegistration {
  readonly name: AccountName;
  readonly parameters: PasswordParameters;
  readonly loginKey: LoginKey;
  readonly keys: SignedKeys;
  readonly sealedKeys: Uint8Array;
}

/** Who sets a password, and says to hold it: as in a login. */
export interface NewLogin {
  readonly name: AccountName;
  readonly loginKey: LoginKey;
  readonly loginSignature: Uint8Array;
}

/** @throws {MailError} `malformed`; `name_taken` for a name that is the server's */
export async function checkRegistration(
  { name, parameters, keys }: NewRegistration,
  domain: string,
): Promise<void> {
  if (parseName(name) !== name) {
    throw new MailError("malformed", `Cannot register a name that is not in its folded form`);
  }
  refuseReserved(name);
  checkParameters(parameters);
  if (await verifyPublishedKeys(name, domain, keys)) return;
  throw new MailError("malformed", "Cannot register: the signature on the keys is wrong");
}

/** @throws {MailError} `name_taken` */
export function refuseReserved(name: AccountName): void {
  if (!reservedNames.has(name)) return;
  throw new MailError("name_taken", `Cannot create ${name}: the name is reserved for the server`);
}

/** What counts registrations without an invite. */
export function registrationBucket(address: string): Bucket {
  return {
    rate: isLocal(address) ? "registrationByMachine" : "registrationByAddress",
    key: addressGroup(address),
  };
}
