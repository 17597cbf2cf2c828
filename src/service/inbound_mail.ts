/** The use case of mail from outside: sealed by whoever took it in, stored for all of its recipients or for none. */
import { type AccountName, asAccountName } from "../model/address.ts";
import { concatBytes, randomBytes } from "../model/bytes.ts";
import {
  type AccountFingerprint,
  asAccountFingerprint,
  asIdempotencyKey,
} from "../model/digests.ts";
import { isFailure, MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { bestEffort } from "../model/promises.ts";
import type { AccountRate, AccountStore, StoredKeys } from "../store/account_store.ts";
import { type AliasStore, catchAll } from "../store/alias_store.ts";
import type { AdministrationStore, Quota } from "../store/administration_store.ts";
import { noSuchRecipient } from "../store/failures.ts";
import { type InboundSender, type InboundStore, systemAccountId } from "../store/inbound_store.ts";
import type { BodyStore } from "../store/body_store.ts";
import { addressGroup, isLocal } from "./client_address.ts";
import { digested } from "./submitted_message.ts";
import type { RateLimiter } from "./rate_limit.ts";
import { requireFitting, tellingWhatNeverFits } from "./room.ts";
import { Upload } from "./upload.ts";
import type { UploadBudget } from "./upload_budget.ts";

export type { AccountRate, InboundSender };

export interface InboundMailOptions {
  readonly store: AccountStore & AdministrationStore & AliasStore & InboundStore & BodyStore;
  readonly limiter: RateLimiter;
  readonly budget: UploadBudget;
  /** The most that one sealed body may have now. */
  readonly maxSealedBytes: () => number;
  /** What a mailbox may hold that has no quota of its own. */
  readonly quota: Quota;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Hears of every message that was stored. */
  readonly onStored: () => void;
}

/** Whom a message is for, and what it is sealed to. */
export interface InboundRecipient {
  readonly name: AccountName;
  /** The age recipient. */
  readonly recipient: string;
  readonly fingerprint: AccountFingerprint;
}

/** What is known of a message before it comes. */
export interface Expected {
  readonly from: InboundSender;
  readonly bytes: number;
  /** Where it comes from. */
  readonly address: string;
}

export class InboundMail {
  readonly #options: InboundMailOptions;

  constructor(options: InboundMailOptions) {
    this.#options = options;
  }

  /**
   * Counts a copy of a message that is about to come: of the account that logged in, else of the address. Returns the
   * rate that the store is to count it by, too.
   * @throws {MailError} `try_later`
   */
  admit(address: string, account: AccountName | null): AccountRate | undefined {
    const { limiter } = this.#options;
    if (account !== null) return limiter.takeByAccount("sendByAccount", account, address);
    if (!isLocal(address)) limiter.take([{ rate: "receiveByAddress", key: addressGroup(address) }]);
    return undefined;
  }

  /**
   * Finds who is to have a message: the account of that name, or of that alias, or of the catch-all. `wanted` may be
   * what no account can be called. Guessing at names is limited by address.
   * @throws {MailError} `no_such_recipient`, `try_later`; `over_quota` where there would be no room for it,
   * `too_large` where there never will be
   */
  async addressee(wanted: string, { from, bytes, address }: Expected): Promise<InboundRecipient> {
    const guess = { rate: "unknownRecipientByAddress", key: addressGroup(address) } as const;
    const { limiter, store, quota } = this.#options;
    limiter.take([guess]);
    const { name, keys } = await this.#accountOf(wanted).catch((error) => {
      if (!isFailure(error, "no_such_recipient")) limiter.giveBack([guess]); // the store is away
      throw error;
    });
    limiter.giveBack([guess]);
    if (!await store.hasRoom({ name, from, bytes, quota })) {
      await requireFitting(this.#options, { sender: from.account, copies: [{ name, bytes }] });
      throw noRoom(name);
    }
    return { name, recipient: keys.recipient, fingerprint: keys.fingerprint };
  }

  /** Which of these names are aliases of an account: it may send as them. */
  async aliasesOf(account: AccountName, names: readonly AccountName[]): Promise<AccountName[]> {
    const owners = await this.#options.store.findAliases(names);
    return names.filter((_, at) => owners[at] === account);
  }

  /** The account that is meant. Most mail is to the name itself, so aliases are looked up last. */
  async #accountOf(wanted: string): Promise<{ name: AccountName; keys: StoredKeys }> {
    const { store } = this.#options;
    const name = asAccountName(wanted);
    const [keys] = await store.findKeys([name]);
    if (keys) return { name, keys };
    const [alias, anybody] = await store.findAliases([name, catchAll]);
    const owner = alias ?? anybody ?? name;
    const [ownersKeys] = owner === name ? [] : await store.findKeys([owner]);
    if (!ownersKeys) throw noSuchRecipient([owner]);
    return { name: owner, keys: ownersKeys };
  }

  /** Begins a message. Exactly one of `store` and `discard` ends it. */
  begin(): InboundMessage {
    return new InboundMessage(this.#options);
  }
}

/** One message on its way in: small ones stay in memory, others go to the store as they come. */
export class InboundMessage {
  readonly #options: InboundMailOptions;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #upload: Upload | null = null;

  constructor(options: InboundMailOptions) {
    this.#options = options;
  }

  /** Takes the next bytes of the sealed body, for good. @throws {MailError} `too_large`, `try_later`, `storage_full` */
  async append(bytes: Uint8Array): Promise<void> {
    this.#gatheredBytes += bytes.length;
    if (this.#upload === null && this.#gatheredBytes <= limits.maxInlineBodyBytes) {
      this.#gathered.push(bytes);
      return;
    }
    this.#upload ??= await this.#beginUpload();
    for (const piece of this.#gathered.splice(0)) await this.#upload.append(piece);
    await this.#upload.append(bytes);
  }

  /**
   * Stores the message; it is durable when this resolves. Whoever changed keys or went away since it was sealed has
   * to be asked about again. `rate`: as `admit` returned it for each copy.
   * @throws {MailError} `try_later`, `over_quota`, `too_large`, `storage_full`
   */
  async store(
    from: InboundSender,
    recipients: readonly { readonly to: InboundRecipient; readonly envelope: Uint8Array }[],
    rate?: AccountRate,
  ): Promise<void> {
    const { store, quota, now, onStored } = this.#options;
    await this.#upload?.finish();
    const bodyBytes = this.#upload?.bytes ?? this.#gatheredBytes;
    const copies = recipients.map(({ to: { name }, envelope }) => {
      return { name, bytes: bodyBytes + envelope.length };
    });
    const receiving = store.receive({
      key: asIdempotencyKey(randomBytes(32)),
      storedAt: now(),
      from,
      quota,
      rate,
      body: this.#upload === null
        ? concatBytes(this.#gathered.splice(0))
        : { upload: this.#upload.id },
      recipients: recipients.map(({ to: { name, fingerprint }, envelope }) => ({
        name,
        fingerprint: asAccountFingerprint(fingerprint.slice()),
        copy: digested(envelope),
      })),
    });
    const arriving = { sender: from.account, copies };
    await tellingWhatNeverFits({ store, quota }, arriving, receiving).catch(askAgain);
    onStored();
    await this.discard(); // what was taken stays
  }

  /** Drops what no message took, or leaves it to the store: a host that hears of a failure brings the message again. */
  async discard(): Promise<void> {
    const upload = this.#upload;
    this.#upload = null;
    if (upload === null) return;
    this.#options.budget.giveBack(systemAccountId, upload.bytes);
    await bestEffort(this.#options.store.discardUpload(upload.id));
  }

  async #beginUpload(): Promise<Upload> {
    const { store, budget, maxSealedBytes } = this.#options;
    const id = await store.beginUpload(systemAccountId);
    const take = (bytes: number) => budget.take(systemAccountId, bytes);
    return new Upload(store, id, { maxBytes: maxSealedBytes(), take });
  }
}

function askAgain(cause: unknown): never {
  const isStale = isFailure(cause, "key_changed", "no_such_recipient");
  if (!isStale) throw cause;
  throw new MailError(
    "try_later",
    "Cannot accept the message: a recipient's account just changed",
    {
      cause,
    },
  );
}

function noRoom(name: AccountName): MailError {
  return new MailError(
    "over_quota",
    `Cannot send to ${name}: the mailbox has no room for this sender`,
  );
}
