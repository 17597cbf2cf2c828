/**
 * What an account's mailbox key is for: sealing opened envelopes again (so that lists are quick), sealing the keyring,
 * and naming repeatable sends without telling the server their names. WIRE.md 8.4.
 */
import type { MailboxKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { type Bytes, plain, utf8 } from "../../model/bytes.ts";
import {
  asContentTag,
  asIdempotencyKey,
  type ContentTag,
  type EnvelopeDigest,
  type IdempotencyKey,
} from "../../model/digests.ts";
import type { Box } from "../../model/message.ts";
import { encode, struct, text, u64, word } from "../../wire/fields.ts";
import { address, envelopeDigest } from "../../wire/layouts.ts";
import { importAeadKey, openAead, sealAead } from "../aead.ts";
import { deriveKeys } from "../derive.ts";
import { hmacSha256 } from "../hmac.ts";

const summaryContext = struct({
  label: text(64),
  address,
  id: u64,
  box: word(["inbox", "sent"]),
  envelopeDigest,
});
const keyringContext = struct({ label: text(64), address, version: u64 });

/** The entry that a summary stands for. */
export interface SummaryOwner {
  readonly id: number;
  readonly box: Box;
  readonly envelopeDigest: EnvelopeDigest;
}

/** Derives the three keys of a mailbox key. */
export async function deriveMailboxKeys(mailboxKey: Uint8Array) {
  const [summaryKey, keyringKey, sendKey] = await deriveKeys(mailboxKey, [
    "mailctl summary v1",
    "mailctl keyring v1",
    "mailctl send v1",
  ]);
  return { summaryKey: summaryKey!, keyringKey: keyringKey!, sendKey: sendKey! };
}

export class MailboxKey {
  readonly #address: Address;
  readonly #summaryKey: CryptoKey | null;
  readonly #keyringKey: CryptoKey;
  readonly #sendKey: Uint8Array;

  private constructor(
    address: Address,
    summaryKey: CryptoKey | null,
    keyringKey: CryptoKey,
    sendKey: Uint8Array,
  ) {
    this.#address = address;
    this.#summaryKey = summaryKey;
    this.#keyringKey = keyringKey;
    this.#sendKey = sendKey;
  }

  /** Derives the three keys. `address` is the account's own, and bound into all that is sealed. */
  static async derive(mailboxKey: Uint8Array, address: Address): Promise<MailboxKey> {
    return await MailboxKey.of(await deriveMailboxKeys(mailboxKey), address);
  }

  /** Takes keys that were derived, as far as a device has them. */
  static async of(keys: MailboxKeys, address: Address): Promise<MailboxKey> {
    const [summaryKey, keyringKey] = await Promise.all([
      keys.summaryKey && importAeadKey(plain(keys.summaryKey)),
      importAeadKey(plain(keys.keyringKey)),
    ]);
    return new MailboxKey(address, summaryKey, keyringKey, keys.sendKey);
  }

  /** Seals the summary of an envelope that was found to hold. */
  sealSummary(owner: SummaryOwner, summary: Uint8Array): Promise<Bytes> {
    return sealAead(this.#keyOfSummaries(), this.#summaryContext(owner), summary);
  }

  /** @throws {MailError} `bad_signature` */
  openSummary(owner: SummaryOwner, sealed: Uint8Array): Promise<Bytes> {
    return openAead(this.#keyOfSummaries(), this.#summaryContext(owner), sealed);
  }

  sealKeyring(version: number, keyring: Uint8Array): Promise<Bytes> {
    return sealAead(this.#keyringKey, this.#keyringContext(version), keyring);
  }

  /** @throws {MailError} `bad_signature` */
  openKeyring(version: number, sealed: Uint8Array): Promise<Bytes> {
    return openAead(this.#keyringKey, this.#keyringContext(version), sealed);
  }

  /** Names a send, or an import, at the server. */
  async idempotencyKey(purpose: "key" | "import", value: Uint8Array): Promise<IdempotencyKey> {
    return asIdempotencyKey(await this.#tag(purpose, value));
  }

  /** Tells the content of a send from another's. */
  async contentTag(value: Uint8Array): Promise<ContentTag> {
    return asContentTag(await this.#tag("content", value));
  }

  #keyOfSummaries(): CryptoKey {
    if (this.#summaryKey === null) throw new Error("this device opens no mail"); // it is allowed no list
    return this.#summaryKey;
  }

  #tag(purpose: "key" | "content" | "import", value: Uint8Array): Promise<Bytes> {
    return hmacSha256(this.#sendKey, [utf8(`${purpose}\0`), value]);
  }

  #summaryContext({ id, box, envelopeDigest }: SummaryOwner): Bytes {
    const label = "mailctl summary: signature holds";
    return encode(summaryContext, { label, address: this.#address, id, box, envelopeDigest });
  }

  #keyringContext(version: number): Bytes {
    return encode(keyringContext, { label: "mailctl keyring", address: this.#address, version });
  }
}
