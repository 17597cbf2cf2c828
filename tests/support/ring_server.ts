/** A server that keeps the keyring of one account, and opens it for machines of that account. */
import assert from "node:assert/strict";
import type { Client } from "../../src/client/connection/client.ts";
import { Keyring } from "../../src/client/correspondents/keyring.ts";
import type { KeyringMark } from "../../src/client/correspondents/keyring_parts.ts";
import { MailboxKey } from "../../src/crypto/account/mailbox_key.ts";
import type { Contact } from "../../src/client/correspondents/contacts.ts";
import { pinKeys } from "../../src/client/sending/pinned_recipients.ts";
import { newestTag, tagOf, versionOf } from "../../src/model/keyring.ts";
import { type Address, asAddress } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { type AccountFingerprint, asAccountFingerprint } from "../../src/model/digests.ts";
import type { KeyringUpdate } from "../../src/store/account_store.ts";
import { requireNewest } from "../../src/store/rules/keyring.ts";
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

/** A ring of twenty contacts at version 1, and a delta for each version up to `version`, with one more contact each. */
export async function ringOfParts(
  version: number,
  { server = new RingServer(), key = ringKey } = {},
): Promise<RingServer> {
  const { ring } = await server.open([], { key });
  const names = Array.from({ length: 20 }, (_, at) => asAddress(`friend${at}@x.org`));
  await pinIn(ring, new Map(names.map((name) => [name, filledPrint(1)])), 1);
  for (let at = 2; at <= version; at++) {
    await pinIn(ring, new Map([[asAddress(`new${at}@x.org`), filledPrint(at)]]), at);
  }
  assert.deepEqual(
    server.kept.parts.map((part) => part.version),
    Array.from({ length: version }, (_, at) => at + 1),
  );
  return server;
}

/** What a contact is, but for numbers. */
export function pinOf(contact: Contact | null): Contact | null {
  if (contact === null) return null;
  const { given: _, received: __, former = [], ...pin } = contact;
  return former.length === 0 ? pin : { ...pin, former };
}

/** All that a server keeps of a ring. */
export type KeptRing = ReplyOf<"keyring">;

export const emptyRing: KeptRing = { isWhole: true, parts: [], restoredAt: 0 };

/** What a server answers that keeps this. */
export function answer(kept: KeptRing, { known }: RequestOf<"keyring">): KeptRing {
  const at = kept.parts.findIndex((part) => tagOf(part).toHex() === known?.toHex());
  return { ...kept, isWhole: at < 0, parts: kept.parts.slice(at + 1) };
}

/** What it keeps after a change. @throws {MailError} `keyring_changed` */
export function changed(kept: KeptRing, update: KeyringUpdate): KeptRing {
  const { version, sealed, after } = update;
  const newest = kept.parts.at(-1);
  requireNewest(update, newest && { version: newest.version, tag: tagOf(newest) });
  return { ...kept, parts: [...after === null ? [] : kept.parts, { version, sealed }] };
}

/** Keeps one ring, and has a client. Requests go through their codec, so that limits hold. */
export class RingServer {
  kept = emptyRing;
  replacements = 0;

  get version(): number {
    return versionOf(this.kept.parts);
  }

  /** What it makes of its answers. */
  lie: (honest: KeptRing) => KeptRing = (honest) => honest;
  /** Runs before a ring is replaced. */
  before: () => Promise<void> = () => Promise.resolve();
  readonly client = {
    call: (name: string, request: unknown): Promise<unknown> => this.#call(name, request),
    change: (name: string, asked: object): Promise<unknown> =>
      this.client.call(name, { request: randomBytes(16), ...asked }),
  };

  #answer(request: RequestOf<"keyring">): KeptRing {
    return this.lie(answer(this.kept, request));
  }

  async #call(name: string, request: unknown) {
    if (name === "keyring") return this.#answer(request as RequestOf<"keyring">);
    assert.equal(name, "replaceKeyring");
    const { request: layout } = operations.replaceKeyring;
    const encoded = encode(layout, request as RequestOf<"replaceKeyring">);
    const update = decode(layout, encoded.slice());
    this.replacements++;
    await this.before();
    this.kept = changed(this.kept, update);
    return {};
  }

  async open(seen: KeyringMark = [], { putsBack = true, key = ringKey } = {}) {
    const noted: number[] = [];
    const marks: KeyringMark[] = [];
    const note = (mark: KeyringMark) => {
      noted.push(versionOf(mark));
      marks.push(mark);
      return Promise.resolve();
    };
    const client = this.client as unknown as Client;
    const told: string[] = [];
    const options = {
      client,
      own: { fingerprint: filledPrint(0), earlier: [] },
      key,
      seen,
      note,
      tell: (sentence: string) => void told.push(sentence),
    };
    const ring = await Keyring.open(this.#answer({ known: newestTag(seen) }), options);
    if (ring.isOwed && putsBack) await ring.putBack();
    return { ring, noted, marks, told };
  }
}
