/** The use cases of aliases: what an administrator may call an account besides its name. */
import { type AccountName, localName, parseAddress } from "../model/address.ts";
import { reservedNames } from "../model/bounce.ts";
import { isFailure, MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { skeleton } from "../model/skeleton.ts";
import type { RequestKey } from "../store/request_store.ts";
import type { Store } from "../store/store.ts";
import { catchAll, type StoredAlias } from "../store/alias_store.ts";

export class Aliases {
  readonly #store: Store;
  readonly #domain: string;

  constructor(store: Store, domain: string) {
    this.#store = store;
    this.#domain = domain;
  }

  /**
   * Adds an alias, `NAME` or `NAME@DOMAIN`; `*` is that of all names that are nobody's.
   * @throws {MailError} `no_such_recipient` for the account, `name_taken`, `malformed`
   */
  async add(address: string, owner: string): Promise<StoredAlias> {
    const name = this.#nameOf(address);
    const account = this.#nameOf(owner);
    if (reservedNames.has(name)) throw reserved(name);
    const look = name === catchAll ? catchAll : skeleton(name);
    const alias = { name, skeleton: look, account };
    const isAdded = await this.#store.addAlias(alias).catch((error) =>
      this.#tellOwner(name, error)
    );
    if (isAdded) return { name, account };
    throw new MailError("no_such_recipient", `Cannot find ${account}: there is no such account`, {
      hint: "Run `mailctl admin users` for the list.",
    });
  }

  /** An administrator may know whose a name is. */
  async #tellOwner(name: AccountName, error: unknown): Promise<never> {
    if (!isFailure(error, "name_taken")) throw error;
    const [owner = null] = await this.#store.findAliases([name]);
    if (owner !== null) {
      throw new MailError("name_taken", `Cannot create ${name}: it is an alias of ${owner}`, {
        hint: `Run \`mailctl admin alias remove ${name}\` first.`,
      });
    }
    if (await this.#store.findAccount(name) === null) throw error;
    throw new MailError("name_taken", `Cannot create ${name}: it is an account`);
  }

  /** Lists aliases by name; as many as one page has. */
  list(after: AccountName | null): Promise<StoredAlias[]> {
    return this.#store.aliases({ after, limit: limits.maxListEntries });
  }

  /** Removes aliases, all or none; returns their names. @throws {MailError} `no_such_recipient`, `malformed` */
  async remove(addresses: readonly string[], under: RequestKey): Promise<AccountName[]> {
    const names = [...new Set(addresses.map((address) => this.#nameOf(address)))];
    await this.#store.under(under).removeAliases(names);
    return names;
  }

  /** @throws {MailError} `malformed`, also for an address of another domain */
  #nameOf(text: string): AccountName {
    if (text === catchAll || text === `${catchAll}@${this.#domain}`) return catchAll;
    const name = localName(parseAddress(text), this.#domain);
    if (name !== null) return name;
    throw new MailError(
      "malformed",
      `Cannot use ${text}: the server's domain is ${this.#domain}`,
    );
  }
}

function reserved(name: AccountName): MailError {
  const hint = "Use `mailctl serve --postmaster NAME` for mail to postmaster.";
  return new MailError("name_taken", `Cannot create ${name}: the name is reserved for the server`, {
    hint,
  });
}
