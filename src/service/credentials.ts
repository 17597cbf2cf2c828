/** The use cases that change how an account is entered. */
import { verifyPublishedKeys } from "../crypto/account/identity.ts";
import { verifyRecovery } from "../crypto/account/login_proof.ts";
import { type Succession, verifySuccession } from "../crypto/account/succession.ts";
import { accountFingerprint } from "../crypto/fingerprint.ts";
import type { PasswordParameters } from "../model/account.ts";
import { type AccountName, addressAt } from "../model/address.ts";
import { equalBytes } from "../model/bytes.ts";
import { asLoginKey, type LoginKey } from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import type { Account, StoredKeys } from "../store/account_store.ts";
import type {
  DeviceSecrets,
  StoredLine,
  StoredPassword,
  StoredRecovery,
} from "../store/credential_store.ts";
import type { RequestKey } from "../store/request_store.ts";
import type { Actor, Store } from "../store/store.ts";
import type { Accounts } from "./accounts.ts";
import type { Entrance, RecoveryClaim, SessionOrigin } from "./claims.ts";
import { checkParameters } from "./password_parameters.ts";
import type { NewLogin, SignedKeys } from "./registration.ts";

/** A password's parameters, its public key, and the account's keys sealed under its other key. */
export interface NewPassword {
  readonly parameters: PasswordParameters;
  readonly loginKey: LoginKey;
  readonly sealedKeys: Uint8Array;
}

/** What devices get with a change; the others end. */
export interface DeviceUpdates {
  readonly devices: readonly DeviceSecrets[];
}

/** New keys, and the signatures of the old and the new on their being so. */
export interface KeysRotation extends DeviceUpdates {
  readonly keys: SignedKeys;
  readonly succession: Succession;
  readonly sealedKeys: Uint8Array;
}

export class Credentials {
  readonly #store: Store;
  readonly #domain: string;
  readonly #accounts: Accounts;

  constructor(store: Store, domain: string, accounts: Accounts) {
    this.#store = store;
    this.#domain = domain;
    this.#accounts = accounts;
  }

  /**
   * Replaces the password; returns the account as it is then. Its other sessions are for the caller to end.
   * @throws {MailError} `try_later`, `malformed`; `unavailable` where another session was quicker
   */
  async changePassword(
    account: Account,
    change: NewPassword & DeviceUpdates,
    address: string,
  ): Promise<Account> {
    checkParameters(change.parameters);
    const epoch = await this.#accounts.admitChange(account, address).replacePassword({
      accountId: account.id,
      ...devicesOf(change),
      ...passwordOf(change),
    });
    return { ...account, ...passwordOf(change), epoch };
  }

  /**
   * Keeps a second way in, in the place of an earlier one, or ends it.
   * @throws {MailError} `try_later`; `unavailable` where another session was quicker
   */
  async saveRecovery(
    account: Account,
    { recovery }: { readonly recovery: StoredRecovery | null },
    address: string,
  ): Promise<void> {
    const store = this.#accounts.admitChange(account, address);
    await store.replaceRecovery({ accountId: account.id, recovery });
  }

  /**
   * Finds what a recovery code opens.
   * @throws {MailError} `denied`, the same for a wrong name, one without a code and a wrong code, and for a disabled
   * account once the code is right; `try_later`
   */
  async recovery(claim: RecoveryClaim, origin: SessionOrigin) {
    const { account, recovery } = await this.#requireCode(claim, origin);
    return { keys: account.keys, sealedKeys: recovery.sealedKeys };
  }

  /** Sets another password, uses the code up, and lets its owner in. @throws as `recovery`; `malformed` */
  async recover(
    change: RecoveryClaim & NewPassword & NewLogin,
    origin: SessionOrigin,
    request: RequestKey,
  ): Promise<Entrance> {
    checkParameters(change.parameters);
    return await this.#accounts.enterOnce(change, origin, request, async () => {
      const { account, recovery } = await this.#requireCode(change, origin);
      await this.#accounts.requireProof(change, origin);
      const recovered = await this.#store.under(request).recover({
        accountId: account.id,
        recoveryKey: recovery.key,
        ...passwordOf(change),
      });
      if (!recovered) throw wrongCode(); // somebody was quicker with the same one
    });
  }

  /**
   * Replaces the account's keys by their successors. Ends its recovery, which holds the old ones.
   * @throws {MailError} `try_later`; `malformed` for a wrong signature; `unavailable` where another session was quicker
   */
  async rotateKeys(
    account: Account & Pick<Actor, "request">,
    change: KeysRotation,
    address: string,
  ): Promise<{ readonly account: Account; readonly recoveryEnded: boolean }> {
    const { succession, sealedKeys } = change;
    const store = this.#accounts.admitChange(account, address);
    const { request } = account;
    const isRepeat = request !== undefined && await this.#accounts.wasCarriedOut(request);
    if (!isRepeat) await this.#requireSigned(account, change);
    const { epoch, recoveryEnded } = await store.replaceKeys({
      accountId: account.id,
      keys: await keysOf(change),
      ...devicesOf(change),
      sealedKeys: sealedKeys.slice(),
      succession,
    });
    const keys = await keysOf(change);
    return { account: { ...account, keys, sealedKeys: sealedKeys.slice(), epoch }, recoveryEnded };
  }

  /** Keeps other sealed keys under the same public ones. @throws as `rotateKeys` */
  async replaceSealedKeys(
    account: Account,
    { sealedKeys, devices }: DeviceUpdates & { readonly sealedKeys: Uint8Array },
    address: string,
  ): Promise<{ readonly account: Account; readonly recoveryEnded: boolean }> {
    const store = this.#accounts.admitChange(account, address);
    const { epoch, recoveryEnded } = await store.replaceSealedKeys({
      accountId: account.id,
      ...devicesOf({ devices }),
      sealedKeys: sealedKeys.slice(),
    });
    return { account: { ...account, sealedKeys: sealedKeys.slice(), epoch }, recoveryEnded };
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

  async #requireCode({ name, key, signature }: RecoveryClaim, origin: SessionOrigin) {
    const presence = { transcript: origin.transcript(), address: addressAt(name, this.#domain) };
    const found = await this.#accounts.tries.run(
      { name, address: origin.address, secret: key },
      async () => {
        const kept = await this.#store.findRecovery(name);
        const isSigned = await verifyRecovery({ key, signature }, presence); // as in `Accounts.login`
        return isSigned && kept !== null && equalBytes(kept.recovery.key, key) ? kept : null;
      },
    );
    if (found === null) throw wrongCode();
    await this.#accounts.requireEnabled(found.account);
    return found;
  }
}

function wrongCode(): MailError {
  return new MailError("denied", "Cannot recover the account: the name or recovery code is wrong", {
    hint: "If an earlier run used the code, try `mailctl login NAME` with the new password.",
  });
}

/** What is kept of a password. The bytes are new ones, since the store takes those it is given. */
function passwordOf({ parameters, loginKey, sealedKeys }: NewPassword): StoredPassword {
  return {
    parameters: { ...parameters, salt: parameters.salt.slice() },
    loginKey: asLoginKey(loginKey.slice()),
    sealedKeys: sealedKeys.slice(),
  };
}

/** What devices get, in bytes of its own. */
function devicesOf({ devices }: DeviceUpdates): DeviceUpdates {
  return {
    devices: devices.map(({ key, sealedKeys, wrappedKey }) => ({
      key: asLoginKey(key.slice()),
      sealedKeys: sealedKeys.slice(),
      wrappedKey: wrappedKey.slice(),
    })),
  };
}

/** What is kept of public keys, in bytes of its own. */
async function keysOf({ keys }: KeysRotation): Promise<StoredKeys> {
  const { signingKey, recipient, signature } = keys;
  const fingerprint = await accountFingerprint(keys);
  return { signingKey: signingKey.slice(), recipient, signature: signature.slice(), fingerprint };
}
