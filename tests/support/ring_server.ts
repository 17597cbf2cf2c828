/** A server that keeps the keyring of one account, and opens it for machines of that account. */
import assert from "node:assert/strict";
import type { Client } from "../../src/client/connection/client.ts";
import { Keyring } from "../../src/client/correspondents/keyring.ts";
import { type ListMark, noListMark } from "../../src/client/list_mark.ts";
import { MailboxKey } from "../../src/crypto/account/mailbox_key.ts";
import type { Contact } from "../../src/client/correspondents/contacts.ts";
import { pinKeys } from "../../src/client/sending/pinned_recipients.ts";
import { MailError } from "../../src/model/errors.ts";
import { type Address, asAddress } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { type AccountFingerprint, asAccountFingerprint } from "../../src/model/digests.ts";
import { decode, encode } from "../../src/wire/fields.ts";
import { operations, type ReplyOf, type RequestOf } from "../../src/wire/operations.ts";

/** What the ring is sealed under. */
export const ringKey = await MailboxKey.derive(
  new Uint8Array(32).fill(1),
  asAddress("alice@example.org"),
  ["now"],
);

export function filledPrint(fill: number): AccountFingerprint {
  return asAccountFingerprint(new Uint8Array(32).fill(fill));
}

/** Pins keys as a send does. */
export async function pinIn(
  ring: Keyring,
  keys: ReadonlyMap<Address, AccountFingerprint>,
  now: number,
): Promise<void> {
  await ring.change((contacts) => {
    const size = contacts.size;
    pinKeys(contacts, keys, now);
    return contacts.size > size;
  });
}

/** What a contact is, but for numbers. */
export function pinOf(contact: Contact | null): Contact | null {
  if (contact === null) return null;
  const { given: _, received: __, former = [], ...pin } = contact;
  return former.length === 0 ? pin : { ...pin, former };
}

/** Keeps one ring, and has a client. Requests go through their codec, so that limits hold. */
export class RingServer {
  kept: ReplyOf<"keyring"> = { version: 0, sealed: null, restoredAt: 0 };
  replacements = 0;
  /** Runs before a ring is replaced. */
  before: () => Promise<void> = () => Promise.resolve();
  readonly client = {
    call: (name: string, request: unknown): Promise<unknown> => this.#call(name, request),
    change: (name: string, asked: object): Promise<unknown> =>
      this.client.call(name, { request: randomBytes(16), ...asked }),
  };

  async #call(name: string, request: unknown) {
    if (name === "keyring") return this.kept;
    assert.equal(name, "replaceKeyring");
    const { request: layout } = operations.replaceKeyring;
    const encoded = encode(layout, request as RequestOf<"replaceKeyring">);
    const { expectedVersion, version, sealed } = decode(layout, encoded.slice());
    this.replacements++;
    await this.before();
    if (expectedVersion !== this.kept.version) throw new MailError("keyring_changed", "moved");
    this.kept = { version, sealed, restoredAt: this.kept.restoredAt };
    return {};
  }

  async open(seen: ListMark = noListMark, { putsBack = true } = {}) {
    const noted: number[] = [];
    const marks: ListMark[] = [];
    const note = (mark: ListMark) => {
      noted.push(mark.version);
      marks.push(mark);
      return Promise.resolve();
    };
    const client = this.client as unknown as Client;
    const told: string[] = [];
    const options = {
      client,
      own: { fingerprint: filledPrint(0), earlier: [] },
      key: ringKey,
      seen,
      note,
      tell: (sentence: string) => void told.push(sentence),
    };
    const ring = await Keyring.open(this.kept, options);
    if (ring.isOwed && putsBack) await ring.putBack();
    return { ring, noted, marks, told };
  }
}
