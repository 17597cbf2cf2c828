/**
 * What an account's mailbox key is for: sealing opened envelopes again (so that lists are quick), sealing the keyring
 * and how messages are filed, and naming repeatable sends without telling the server their names. WIRE.md 8.4.
 */
import type { MailboxKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { type Bytes, concatBytes, utf8 } from "../../model/bytes.ts";
import {
  type AccountFingerprint,
  asContentTag,
  asIdempotencyKey,
  type ContentTag,
  type EnvelopeDigest,
  type IdempotencyKey,
  type KeyringTag,
} from "../../model/digests.ts";
import { sealBroken } from "../../model/errors.ts";
import type { Box } from "../../model/message.ts";
import { encode, optional, struct, text, u32, u64, word } from "../../wire/fields.ts";
import { address, envelopeDigest, fingerprint, keyringTag } from "../../wire/layouts.ts";
import { AeadKey } from "../aead.ts";
import { deriveKeys } from "../derive.ts";
import { HmacKey } from "../hmac.ts";

const summaryLabel = "mailctl summary: signature holds";
const outlineLabel = "mailctl outline";

const entryContext = struct({
  label: text(64),
  address,
  id: u64,
  box: word(["inbox", "sent"]),
  envelopeDigest,
});
const keyringContext = struct({
  label: text(64),
  address,
  version: u64,
  after: optional(keyringTag),
});
const foldersContext = struct({ label: text(64), address, version: u64 });
const filingContext = struct({ label: text(64), address, envelopeDigest, version: u32 });
const markContext = struct({ label: text(64), address, correspondent: address, fingerprint });
const indexContext = struct({ label: text(64), address, at: u32, part: text(64) });

/** The entry that a summary stands for. */
export interface SummaryOwner {
  readonly id: number;
  readonly box: Box;
  readonly envelopeDigest: EnvelopeDigest;
}

/** Where a part of a keyring belongs. */
export interface KeyringPlace {
  readonly version: number;
  /** Of the part before; null: it is a whole ring. */
  readonly after: KeyringTag | null;
}

/** The state of an entry that a filing stands for. */
export interface FilingOwner {
  /** Of the entry, which has no id yet where it is about to be stored. */
  readonly envelopeDigest: EnvelopeDigest;
  /** From 1 on. */
  readonly version: number;
}

/**
 * Derives what a mailbox key is for. `identities` are the account's age identities, the current one first: summaries
 * open bodies, so who has only the keys of before opens no later ones. Who has none sees no mail, nor how it is filed.
 */
export async function deriveMailboxKeys(
  mailboxKey: Uint8Array,
  identities: readonly string[],
): Promise<MailboxKeys> {
  const purposes = ["keyring", "send", "filing", "mark"].map((name) => `mailctl ${name} v1`);
  const [[keyringKey, sendKey, filingKey, markKey], summaryKeys] = await Promise.all([
    deriveKeys(mailboxKey, purposes),
    Promise.all(identities.map((identity) => deriveSummaryKey(mailboxKey, identity))),
  ]);
  return {
    summaryKeys,
    keyringKey: keyringKey!,
    filingKey: identities.length === 0 ? null : filingKey!,
    sendKey: sendKey!,
    markKey: markKey!,
  };
}

async function deriveSummaryKey(mailboxKey: Uint8Array, identity: string): Promise<Bytes> {
  const secret = concatBytes([mailboxKey, utf8(identity)]);
  const [key] = await deriveKeys(secret, ["mailctl summary v2"]);
  return key!;
}

export class MailboxKey {
  readonly #address: Address;
  /** One for each identity, the current one first. */
  readonly #summaryKeys: readonly AeadKey[];
  readonly #keyringKey: AeadKey;
  /** Null: a device that sees no mail. */
  readonly #filingKey: AeadKey | null;
  readonly #sendKey: HmacKey;
  /** Null: a device of less power than its owner. */
  readonly #markKey: HmacKey | null;
  readonly #keys: MailboxKeys;
  #outlineKeys: Promise<readonly AeadKey[]> | null = null;

  /**
   * Takes keys that were derived, as far as a device has them. `address` is the account's own, and bound into all that is
   * sealed.
   */
  constructor(keys: MailboxKeys, address: Address) {
    this.#address = address;
    this.#summaryKeys = keys.summaryKeys.map((key) => new AeadKey(key));
    this.#keyringKey = new AeadKey(keys.keyringKey);
    this.#filingKey = keys.filingKey && new AeadKey(keys.filingKey);
    this.#sendKey = new HmacKey(keys.sendKey);
    this.#markKey = keys.markKey && new HmacKey(keys.markKey);
    this.#keys = keys;
  }

  /** As `deriveMailboxKeys` and the constructor. */
  static async derive(
    mailboxKey: Uint8Array,
    address: Address,
    identities: readonly string[],
  ): Promise<MailboxKey> {
    return new MailboxKey(await deriveMailboxKeys(mailboxKey, identities), address);
  }

  /** Seals the summary of an envelope that was found to hold. */
  sealSummary(owner: SummaryOwner, summary: Uint8Array): Promise<Bytes> {
    const [key] = this.#summaryKeys;
    if (key === undefined) throw new Error("this device opens no mail"); // it is allowed no list
    return key.seal(this.#entryContext(summaryLabel, owner), summary);
  }

  /** Opens a summary by the keys there were when it was sealed. @throws {MailError} `bad_signature` */
  async openSummary(owner: SummaryOwner, sealed: Uint8Array): Promise<Bytes> {
    return await openWithAny(this.#summaryKeys, this.#entryContext(summaryLabel, owner), sealed);
  }

  sealKeyring(place: KeyringPlace, part: Uint8Array): Promise<Bytes> {
    return this.#keyringKey.seal(this.#keyringContext(place), part);
  }

  /** @throws {MailError} `bad_signature` */
  openKeyring(place: KeyringPlace, sealed: Uint8Array): Promise<Bytes> {
    return this.#keyringKey.open(this.#keyringContext(place), sealed);
  }

  /** Whether this device has the key that marks are made by. */
  get makesMarks(): boolean {
    return this.#markKey !== null;
  }

  /** Makes the mark of a correspondent whose key was verified. Only the owner can, and devices of all power. */
  markOf(correspondent: Address, fingerprint: AccountFingerprint): Promise<Bytes> {
    if (this.#markKey === null) throw new Error("this device verifies no key"); // it is refused before
    const context = { label: "mailctl mark", address: this.#address, correspondent, fingerprint };
    return this.#markKey.sign([encode(markContext, context)]);
  }

  async sealFiling(owner: FilingOwner, filing: Uint8Array): Promise<Bytes> {
    return await this.#forFiling.seal(this.#filingContext(owner), filing);
  }

  /** @throws {MailError} `bad_signature` */
  async openFiling(owner: FilingOwner, sealed: Uint8Array): Promise<Bytes> {
    return await this.#forFiling.open(this.#filingContext(owner), sealed);
  }

  async sealFolders(version: number, folders: Uint8Array): Promise<Bytes> {
    const context = this.#foldersContext(version);
    return await this.#forFiling.seal(context, folders);
  }

  /** @throws {MailError} `bad_signature` */
  async openFolders(version: number, sealed: Uint8Array): Promise<Bytes> {
    const context = this.#foldersContext(version);
    return await this.#forFiling.open(context, sealed);
  }

  /** Seals what the content of a message is made of, as the summary of its envelope is sealed. */
  async sealOutline(owner: SummaryOwner, outline: Uint8Array): Promise<Bytes> {
    const [key] = await this.#forOutlines();
    if (key === undefined) throw new Error("this device opens no mail"); // it is allowed no list
    return await key.seal(this.#entryContext(outlineLabel, owner), outline);
  }

  /** Opens an outline by the keys there were when it was sealed. @throws {MailError} `bad_signature` */
  async openOutline(owner: SummaryOwner, sealed: Uint8Array): Promise<Bytes> {
    const context = this.#entryContext(outlineLabel, owner);
    return await openWithAny(await this.#forOutlines(), context, sealed);
  }

  /**
   * What a machine's index of mail is sealed by. Its key comes from that of summaries, so that a device which opens no mail
   * has none, and there is another once the account's keys change.
   */
  async indexSeal(): Promise<IndexSeal> {
    const [secret] = this.#keys.summaryKeys;
    if (secret === undefined) throw new Error("this device opens no mail"); // it is allowed no list
    const [raw] = await deriveKeys(secret, ["mailctl search index v1"]);
    return new IndexSeal(new AeadKey(raw!), this.#address);
  }

  /** Names a send, or an import, at the server. */
  async idempotencyKey(purpose: "key" | "import", value: Uint8Array): Promise<IdempotencyKey> {
    return asIdempotencyKey(await this.#tag(purpose, value));
  }

  /** Tells the content of a send from another's. */
  async contentTag(value: Uint8Array): Promise<ContentTag> {
    return asContentTag(await this.#tag("content", value));
  }

  #tag(purpose: "key" | "content" | "import", value: Uint8Array): Promise<Bytes> {
    return this.#sendKey.sign([utf8(`${purpose}\0`), value]);
  }

  #entryContext(label: string, { id, box, envelopeDigest }: SummaryOwner): Bytes {
    return encode(entryContext, { label, address: this.#address, id, box, envelopeDigest });
  }

  #keyringContext(place: KeyringPlace): Bytes {
    return encode(keyringContext, { label: "mailctl keyring", address: this.#address, ...place });
  }

  get #forFiling(): AeadKey {
    if (this.#filingKey === null) throw new Error("this device sees no mail"); // it is allowed no list
    return this.#filingKey;
  }

  /** One for each identity. Made when they are first asked for: only mail programs read outlines. */
  #forOutlines(): Promise<readonly AeadKey[]> {
    return this.#outlineKeys ??= Promise.all(this.#keys.summaryKeys.map(async (secret) => {
      const [raw] = await deriveKeys(secret, ["mailctl outline v1"]);
      return new AeadKey(raw!);
    }));
  }

  #filingContext({ envelopeDigest, version }: FilingOwner): Bytes {
    const label = "mailctl filing";
    return encode(filingContext, { label, address: this.#address, envelopeDigest, version });
  }

  #foldersContext(version: number): Bytes {
    return encode(foldersContext, { label: "mailctl folders", address: this.#address, version });
  }
}

async function openWithAny(
  keys: readonly AeadKey[],
  context: Uint8Array,
  sealed: Uint8Array,
): Promise<Bytes> {
  for (const key of keys) {
    const opened = await key.open(context, sealed).catch(() => null);
    if (opened !== null) return opened;
  }
  throw sealBroken();
}

/** Seals the parts of an index in a file: each is bound to the account and to its place. */
export class IndexSeal {
  readonly #key: AeadKey;
  readonly #address: Address;

  constructor(key: AeadKey, address: Address) {
    this.#key = key;
    this.#address = address;
  }

  /** `part`: what it is, and of which. */
  seal(at: number, part: string, content: Uint8Array): Promise<Bytes> {
    return this.#key.seal(this.#context(at, part), content);
  }

  /** @throws {MailError} `bad_signature` */
  open(at: number, part: string, sealed: Uint8Array): Promise<Bytes> {
    return this.#key.open(this.#context(at, part), sealed);
  }

  #context(at: number, part: string): Bytes {
    return encode(indexContext, {
      label: "mailctl search index",
      address: this.#address,
      at,
      part,
    });
  }
}
