/** Aliases: further names of accounts, for mail to them and nothing else. */
import { type AccountName, asAccountName } from "../model/address.ts";

/** The alias of every name that is neither an account's nor an alias. */
export const catchAll = asAccountName("*");

export interface NewAlias {
  readonly name: AccountName;
  /** As of an account: no alias looks like an account, or like another alias. */
  readonly skeleton: string;
  /** The name of the account that gets the mail. */
  readonly account: AccountName;
}

/** An alias as an administrator sees it. */
export type StoredAlias = Pick<NewAlias, "name" | "account">;

export interface AliasStore {
  /**
   * Adds an alias; one that the account has already stays. Returns false where there is no such account.
   * @throws {MailError} `name_taken` for the name or its skeleton, of an account (also one that is closed) or an alias
   */
  addAlias(alias: NewAlias): Promise<boolean>;
  /** By name, in the order of its code points: those that come after `after`. */
  aliases(
    page: { readonly after: AccountName | null; readonly limit: number },
  ): Promise<StoredAlias[]>;
  /** Removes aliases, all or none. @throws {MailError} `no_such_recipient` naming every one that there is not */
  removeAliases(names: readonly AccountName[]): Promise<void>;
  /** The name of the account of each alias, in order; null: there is no such alias. `catchAll` is one as any other. */
  findAliases(names: readonly AccountName[]): Promise<(AccountName | null)[]>;
}
