/** The use cases that change how an account is entered. Each takes effect only on the account as its session knows it. */
import { accountFingerprint, sha256 } from "../crypto/fingerprint.ts";
import { verifyPublishedKeys } from "../crypto/account/identity.ts";
import { type Succession, verifySuccession } from "../crypto/account/succession.ts";
import type { PasswordParameters } from "../model/account.ts";
import { type AccountName, addressAt } from "../model/address.ts";
import { concatBytes, equalBytes, randomBytes, utf8 } from "../model/bytes.ts";
import {
  asRecoveryHash,
  type AuthenticationKey,
  type RecoveryHash,
  type RecoveryKey,
} from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import type { Account, StoredKeys } from "../store/account_store.ts";
import type { AccountChange, StoredLine, StoredPassword } from "../store/credential_store.ts";
import type { Store } from "../store/store.ts";
import type { Accounts, SignedKeys } from "./accounts.ts";
import { authenticationHash, checkParameters } from "./authenticator.ts";

/** A password's parameters, its key for the server, and the account's keys sealed under its other key. */
export interface NewPassword {
  readonly parameters: PasswordParameters;
  readonly newAuthenticationKey: AuthenticationKey;
  readonly sealedKeys: Uint8Array;
}

/** New keys, and the signatures of the old and the new on their being so. */
export interface KeysRotation {
  readonly authenticationKey: AuthenticationKey;
  readonly keys: SignedKeys;
  readonly succession: Succession;
  readonly sealedKeys: Uint8Array;
}

/** Who says to hold the recovery code of an account. */
export interface RecoveryClaim {
  readonly name: AccountName;
  readonly recoveryKey: RecoveryKey;
}

export class Credentials {
  readonly #store: Store;
  readonly #domain: string;
  readonly #accounts: Accounts;
  /** The hash of a code that nobody has. */
  readonly #nobody = randomBytes(32);

  constructor(store: Store, domain: string, accounts: Accounts) {
    this.#store = store;
    this.#domain = domain;
    this.#accounts = accounts;
  }

  /**
   * Replaces the password; returns the account as it is then. Its other sessions are for the caller to end.
   * @throws {MailError} `denied` for a wrong old one, `try_later`, `malformed`; `unavailable` where another session was quicker
   */
  async changePassword(
    account: Account,
    change: NewPassword & { readonly authenticationKey: AuthenticationKey },
    address: string,
  ): Promise<Account> {
    checkParameters(change.parameters);
    await this.#accounts.requirePassword(account, change.authenticationKey, address);
    const replaced = await this.#store.as(account).replacePassword({
      ...expectedOf(account),
      ...await passwordOf(change),
    });
    if (!replaced) throw overtaken();
    return raised({ ...account, ...await passwordOf(change) });
  }

  /**
   * Keeps a second way in, in the place of an earlier one, or ends it. The password is needed: what was made on
   * somebody's unlocked machine would outlive the next password.
   * @throws {MailError} `denied` for a wrong password, `try_later`; `unavailable` where another session was quicker
   */
  async saveRecovery(
    account: Account,
    { authenticationKey, recovery }: {
      readonly authenticationKey: AuthenticationKey;
      readonly recovery: { recoveryKey: RecoveryKey; sealedKeys: Uint8Array } | null;
    },
    address: string,
  ): Promise<void> {
    await this.#accounts.requirePassword(account, authenticationKey, address);
    const kept = recovery && {
      hash: await recoveryHash(recovery.recoveryKey),
      sealedKeys: recovery.sealedKeys,
    };
    const replaced = await this.#store.as(account).replaceRecovery({
      ...expectedOf(account),
      recovery: kept,
    });
    if (!replaced) throw overtaken();
  }

  /**
   * Finds what a recovery code opens.
   * @throws {MailError} `denied`, the same for a wrong name, one without a code and a wrong code, and for a disabled
   * account once the code is right; `try_later`
   */
  async recovery({ name, recoveryKey }: RecoveryClaim, address: string) {
    const { account, recovery } = await this.#requireCode({ name, recoveryKey }, address);
    return { keys: account.keys, sealedKeys: recovery.sealedKeys };
  }

  /** Sets another password and uses the code up; returns the account as it is then. @throws as `recovery` */
  async recover(change: RecoveryClaim & NewPassword, address: string): Promise<Account> {
    checkParameters(change.parameters);
    const { account, recovery } = await this.#requireCode(change, address);
    const recovered = await this.#store.recover({
      accountId: account.id,
      recoveryHash: recovery.hash,
      ...await passwordOf(change),
    });
    if (!recovered) throw wrongCode(); // somebody was quicker with the same one
    const renewed = raised({ ...account, ...await passwordOf(change) });
    await this.#accounts.requireEnabled(renewed);
    return renewed;
  }

  /**
   * Replaces the account's keys by their successors. Ends its recovery, which holds the old ones.
   * @throws {MailError} `denied` for a wrong password, `try_later`; `bad_signature`; `unavailable` where another session
   * was quicker
   */
  async rotateKeys(
    account: Account,
    change: KeysRotation,
    address: string,
  ): Promise<{ readonly account: Account; readonly recoveryEnded: boolean }> {
    const { authenticationKey, succession, sealedKeys } = change;
    await this.#accounts.requirePassword(account, authenticationKey, address);
    await this.#requireSigned(account, change);
    const replaced = await this.#store.as(account).replaceKeys({
      ...expectedOf(account),
      keys: await keysOf(change),
      sealedKeys: sealedKeys.slice(),
      succession,
    });
    if (replaced === null) throw overtaken();
    const renewed = raised({
      ...account,
      keys: await keysOf(change),
      sealedKeys: sealedKeys.slice(),
    });
    return { account: renewed, ...replaced };
  }

  /** Keeps other sealed keys under the same public ones. @throws as `rotateKeys` */
  async replaceSealedKeys(
    account: Account,
    { authenticationKey, sealedKeys }: {
      readonly authenticationKey: AuthenticationKey;
      readonly sealedKeys: Uint8Array;
    },
    address: string,
  ): Promise<{ readonly account: Account; readonly recoveryEnded: boolean }> {
    await this.#accounts.requirePassword(account, authenticationKey, address);
    const change = { ...expectedOf(account), sealedKeys: sealedKeys.slice() };
    const replaced = await this.#store.as(account).replaceSealedKeys(change);
    if (replaced === null) throw overtaken();
    return { account: raised({ ...account, sealedKeys: sealedKeys.slice() }), ...replaced };
  }

  /** Tells how accounts came to their keys. */
  lines(account: Account, names: readonly AccountName[]): Promise<(StoredLine | null)[]> {
    return this.#store.as(account).findLines(names);
  }

  async #requireSigned({ name, keys: before }: Account, { keys, succession }: KeysRotation) {
    const domain = this.#domain;
    const holds = await verifyPublishedKeys(name, domain, keys) &&
      await verifySuccession(addressAt(name, domain), before, keys, succession);
    if (holds) return;
    throw new MailError("malformed", "Cannot change the keys: a signature on them is wrong");
  }

  async #requireCode({ name, recoveryKey }: RecoveryClaim, address: string) {
    const found = await this.#accounts.tries.run(
      { name, address, secret: recoveryKey },
      async () => {
        const kept = await this.#store.findRecovery(name);
        const hash = await recoveryHash(recoveryKey);
        return equalBytes(hash, kept?.recovery.hash ?? this.#nobody) ? kept : null;
      },
    );
    if (found === null) throw wrongCode();
    await this.#accounts.requireEnabled(found.account);
    return found;
  }
}

/** The account after a change that ended its sessions: it held only for the epoch that the account had before. */
function raised(account: Account): Account {
  return { ...account, epoch: account.epoch + 1 };
}

/** What the store keeps in the place of a recovery key, which is too long to be guessed at: no salt, nothing slow. */
async function recoveryHash(recoveryKey: RecoveryKey): Promise<RecoveryHash> {
  return asRecoveryHash(await sha256(concatBytes([utf8("mailctl recovery v1\0"), recoveryKey])));
}

function wrongCode(): MailError {
  return new MailError("denied", "Cannot recover the account: the name or recovery code is wrong");
}

function expectedOf({ id, sealedKeys }: Account): AccountChange {
  return { accountId: id, expectedSealedKeys: sealedKeys.slice() };
}

/** What is kept of a password. The bytes are new ones, since the store takes those it is given. */
async function passwordOf(
  { parameters, newAuthenticationKey, sealedKeys }: NewPassword,
): Promise<StoredPassword> {
  return {
    parameters: { ...parameters, salt: parameters.salt.slice() },
    authenticationHash: await authenticationHash(parameters.salt, newAuthenticationKey),
    sealedKeys: sealedKeys.slice(),
  };
}

/** What is kept of public keys, in bytes of its own. */
async function keysOf({ keys }: KeysRotation): Promise<StoredKeys> {
  const { signingKey, recipient, signature } = keys;
  const fingerprint = await accountFingerprint(keys);
  return { signingKey: signingKey.slice(), recipient, signature: signature.slice(), fingerprint };
}

/** Somebody changed password or keys since the session logged in: what it sealed would undo that. */
export function overtaken(): MailError {
  return new MailError("conflict", "Cannot change the account: another program just changed it", {
    hint: "Try again.",
  });
}
