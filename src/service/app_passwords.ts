/** The use cases around application passwords: for programs that cannot do what a client does with the account's own. */
import { appPasswordVerifier } from "../crypto/account/app_password.ts";
import type { AccountName } from "../model/address.ts";
import { isFailure } from "../model/errors.ts";
import type { AccountId } from "../model/ids.ts";
import { equalBytes, utf8 } from "../model/bytes.ts";
import type { AppPasswordScope } from "../model/device.ts";
import type { AppPasswordVerifier } from "../model/digests.ts";
import { requireLabel } from "../model/label.ts";
import type { Account } from "../store/account_store.ts";
import type { AppPassword } from "../store/app_password_store.ts";
import { systemAccountId } from "../store/inbound_store.ts";
import type { Store } from "../store/store.ts";
import type { Accounts } from "./accounts.ts";
import { noteHour } from "./hour.ts";
import { accountDisabled, wrongNameOrPassword } from "./login_failures.ts";

/** Who a program says it is. */
export interface AppLogin {
  readonly name: AccountName;
  readonly password: string;
  readonly scope: AppPasswordScope;
}

/** A program that is in. */
export interface AppEntrance {
  readonly accountId: AccountId;
  readonly name: AccountName;
  readonly scope: AppPasswordScope;
  readonly verifier: AppPasswordVerifier;
}

export class AppPasswords {
  readonly #store: Store;
  readonly #accounts: Accounts;
  readonly #now: () => number;
  /** What is done once a program is let in no more. */
  readonly #onEnd = new Map<AppEntrance, () => void>();

  /** `now`: milliseconds since 1970. */
  constructor(store: Store, accounts: Accounts, now: () => number) {
    this.#store = store;
    this.#accounts = accounts;
    this.#now = now;
  }

  /**
   * Keeps what one is checked against.
   * @throws {MailError} `try_later`; `malformed`, `name_taken`, `too_large`
   */
  async create(
    account: Account,
    made: {
      readonly label: string;
      readonly scope: AppPasswordScope;
      readonly verifier: AppPasswordVerifier;
    },
    address: string,
  ): Promise<void> {
    requireLabel(made.label, "a password");
    await this.#accounts.admitChange(account, address).addAppPassword({
      accountId: account.id,
      ...made,
      createdAt: this.#now(),
    });
  }

  list(account: Account): Promise<AppPassword[]> {
    return this.#store.as(account).appPasswords(account.id);
  }

  /** Ends one; false where there is none of that label. */
  async revoke(account: Account, label: string): Promise<boolean> {
    const isRevoked = await this.#store.as(account).removeAppPassword(account.id, label);
    if (isRevoked) await this.checkAgain(account.id);
    return isRevoked;
  }

  /** Tells a session of the account itself whether a program may come in. */
  async check(
    account: Account,
    { scope, verifier }: {
      readonly scope: AppPasswordScope;
      readonly verifier: AppPasswordVerifier;
    },
  ): Promise<boolean> {
    const found = await this.#find(account, scope, verifier);
    if (found === null) return false;
    await this.#noteUse(account, found);
    return true;
  }

  /**
   * Lets a program in.
   * @throws {MailError} `denied`, the same for a wrong name, a wrong password and another scope, and for a disabled
   * account once the password is right; `try_later`: tries count together with those of logins
   */
  async enter({ name, password, scope }: AppLogin, address: string): Promise<AppEntrance> {
    const verifier = await appPasswordVerifier(password);
    const secret = utf8(password);
    const check = async () => {
      if (verifier === null) return null;
      const account = await this.#store.findAccount(name);
      if (account !== null) return await this.check(account, { scope, verifier }) ? account : null;
      await this.#store.appPasswords(systemAccountId); // the same work, whoever it is
      return null;
    };
    const account = await this.#accounts.admit({ name, address, secret }, check, check);
    return { accountId: account.id, name: account.name, scope, verifier: verifier! };
  }

  /**
   * To be asked before whatever a program does later: its password may have been revoked, and the account disabled or
   * deleted. @throws {MailError} `denied`
   */
  async requireStillIn({ name, scope, verifier }: AppEntrance): Promise<void> {
    const account = await this.#store.findAccount(name);
    if (account === null) throw wrongNameOrPassword();
    if (account.disabledAt !== null) throw accountDisabled();
    if (await this.#find(account, scope, verifier) === null) throw wrongNameOrPassword();
  }

  /** Calls `onEnd` once `checkAgain` finds that a program is in no more, unless the function that it returns was called. */
  watch(entrance: AppEntrance, onEnd: () => void): () => void {
    this.#onEnd.set(entrance, onEnd);
    return () => void this.#onEnd.delete(entrance);
  }

  /** Ends those programs of an account, null: of any, that are in no more. Never throws. */
  async checkAgain(accountId: AccountId | null): Promise<void> {
    const all = [...this.#onEnd].filter(([one]) => (accountId ?? one.accountId) === one.accountId);
    for (const [entrance, onEnd] of all) {
      const isOut = await this.requireStillIn(entrance).then(() => false, isDenied);
      if (isOut && this.#onEnd.delete(entrance)) onEnd();
    }
  }

  /** Compares with all there are, each in the same time. */
  async #find(account: Account, scope: AppPasswordScope, verifier: AppPasswordVerifier) {
    const all = await this.#store.as(account).appPasswords(account.id);
    const equal = all.filter((one) => equalBytes(one.verifier, verifier));
    return equal.find((one) => one.scope === scope) ?? null;
  }

  async #noteUse({ id }: Account, { label, usedAt }: AppPassword): Promise<void> {
    const note = (hour: number) => this.#store.noteAppPasswordUse(id, label, hour);
    await noteHour(this.#now(), { usedAt }, note);
  }
}

/** What cannot be found out now, the next thing that the program does finds out. */
function isDenied(error: unknown): boolean {
  return isFailure(error, "denied");
}
