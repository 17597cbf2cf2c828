/**
 * What an account's mailbox key is for: sealing opened envelopes again (so that lists are quick), sealing the keyring,
 * and naming repeatable sends without telling the server their names. WIRE.md 8.4.
 */
import type { MailboxKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { type Bytes, concatBytes, plain, utf8 } from "../../model/bytes.ts";
import {
  asContentTag,
  asIdempotencyKey,
  type ContentTag,
  type EnvelopeDigest,
  type IdempotencyKey,
} from "../../model/digests.ts";
import type { Box } from "../../model/message.ts";
import { encode, struct, text, u32, u64, word } from "../../wire/fields.ts";
import { address, envelopeDigest } from "../../wire/layouts.ts";
import { importAeadKey, openAead, sealAead } from "../aead.ts";
import { deriveKeys } from "../derive.ts";
import { sealBroken } from "../../model/errors.ts";
import { hmacSha256 } from "../hmac.ts";

const summaryContext = struct({
  label: text(64),
  address,
  id: u64,
  box: word(["inbox", "sent"]),
  envelopeDigest,
});
const keyringContext = struct({ label: text(64), address, version: u64 });
const indexContext = struct({ label: text(64), address, at: u32, part: text(64) });

/** The entry that a summary stands for. */
export interface SummaryOwner {
  readonly id: number;
  readonly box: Box;
  readonly envelopeDigest: EnvelopeDigest;
}

/**
 * Derives what a mailbox key is for. `identities` are the account's age identities, the current one first: summaries
 * open bodies, so who has only the keys of before opens no later ones.
 */
export async function deriveMailboxKeys(
  mailboxKey: Uint8Array,
  identities: readonly string[],
): Promise<MailboxKeys> {
  const [[keyringKey, sendKey], summaryKeys] = await Promise.all([
    deriveKeys(mailboxKey, ["mailctl keyring v1", "mailctl send v1"]),
    Promise.all(identities.map((identity) => deriveSummaryKey(mailboxKey, identity))),
  ]);
  return { summaryKeys, keyringKey: keyringKey!, sendKey: sendKey! };
}

async function deriveSummaryKey(mailboxKey: Uint8Array, identity: string): Promise<Bytes> {
  const secret = concatBytes([mailboxKey, utf8(identity)]);
  const [key] = await deriveKeys(secret, ["mailctl summary v2"]);
  return key!;
}

export class MailboxKey {
  readonly #address: Address;
  /** One for each identity, the current one first. */
  readonly #summaryKeys: readonly CryptoKey[];
  readonly #keyringKey: CryptoKey;
  readonly #keys: MailboxKeys;

  private constructor(
    address: Address,
    summaryKeys: readonly CryptoKey[],
    keyringKey: CryptoKey,
    keys: MailboxKeys,
  ) {
    this.#address = address;
    this.#summaryKeys = summaryKeys;
    this.#keyringKey = keyringKey;
    this.#keys = keys;
  }

  /** As `deriveMailboxKeys` and `of`. */
  static async derive(
    mailboxKey: Uint8Array,
    address: Address,
    identities: readonly string[],
  ): Promise<MailboxKey> {
    return await MailboxKey.of(await deriveMailboxKeys(mailboxKey, identities), address);
  }

  /**
   * Takes keys that were derived, as far as a device has them. `address` is the account's own, and bound into all that is
   * sealed.
   */
  static async of(keys: MailboxKeys, address: Address): Promise<MailboxKey> {
    const [keyringKey, ...summaryKeys] = await Promise.all(
      [keys.keyringKey, ...keys.summaryKeys].map((key) => importAeadKey(plain(key))),
    );
    return new MailboxKey(address, summaryKeys, keyringKey!, keys);
  }

  /** Seals the summary of an envelope that was found to hold. */
  sealSummary(owner: SummaryOwner, summary: Uint8Array): Promise<Bytes> {
    const [key] = this.#summaryKeys;
    if (key === undefined) throw new Error("this device opens no mail"); // it is allowed no list
    return sealAead(key, this.#summaryContext(owner), summary);
  }

  /** Opens a summary by the keys there were when it was sealed. @throws {MailError} `bad_signature` */
  async openSummary(owner: SummaryOwner, sealed: Uint8Array): Promise<Bytes> {
    const context = this.#summaryContext(owner);
    for (const key of this.#summaryKeys) {
      const opened = await openAead(key, context, sealed).catch(() => null);
      if (opened !== null) return opened;
    }
    throw sealBroken();
  }

  sealKeyring(version: number, keyring: Uint8Array): Promise<Bytes> {
    return sealAead(this.#keyringKey, this.#keyringContext(version), keyring);
  }

  /** @throws {MailError} `bad_signature` */
  openKeyring(version: number, sealed: Uint8Array): Promise<Bytes> {
    return openAead(this.#keyringKey, this.#keyringContext(version), sealed);
  }

  /**
   * What a machine's index of mail is sealed by. Its key comes from that of summaries, so that a device which opens no mail
   * has none, and there is another once the account's keys change.
   */
  async indexSeal(): Promise<IndexSeal> {
    const [secret] = this.#keys.summaryKeys;
    if (secret === undefined) throw new Error("this device opens no mail"); // it is allowed no list
    const [raw] = await deriveKeys(secret, ["mailctl search index v1"]);
    return new IndexSeal(await importAeadKey(raw!), this.#address);
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
    return hmacSha256(this.#keys.sendKey, [utf8(`${purpose}\0`), value]);
  }

  #summaryContext({ id, box, envelopeDigest }: SummaryOwner): Bytes {
    const label = "mailctl summary: signature holds";
    return encode(summaryContext, { label, address: this.#address, id, box, envelopeDigest });
  }

  #keyringContext(version: number): Bytes {
    return encode(keyringContext, { label: "mailctl keyring", address: this.#address, version });
  }
}

/** Seals the parts of an index in a file: each is bound to the account and to its place. */
export class IndexSeal {
  readonly #key: CryptoKey;
  readonly #address: Address;

  constructor(key: CryptoKey, address: Address) {
    this.#key = key;
    this.#address = address;
  }

  /** `part`: what it is, and of which. */
  seal(at: number, part: string, content: Uint8Array): Promise<Bytes> {
    return sealAead(this.#key, this.#context(at, part), content);
  }

  /** @throws {MailError} `bad_signature` */
  open(at: number, part: string, sealed: Uint8Array): Promise<Bytes> {
    return openAead(this.#key, this.#context(at, part), sealed);
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
