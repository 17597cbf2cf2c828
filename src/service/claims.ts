/** What somebody says to be, and where they say it: each claim is a signature over the session. WIRE.md 7.3, 7.4. */
import type { Proof } from "../crypto/account/login_proof.ts";
import type { AccountName } from "../model/address.ts";
import type { Account } from "../store/account_store.ts";
import type { Actor } from "../store/store.ts";
import type { Device } from "../store/device_store.ts";
import type { LoginKey, RecoveryKey, Transcript } from "../model/digests.ts";

/** Where a request comes from. */
export interface SessionOrigin {
  readonly address: string;
  /** Of the session, which claims sign. */
  transcript(): Transcript;
}

/** Who says to hold the password of an account. */
export interface LoginClaim extends Proof<LoginKey> {
  readonly name: AccountName;
}

/** Who was let in, and how. */
export interface Entrance {
  readonly account: Account & Actor;
  /** Null: by the password. */
  readonly device: Device | null;
}

/** Who says to hold the recovery code of an account. */
export interface RecoveryClaim extends Proof<RecoveryKey> {
  readonly name: AccountName;
}
