/** The use cases around application passwords: for programs that cannot do what a client does with the account's own. */
import { appPasswordVerifier } from "../crypto/account/app_password.ts";
import type { AccountName } from "../model/address.ts";
import { equalBytes, utf8 } from "../model/bytes.ts";
import type { AppPasswordScope } from "../model/device.ts";
import type { AppPasswordVerifier } from "../model/digests.ts";
import { requireLabel } from "../model/label.ts";
import type { Account } from "../store/account_store.ts";
import type { AppPassword } from "../store/app_password_store.ts";
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
  readonly name: AccountName;
  readonly scope: AppPasswordScope;
  readonly verifier: AppPasswordVerifier;
}

export class AppPasswords {
  readonly #store: Store;
  readonly #accounts: Accounts;
  readonly #now: () => number;

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
  revoke(account: Account, label: string): Promise<boolean> {
    return this.#store.as(account).removeAppPassword(account.id, label);
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
    const account = await this.#accounts.admit({ name, address, secret }, async () => {
      const account = await this.#store.findAccount(name);
      if (account === null || verifier === null) return null;
      return await this.check(account, { scope, verifier }) ? account : null;
    });
    return { name: account.name, scope, verifier: verifier! };
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
