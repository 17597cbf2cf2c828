/** The use cases around accounts: registering, logging in, looking up keys, the keyring. */
import { verifyLogin } from "../crypto/account/login_proof.ts";
import { accountFingerprint } from "../crypto/fingerprint.ts";
import type { PasswordParameters } from "../model/account.ts";
import { type AccountName, addressAt, asAccountName } from "../model/address.ts";
import { equalBytes } from "../model/bytes.ts";
import type { KeyringTag } from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import type { AccountId } from "../model/ids.ts";
import { requireNewer } from "../model/keyring.ts";
import { skeleton } from "../model/skeleton.ts";
import type { Account, KeyringUpdate, StoredKeyring } from "../store/account_store.ts";
import { catchAll } from "../store/alias_store.ts";
import type { Device } from "../store/device_store.ts";
import { nameTaken } from "../store/failures.ts";
import { systemAccountId } from "../store/inbound_store.ts";
import type { RequestKey } from "../store/request_store.ts";
import type { Actor, Store } from "../store/store.ts";
import type { Entrance, LoginClaim, SessionOrigin } from "./claims.ts";
import { noteHour } from "./hour.ts";
import type { Invites } from "./invites.ts";
import { accountDisabled, requireUnexpired, wrongNameOrPassword } from "./login_failures.ts";
import { LoginTries, type Try } from "./login_tries.ts";
import { SeemingParameters } from "./password_parameters.ts";
import type { RateLimiter } from "./rate_limit.ts";
import {
  checkRegistration,
  type NewLogin,
  type NewRegistration,
  refuseReserved,
  registrationBucket,
  type SignedKeys,
} from "./registration.ts";

export interface AccountsOptions {
  readonly store: Store;
  /** Kept by the store; makes up salts for names that are nobody's. */
  readonly secret: Uint8Array;
  readonly domain: string;
  readonly limiter: RateLimiter;
  /** Says who may register. */
  readonly invites: Invites;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Hears of every account that was made, or deleted by its owner. */
  readonly onChange?:
    | ((change: AccountEvent, account: AccountName, address: string) => void)
    | undefined;
}

export type AccountEvent = "account registered" | "account deleted";

/** No account can have this name. */
const nobody = asAccountName("~");

export class Accounts {
  readonly #options: AccountsOptions;
  readonly #seeming: SeemingParameters;
  /** Counts the tries of all ways in. */
  readonly tries: LoginTries;
  /** An account that was asked for before. */
  #somebody = nobody;

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.#seeming = new SeemingParameters(options.secret);
    this.tries = new LoginTries(options);
  }

  /** Tells how a password becomes keys; a name that is nobody's gets an answer too, always the same. */
  async passwordParameters(name: AccountName): Promise<PasswordParameters> {
    const { store } = this.#options;
    const found = await store.findAccount(name);
    // One look that finds and one that does not, whichever is first: who measures the time learns nothing.
    await store.findAccount(found === null ? this.#somebody : nobody);
    this.#somebody = found?.name ?? this.#somebody;
    const seeming = await this.#seeming.of(name);
    return found?.parameters ?? seeming;
  }

  /** Tells whether an invite could be used now. @throws {MailError} `denied`, the same for every reason */
  async checkInvite(token: Uint8Array): Promise<void> {
    await this.#options.invites.admit(token);
  }

  /**
   * Makes an account and lets its owner in, who proves to hold the password. One that this request made before is let in
   * as by a login. @throws {MailError} as `create`
   */
  async register(
    registration: NewRegistration & NewLogin,
    origin: SessionOrigin,
    use: { readonly invite: Uint8Array | null; readonly request: RequestKey },
  ): Promise<Entrance> {
    const prove = () => this.requireProof(registration, origin);
    const act = () => this.create(registration, origin.address, { ...use, prove });
    return await this.enterOnce(registration, origin, use.request, act);
  }

  /**
   * Makes an account, with an invite where there is one: then the invite is all that limits how many.
   * @throws {MailError} `denied` to those who may not, whatever the name; `malformed`, `name_taken`,
   * `try_later`
   */
  async create(
    registration: NewRegistration,
    address: string,
    { invite, request, prove }: {
      readonly invite: Uint8Array | null;
      readonly request?: RequestKey;
      /** Fails for whoever does not hold the password. */
      readonly prove?: () => Promise<void>;
    },
  ): Promise<void> {
    const { invites, limiter, now } = this.#options;
    const store = request === undefined ? this.#options.store : this.#options.store.under(request);
    const { name, parameters, loginKey, keys, sealedKeys } = registration;
    const use = await invites.admit(invite);
    await checkRegistration(registration, this.#options.domain);
    await prove?.();
    if (use === null) limiter.take([registrationBucket(address)]);
    const account = {
      name,
      skeleton: skeleton(name),
      parameters,
      loginKey,
      keys: { ...keys, fingerprint: await accountFingerprint(keys) },
      sealedKeys,
      createdAt: now(),
    };
    if (use === null) await store.createAccount(account);
    else await store.createInvitedAccount(account, use);
    this.#options.onChange?.("account registered", name, address);
  }

  /**
   * Lets in whoever sets a password by a request, once that is carried out: by `act`, or by an earlier one.
   * @throws {MailError} as `login` for an earlier one; what `act` throws
   */
  async enterOnce(
    { name, loginKey, loginSignature }: NewLogin,
    origin: SessionOrigin,
    request: RequestKey,
    act: () => Promise<void>,
  ): Promise<Entrance> {
    const { store } = this.#options;
    const repeated = () => this.login({ name, key: loginKey, signature: loginSignature }, origin);
    if (await store.wasCarriedOut(request)) return await repeated();
    try {
      await act();
    } catch (error) {
      if (await store.wasCarriedOut(request)) return await repeated(); // meanwhile
      throw error;
    }
    const account = await store.findAccount(name);
    if (account === null || !equalBytes(account.loginKey, loginKey)) throw wrongNameOrPassword();
    await this.requireEnabled(account);
    return { account, device: null };
  }

  /** @throws {MailError} `malformed` for a signature that is not of this session, or not by the new password's key */
  async requireProof(
    { name, loginKey, loginSignature }: NewLogin,
    origin: SessionOrigin,
  ): Promise<void> {
    const address = addressAt(name, this.#options.domain);
    const presence = { transcript: origin.transcript(), address };
    const proof = { key: loginKey, signature: loginSignature };
    if (await verifyLogin(proof, presence)) return;
    throw new MailError("malformed", "Cannot use the new password: its signature is wrong");
  }

  /**
   * Tells early what `register` without an invite would refuse, and counts as much: for whoever has to make the keys
   * first. @throws {MailError} `denied`, `name_taken`, `try_later`
   */
  async admitRegistration(name: AccountName, address: string): Promise<void> {
    const { store, invites, limiter } = this.#options;
    await invites.admit(null);
    refuseReserved(name);
    limiter.take([registrationBucket(address)]);
    if (await store.findAccount(name) !== null) throw nameTaken(name);
  }

  /** The number of an account; null for a name that is nobody's. */
  async idOf(name: AccountName): Promise<number | null> {
    return (await this.#options.store.findAccount(name))?.id ?? null;
  }

  /**
   * Finds the account that a key belongs to, which signed this session: its password's, or that of a device.
   * @throws {MailError} `denied`, the same for a wrong name and a wrong key, and for a disabled account once the key
   * is right; `try_later` after too many of them
   */
  async login({ name, ...proof }: LoginClaim, origin: SessionOrigin): Promise<Entrance> {
    const { store, domain, now } = this.#options;
    const presence = { transcript: origin.transcript(), address: addressAt(name, domain) };
    const by: { device: Device | null } = { device: null };
    // The same work, whoever it is: who measures the time learns nothing.
    const find = async () => {
      const account = await store.findAccount(name);
      by.device = await store.findDevice(account?.id ?? systemAccountId, proof.key);
      return account;
    };
    const check = async () => {
      const account = await find();
      if (!await verifyLogin(proof, presence) || account === null) return null;
      return by.device !== null || equalBytes(account.loginKey, proof.key) ? account : null;
    };
    const checkDevice = async () => await find() && by.device && await check();
    const tried = { name, address: origin.address, secret: proof.key };
    const account = await this.admit(tried, check, checkDevice);
    const { device } = by;
    const note = (hour: number) => store.noteDeviceUse(account.id, proof.key, hour);
    if (device === null) return { account, device };
    requireUnexpired(device, now());
    await noteHour(now(), device, note);
    return { account: { ...account, device: device.key }, device };
  }

  /** Lets in whom a check finds, as `login` does; see `LoginTries.run`. @throws {MailError} as `login` */
  async admit(
    login: Try,
    check: () => Promise<Account | null>,
    checkRandom: () => Promise<Account | null>,
  ): Promise<Account> {
    const account = await this.tries.run(login, check, checkRandom);
    if (account === null) throw wrongNameOrPassword();
    await this.requireEnabled(account);
    this.tries.trust(login);
    return account;
  }

  /** Tells whether a request was carried out. @throws {MailError} `conflict` */
  wasCarriedOut(request: RequestKey): Promise<boolean> {
    return this.#options.store.wasCarriedOut(request);
  }

  /** Closes the account of a session for good. */
  async close(account: Account, address: string): Promise<void> {
    const { store, now } = this.#options;
    await store.as(account).closeAccount(account.id, now());
    this.#options.onChange?.("account deleted", account.name, address);
  }

  /** Closes an account for good, for whoever has the right to. */
  async end(id: AccountId): Promise<void> {
    await this.#options.store.closeAccount(id, this.#options.now());
  }

  /**
   * To be asked once more after whatever takes long: the account may have been disabled, and its sessions ended,
   * or its password changed, meanwhile. @throws {MailError} `denied`
   */
  async requireEnabled({ id, name, epoch }: Account): Promise<void> {
    const current = await this.#options.store.findAccount(name);
    if (current?.id !== id) throw wrongNameOrPassword();
    if (current.disabledAt !== null) throw accountDisabled();
    if (current.epoch !== epoch) throw wrongNameOrPassword();
  }

  /** The store, for a change of how an account is entered, which is counted. @throws {MailError} `try_later` */
  admitChange(account: Account & Pick<Actor, "request">, address: string): Store {
    const { store, limiter } = this.#options;
    const rate = limiter.takeByAccount("credentialsByAccount", account.name, address);
    return store.as(account, { rate });
  }

  /** Finds the account and its public keys for each name or alias; null for each that is neither. */
  async lookUp(
    account: Account,
    names: readonly AccountName[],
  ): Promise<({ readonly name: AccountName; readonly keys: SignedKeys } | null)[]> {
    const store = this.#options.store.as(account);
    const own = await store.findKeys(names);
    // `*` is for mail by SMTP: what is sealed for a name that was mistyped is for nobody else.
    const others = names.filter((name, at) => own[at] === null && name !== catchAll);
    const owners = others.length === 0 ? [] : await store.findAliases(others);
    const called = others.flatMap((name, at) => owners[at] ? [[name, owners[at]] as const] : []);
    const keys = called.length === 0 ? [] : await store.findKeys(called.map(([, owner]) => owner));
    const byAlias = new Map(called.map(([name, owner], at) => [name, found(owner, keys[at]!)]));
    return names.map((name, at) => found(name, own[at]!) ?? byAlias.get(name) ?? null);
  }

  keyring(account: Account, known: KeyringTag | null): Promise<StoredKeyring> {
    return this.#options.store.as(account).keyring(account.id, known);
  }

  /** @throws {MailError} `malformed` for a version that does not go up; `keyring_changed`, `too_large`, `try_later` */
  async replaceKeyring(account: Account, update: KeyringUpdate, address: string): Promise<void> {
    requireNewer(update);
    const { store, limiter } = this.#options;
    const rate = limiter.takeByAccount("keyringByAccount", account.name, address);
    await store.as(account, { rate }).replaceKeyring(account.id, update);
  }
}

function found(name: AccountName, keys: SignedKeys | null) {
  return keys && { name, keys };
}
