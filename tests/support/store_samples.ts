/** Accounts and messages for store tests. Their bytes mean nothing, but differ where they should. */
import { hash } from "node:crypto";
import { asAccountName } from "../../src/model/address.ts";
import {
  type AccountFingerprint,
  asAccountFingerprint,
  asContentTag,
  asEnvelopeDigest,
  asIdempotencyKey,
  asLoginKey,
} from "../../src/model/digests.ts";
import type { AccountId, EntryId } from "../../src/model/ids.ts";
import type { Account, NewAccount } from "../../src/store/account_store.ts";
import type { ListQuery } from "../../src/store/mailbox_store.ts";
import type { NewMessage } from "../../src/store/send_store.ts";
import type { Store } from "../../src/store/store.ts";

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes that tell whether any were lost, doubled or moved. */
export function patterned(length: number, seed = 0): Uint8Array {
  const pattern = new Uint8Array(length);
  for (let at = 0; at < length; at++) pattern[at] = at * 31 + (at >> 8) + seed;
  return pattern;
}

export function sampleAccount(name: string, change: Partial<NewAccount> = {}): NewAccount {
  return {
    name: asAccountName(name),
    skeleton: `skeleton of ${name}`,
    parameters: { salt: patterned(16), memoryKiB: 65536, passes: 3 },
    loginKey: asLoginKey(bytes(`key of ${name}`)),
    keys: {
      signingKey: patterned(32, name.length),
      recipient: `age1${name}`,
      signature: patterned(64),
      fingerprint: fingerprintOf(name),
    },
    sealedKeys: bytes(`keys of ${name}`),
    createdAt: 1_700_000_000_000,
    ...change,
  };
}

export function fingerprintOf(name: string): AccountFingerprint {
  return asAccountFingerprint(bytes(`fingerprint of ${name}`));
}

export function createAccounts(store: Store, names: readonly string[]): Promise<Account[]> {
  return Promise.all(names.map((name) => createAccount(store, sampleAccount(name))));
}

export async function createAccount(store: Store, account: NewAccount): Promise<Account> {
  await store.createAccount(account);
  return (await store.findAccount(account.name))!;
}

export interface SampleMessage {
  readonly key: string;
  readonly to: readonly string[];
  readonly tag?: string;
  readonly storedAt?: number;
  readonly body?: NewMessage["body"];
}

export function sampleMessage(senderId: AccountId, sample: SampleMessage): NewMessage {
  const { key, to, tag = key, storedAt = 1_000, body = bytes(`body ${key}`) } = sample;
  return {
    senderId,
    idempotencyKey: asIdempotencyKey(bytes(key)),
    contentTag: asContentTag(bytes(tag)),
    storedAt,
    body,
    own: sampleCopy(key, "sender"),
    recipients: to.map((name) => ({
      name: asAccountName(name),
      fingerprint: fingerprintOf(name),
      copy: sampleCopy(key, name),
    })),
  };
}

function sampleCopy(key: string, reader: string) {
  const envelope = bytes(`envelope of ${key} for ${reader}`);
  return {
    envelope,
    envelopeDigest: asEnvelopeDigest(new Uint8Array(hash("sha256", envelope, "buffer"))),
  };
}

/** Asks for a whole box, newest first, unless `change` asks for less. */
export function query(accountId: AccountId, change: Partial<ListQuery> = {}): ListQuery {
  return {
    accountId,
    box: "inbox",
    before: null,
    limit: 200,
    unread: false,
    from: null,
    since: null,
    aside: null,
    ...change,
  };
}

export async function readBody(
  store: Store,
  accountId: AccountId,
  id: EntryId,
): Promise<Uint8Array> {
  const chunks = await Array.fromAsync(store.body(accountId, id));
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** Promises of a store by their wording, each with what shows that it is kept. */
export type Promises = Record<string, (store: Store) => Promise<void>>;
