/** The use cases that change how an account is entered. Each takes effect only on the account as its session knows it. */
import type { PasswordParameters } from "../model/account.ts";
import { MailError } from "../model/errors.ts";
import type { Account, AccountChange, Store, StoredPassword } from "../store/store.ts";
import type { Accounts } from "./accounts.ts";
import { authenticationHash, checkParameters } from "./authenticator.ts";

/** A password's parameters, its key for the server, and the account's keys sealed under its other key. */
export interface NewPassword {
  readonly parameters: PasswordParameters;
  readonly newAuthenticationKey: Uint8Array;
  readonly sealedKeys: Uint8Array;
}

export class Credentials {
  readonly #store: Store;
  readonly #accounts: Accounts;

  constructor(store: Store, accounts: Accounts) {
    this.#store = store;
    this.#accounts = accounts;
  }

  /**
   * Replaces the password; returns the account as it is then. Its other sessions are for the caller to end.
   * @throws {MailError} `denied` for a wrong old one, `try_later`, `malformed`; `conflict` where another session was quicker
   */
  async changePassword(
    account: Account,
    change: NewPassword & { readonly authenticationKey: Uint8Array },
    address: string,
  ): Promise<Account> {
    checkParameters(change.parameters);
    await this.#accounts.requirePassword(account, change.authenticationKey, address);
    const replaced = await this.#store.replacePassword({
      ...expectedOf(account),
      ...await passwordOf(change),
    });
    if (!replaced) throw overtaken();
    this.#accounts.noteReplaced(account.authenticationHash);
    return { ...account, ...await passwordOf(change) };
  }
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

/** Somebody changed password or keys since the session logged in: what it sealed would undo that. */
function overtaken(): MailError {
  return new MailError("conflict", "Cannot change the account: it was changed elsewhere just now", {
    hint: "Try again",
  });
}
