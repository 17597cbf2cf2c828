/** A reader's own word that a message was read, signed: only its sender gets it, and anybody could check it. WIRE.md 8.8. */
import type { Address } from "../../model/address.ts";
import { type Bytes, concatBytes, utf8 } from "../../model/bytes.ts";
import type { AccountFingerprint, ContentsDigest } from "../../model/digests.ts";
import { decode, encode, fixed, struct, text, u64, versioned } from "../../wire/fields.ts";
import { address, contentsDigest, fingerprint } from "../../wire/layouts.ts";
import { sign, verify } from "../signature.ts";

const layout = versioned(
  1,
  struct({ readAt: u64, fingerprint, signature: fixed(64) }),
);

const statement = struct({
  messageId: text(998),
  contents: contentsDigest,
  sender: address,
  reader: address,
  fingerprint,
  readAt: u64,
});

/** Which message was read, and by whom: what its sender and its reader both know. */
export interface ReadMessage {
  readonly messageId: string;
  /** As `digestContents` has it. */
  readonly contents: ContentsDigest;
  /** `name@domain` */
  readonly sender: Address;
  /** `name@domain` */
  readonly reader: Address;
}

export interface Receipt {
  /** By the reader's clock, milliseconds since 1970. */
  readonly readAt: number;
  /** Of the reader's keys that signed it. */
  readonly fingerprint: AccountFingerprint;
  readonly signature: Uint8Array;
}

/** The reader's keys, as their owner has them. */
export interface ReceiptSigner {
  readonly signingSeed: Uint8Array;
  /** Of the public keys. */
  readonly fingerprint: AccountFingerprint;
}

/** Signs that a message was read; 105 bytes. */
export async function signReceipt(
  { signingSeed, fingerprint }: ReceiptSigner,
  read: ReadMessage,
  readAt: number,
): Promise<Bytes> {
  const signature = await sign(signingSeed, messageOf(read, fingerprint, readAt));
  return encode(layout, { readAt, fingerprint, signature });
}

/** Decodes a receipt without checking it. @throws {MailError} `protocol` */
export function decodeReceipt(encoded: Uint8Array): Receipt {
  return decode(layout, encoded);
}

/** Checks a receipt by the key that it names; whose key that is, is the keyring's to say. */
export function verifyReceipt(
  signingKey: Uint8Array,
  read: ReadMessage,
  { readAt, fingerprint, signature }: Receipt,
): Promise<boolean> {
  return verify(signingKey, signature, messageOf(read, fingerprint, readAt));
}

function messageOf(read: ReadMessage, fingerprint: AccountFingerprint, readAt: number): Bytes {
  const said = encode(statement, { ...read, fingerprint, readAt });
  return concatBytes([utf8("mailctl receipt v1\0"), said]);
}
