/** The use cases around devices: machines that a login was saved on. */
import type { AccountName } from "../model/address.ts";
import { equalBytes } from "../model/bytes.ts";
import type { LoginKey } from "../model/digests.ts";
import { type Moment, timeOf } from "../model/delivery_time.ts";
import type { DeviceScope } from "../model/device.ts";
import { MailError } from "../model/errors.ts";
import { requireLabel } from "../model/label.ts";
import type { Account } from "../store/account_store.ts";
import type { Device } from "../store/device_store.ts";
import type { Store } from "../store/store.ts";
import type { DeviceSecrets } from "../store/credential_store.ts";
import type { Accounts } from "./accounts.ts";

export interface AddedDevice extends DeviceSecrets {
  readonly label: string;
  readonly scope: DeviceScope;
  /** Of one that reads: whose mail, by names or aliases. Null: everybody's. */
  readonly senders: readonly AccountName[] | null;
  readonly expires: Moment | null;
  /** The key of an earlier one of the same machine. */
  readonly replaces: LoginKey | null;
}

export class Devices {
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
   * Keeps a device.
   * @throws {MailError} `try_later`; `no_such_recipient` naming all senders that have no account; `malformed`,
   * `name_taken`, `too_large`
   */
  async add(
    account: Account,
    { expires, senders, ...device }: AddedDevice,
    address: string,
  ): Promise<void> {
    requireLabel(device.label, "a device");
    if (senders !== null && device.scope !== "read") throw onlyForReading();
    const store = this.#accounts.admitChange(account, address);
    const createdAt = this.#now();
    const expiresAt = expires && timeOf(expires, createdAt);
    if (expiresAt !== null && expiresAt <= createdAt) throw expiredBefore();
    await store.addDevice({
      accountId: account.id,
      ...device,
      senders: senders && await this.#accountsOf(account, senders),
      createdAt,
      expiresAt,
    });
  }

  list(account: Account): Promise<Device[]> {
    return this.#store.as(account).devices(account.id);
  }

  /** The devices that one of them sees, or with null their owner: where it may not do all, itself alone. */
  async seenBy(account: Account, device: Device | null): Promise<Device[]> {
    const all = await this.list(account);
    if (device === null || device.scope === "mail") return all;
    return all.filter(({ key }) => equalBytes(key, device.key));
  }

  /** Ends the device of a label; false where there is none. The sessions of its key, if that is told, are for the caller to end. */
  async revoke(
    account: Account,
    label: string,
  ): Promise<{ readonly revoked: boolean; readonly key: LoginKey | null }> {
    const found = (await this.list(account)).find((device) => device.label === label);
    return { revoked: await this.end(account, label), key: found?.key ?? null };
  }

  /** Ends a device; false where it is gone already. */
  end(account: Account, label: string): Promise<boolean> {
    return this.#store.as(account).removeDevice(account.id, label);
  }

  /** Mail is of accounts: what an alias is of is looked for as for a send. */
  async #accountsOf(account: Account, names: readonly AccountName[]): Promise<AccountName[]> {
    const found = await this.#accounts.lookUp(account, names);
    const unknown = names.filter((_, at) => found[at] === null);
    if (unknown.length > 0) throw noSuchAccount(unknown);
    return [...new Set(found.map((each) => each!.name))];
  }
}

function onlyForReading(): MailError {
  return new MailError("malformed", "Cannot limit the senders of a login that does not only read");
}

function noSuchAccount(names: readonly string[]): MailError {
  return new MailError(
    "no_such_recipient",
    `Cannot save a login for the mail of ${names.join(", ")}: there is no such account`,
  );
}

function expiredBefore(): MailError {
  return new MailError("malformed", "Cannot save a login that has expired already");
}
