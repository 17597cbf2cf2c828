/** What clients have a store do, one after the other, each until it is acknowledged; and what has to be there then. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type AccountName, asAccountName } from "../../src/model/address.ts";
import { systemName } from "../../src/model/bounce.ts";
import { concatBytes } from "../../src/model/bytes.ts";
import {
  asIdempotencyKey,
  asInviteHash,
  asLoginKey,
  asRequestId,
} from "../../src/model/digests.ts";
import type { EntryId } from "../../src/model/ids.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import type { RequestKey } from "../../src/store/request_store.ts";
import type { SendTerms } from "../../src/store/send_store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccount,
  patterned,
  query,
  readBody,
  sampleAccount,
  sampleMessage,
} from "./store_samples.ts";

/** Repeats work until the store has acknowledged it. */
export type Repeat = <T>(work: (store: Store) => Promise<T>) => Promise<T>;

/** Envelopes of one mailbox: those that have to be there, and those that nobody knows of. */
interface Expected {
  readonly there: Set<string>;
  readonly doubtful: Set<string>;
}

type Check = (store: Store) => Promise<void>;

const uploadChunks = 3;
const farAway = 9_000_000_000_000;
const decoder = new TextDecoder();

/** What was acknowledged of all that clients did. */
export class Ledger {
  /** Calls that were acknowledged. */
  count = 0;
  readonly #mailboxes = new Map<string, Expected>();
  readonly #checks: Check[] = [];

  expected(name: string): Expected {
    const none = () => ({ there: new Set<string>(), doubtful: new Set<string>() });
    return this.#mailboxes.getOrInsertComputed(name, none);
  }

  /** Notes what has to hold at the end. */
  check(check: Check): void {
    this.#checks.push(check);
  }

  /** @throws where anything that was acknowledged is missing, is there twice, or is not as it was told */
  async verify(store: Store): Promise<void> {
    for (const [name, { there, doubtful }] of this.#mailboxes) {
      const { id } = (await store.findAccount(asAccountName(name)))!;
      const found = await inboxOf(store, id);
      assert.equal(new Set(found).size, found.length, `${name} has nothing twice`);
      assert.deepEqual([...there].filter((one) => !found.includes(one)), [], `${name} lost mail`);
      const unknown = found.filter((one) => !there.has(one) && !doubtful.has(one));
      assert.deepEqual(unknown, [], `${name} has what nobody sent`);
    }
    await Promise.all(this.#checks.map((check) => check(store)));
  }
}

async function inboxOf(store: Store, id: Account["id"]): Promise<string[]> {
  const all: Entry[] = [];
  for (;;) {
    const { total, entries } = await store.list(query(id, { before: all.at(-1)?.id ?? null }));
    all.push(...entries);
    if (entries.length > 0) continue;
    assert.equal(total, all.length);
    return all.map(({ envelope }) => decoder.decode(envelope!));
  }
}

/** One client: an account that sends to one who reads, which is its own too, and to `bob`, who is everybody's. */
export class Client {
  readonly #repeat: Repeat;
  readonly #ledger: Ledger;
  readonly #sender: Account;
  readonly #reader: Account;
  readonly #random: () => number;
  #keys = 0;
  #version = 0;
  #epoch: number;

  private constructor(
    repeat: Repeat,
    ledger: Ledger,
    accounts: readonly [Account, Account],
    random: () => number,
  ) {
    [this.#sender, this.#reader] = accounts;
    this.#repeat = repeat;
    this.#ledger = ledger;
    this.#random = random;
    this.#epoch = this.#sender.epoch;
  }

  /** Makes its accounts. */
  static async join(
    { store, repeat, ledger, random, name }: {
      readonly store: Store;
      readonly repeat: Repeat;
      readonly ledger: Ledger;
      readonly random: () => number;
      readonly name: string;
    },
  ): Promise<Client> {
    const accounts = [
      await createAccount(store, sampleAccount(name)),
      await createAccount(store, sampleAccount(`${name}-reader`)),
    ] as const;
    return new Client(repeat, ledger, accounts, random);
  }

  /** Does one thing after the other, each once, in an order that the seed says. */
  async act(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.#acts[this.#random() % this.#acts.length]!();
      this.#ledger.count++;
    }
  }

  /** Does each thing once. */
  async actOnEach(): Promise<void> {
    for (const act of this.#acts) await act();
    this.#ledger.count += this.#acts.length;
  }

  readonly #acts: readonly (() => Promise<unknown>)[] = [
    () => this.#send(),
    () => this.#send(),
    () => this.#sendUpload(),
    () => this.#submitPartly(),
    () => this.#hold(),
    () => this.#cancel(),
    () => this.#append(),
    () => this.#receive(),
    () => this.#read(),
    () => this.#burn(),
    () => this.#delete(),
    () => this.#file(),
    () => this.#replaceKeyring(),
    () => this.#replacePassword(),
    () => this.#invite(),
  ];

  /** Sends to the reader and to bob; returns the key. */
  async #send(): Promise<string> {
    const key = this.#key();
    const to = [this.#reader.name, "bob"];
    const { id } = await this.#repeat((store) => store.send(this.#message(key, to)));
    this.#ledger.check(async (store) => {
      assert.equal(await store.findSend(this.#sender.id, asIdempotencyKey(bytes(key))), id, key);
      assert.deepEqual(await readBody(store, this.#sender.id, id), bytes(`body ${key}`));
    });
    this.#expect(key, this.#reader.name, "bob");
    return key;
  }

  /** A client that does not hear of its upload begins another. */
  async #sendUpload(): Promise<void> {
    const key = this.#key();
    const { id } = await this.#repeat(async (store) => {
      const upload = await store.beginUpload(this.#sender.id);
      for (let at = 0; at < uploadChunks; at++) await store.appendUpload(upload, at, chunk(at));
      return await store.send({ ...this.#message(key, ["bob"]), body: { upload } });
    });
    this.#expect(key, "bob");
    this.#ledger.check(async (store) => {
      const chunks = Array.from({ length: uploadChunks }, (_, at) => chunk(at));
      assert.deepEqual(await readBody(store, this.#sender.id, id), concatBytes(chunks), key);
    });
  }

  /** It comes back from somebody who does not exist, once. */
  async #submitPartly(): Promise<void> {
    const key = this.#key();
    const nobody = asAccountName("nobody");
    const message = () => this.#message(key, [this.#reader.name, nobody]);
    const terms = { ...atOnce, partial: true };
    const { id, bounced } = await this.#repeat((store) => store.submit(message(), terms));
    assert.deepEqual(bounced.map(({ recipient }) => recipient), [nobody]);
    this.#expect(key, this.#reader.name);
    this.#ledger.expected(this.#sender.name).there.add(envelopeFor(key, "sender"));
    this.#ledger.check(async (store) => {
      const [own, notice] = await store.entries(this.#sender.id, [id, bounced[0]!.id]);
      assert.deepEqual([own?.from, notice?.from], [this.#sender.name, systemName], key);
    });
  }

  async #hold(): Promise<void> {
    const key = this.#key();
    const terms = { ...atOnce, deliverAt: Date.now() + 50 };
    await this.#repeat((store) => store.submit(this.#message(key, ["bob"]), terms));
    this.#expect(key, "bob");
  }

  async #cancel(): Promise<void> {
    const key = this.#key();
    const terms = { ...atOnce, deliverAt: farAway };
    const message = () => this.#message(key, ["bob"]);
    const { id } = await this.#repeat((store) => store.submit(message(), terms));
    await this.#repeat((store) => store.cancel(this.#sender.id, [id], 77));
    this.#ledger.check(async (store) => {
      const [own] = await store.entries(this.#sender.id, [id]);
      assert.deepEqual([own?.heldUntil, own?.cancelledAt], [null, 77], key);
    });
  }

  async #append(): Promise<void> {
    const key = this.#key();
    const { own: copy } = this.#message(key, []);
    const { id } = await this.#repeat((store) =>
      store.append({
        accountId: this.#sender.id,
        idempotencyKey: asIdempotencyKey(bytes(key)),
        box: "inbox",
        isRead: false,
        storedAt: 1_000,
        body: bytes(key),
        copy,
        filing: null,
      })
    );
    this.#ledger.expected(this.#sender.name).there.add(envelopeFor(key, "sender"));
    this.#ledger.check(async (store) =>
      assert.deepEqual(await readBody(store, this.#sender.id, id), bytes(key), key)
    );
  }

  /** Mail from outside has no key of its own: a host that heard no answer brings it again. */
  async #receive(): Promise<void> {
    const { there, doubtful } = this.#ledger.expected("bob");
    const key = await this.#repeat(async (store) => {
      const key = this.#key();
      const { idempotencyKey, recipients, body } = this.#message(key, ["bob"]);
      doubtful.add(envelopeFor(key, "bob"));
      const from = { account: null, addresses: ["x@world.test"] };
      await store.receive({ key: idempotencyKey, storedAt: 1_000, from, body, recipients });
      return key;
    });
    there.add(envelopeFor(key, "bob"));
  }

  async #read(): Promise<void> {
    const key = await this.#send();
    const id = await this.#newest(key);
    const receipts = new Map([[id, bytes(`receipt for ${key}`)]]);
    await this.#repeat((store) => store.markRead(this.#reader.id, [id], 88, receipts));
    this.#ledger.check(async (store) => {
      const [entry] = await store.entries(this.#reader.id, [id]);
      assert.equal(entry?.readAt, 88, key);
      const sent = await store.findSend(this.#sender.id, asIdempotencyKey(bytes(key)));
      const [own] = await store.entries(this.#sender.id, [sent!]);
      const given = own!.deliveries.map(({ receipt }) => receipt && decoder.decode(receipt));
      assert.deepEqual(given, [`receipt for ${key}`, null], key);
    });
  }

  async #burn(): Promise<void> {
    const key = this.#key();
    const message = () => this.#message(key, [this.#reader.name]);
    const terms = { ...atOnce, burn: true };
    const { id } = await this.#repeat((store) => store.submit(message(), terms));
    const copy = await this.#newest(key);
    await this.#repeat((store) => store.markRead(this.#reader.id, [copy], 88));
    this.#ledger.check(async (store) => {
      assert.deepEqual(await store.entries(this.#reader.id, [copy]), [null], key);
      assert.equal((await store.entries(this.#sender.id, [id]))[0]?.sealedBytes, 0, key);
    });
  }

  async #delete(): Promise<void> {
    const key = await this.#send();
    const id = await this.#newest(key);
    const request = this.#request("delete");
    const deleted = await this.#repeat((store) =>
      store.under(request).deleteEntries(this.#reader.id, [id])
    );
    assert.deepEqual(deleted, [id]);
    this.#ledger.expected(this.#reader.name).there.delete(envelopeFor(key, this.#reader.name));
  }

  async #file(): Promise<void> {
    const id = await this.#newest(await this.#send());
    const sealed = () => bytes(`filing of ${id}`);
    const [answer] = await this.#repeat((store) => {
      const filing = { id, expectedVersion: 0, moves: false, aside: true, sealed: sealed() };
      return store.fileEntries(this.#reader.id, [filing]);
    });
    assert.equal(answer!.outcome, "filed");
    this.#ledger.check(async (store) => {
      const [entry] = await store.filedEntries(this.#reader.id, [id]);
      const { version, aside, sealed: filed } = entry!.filing;
      assert.deepEqual([version, aside, filed], [1, true, sealed()], `filing of ${id}`);
    });
  }

  async #replaceKeyring(): Promise<void> {
    const expectedVersion = this.#version;
    const version = expectedVersion + 1;
    const request = this.#request("replaceKeyring");
    const part = () => ({ version, sealed: patterned(40, version) });
    await this.#repeat((store) =>
      store.under(request).replaceKeyring(this.#sender.id, {
        ...part(),
        expectedVersion,
        after: null,
      })
    );
    this.#version = version;
    this.#ledger.check(async (store) => {
      if (version !== this.#version) return; // there was a later one
      const { parts } = await store.keyring(this.#sender.id);
      assert.deepEqual(parts, [part()], `keyring of ${this.#sender.name}`);
    });
  }

  async #replacePassword(): Promise<void> {
    const request = this.#request("replacePassword");
    const epoch = await this.#repeat((store) =>
      store.under(request).replacePassword({
        accountId: this.#sender.id,
        parameters: { salt: patterned(16, 7), memoryKiB: 131_072, passes: 4 },
        loginKey: asLoginKey(bytes(`login ${this.#epoch + 1}`)),
        sealedKeys: bytes("new keys"),
        devices: [],
      })
    );
    this.#epoch++;
    assert.equal(epoch, this.#epoch, `epoch of ${this.#sender.name}`);
  }

  /** An account by an invite for two: one use is left. */
  async #invite(): Promise<void> {
    const name = asAccountName(`${this.#key()}-guest`);
    const tokenHash = () => asInviteHash(bytes(name.padEnd(32)));
    const invite = { uses: 2, expiresAt: farAway, maxBytes: null, provisioning: false };
    const made = this.#request("invite", systemName);
    await this.#repeat((store) =>
      store.under(made).addInvite({ ...invite, tokenHash: tokenHash() }, 1)
    );
    const used = this.#request("register", name);
    const use = () => ({ tokenHash: tokenHash(), now: 2 });
    const id = await this.#repeat((store) =>
      store.under(used).createInvitedAccount(sampleAccount(name), use())
    );
    this.#ledger.check(async (store) => {
      assert.equal((await store.findAccount(name))?.id, id, name);
      await store.createInvitedAccount(sampleAccount(`${name}-2`), use());
      assert.equal(await store.findInvite(use()), null, `invite of ${name}`);
    });
  }

  /** The id of what came to the reader last: only this client sends there, and waits for each. */
  async #newest(key: string): Promise<EntryId> {
    const { entries } = await this.#repeat((store) =>
      store.list(query(this.#reader.id, { limit: 1 }))
    );
    assert.equal(decoder.decode(entries[0]!.envelope!), envelopeFor(key, this.#reader.name));
    return entries[0]!.id;
  }

  #expect(key: string, ...names: readonly string[]): void {
    for (const name of names) this.#ledger.expected(name).there.add(envelopeFor(key, name));
  }

  #key(): string {
    return `${this.#sender.name}-${++this.#keys}`;
  }

  #message(key: string, to: readonly string[]) {
    return sampleMessage(this.#sender.id, { key, to });
  }

  #request(call: string, account: AccountName | typeof systemName = this.#sender.name): RequestKey {
    return { account, id: asRequestId(Uint8Array.from(randomBytes(16))), call, at: Date.now() };
  }
}

const atOnce: SendTerms = { partial: false, unknown: [], expiresAt: null };

function envelopeFor(key: string, reader: string): string {
  return `envelope of ${key} for ${reader}`;
}

function chunk(at: number): Uint8Array {
  return patterned(9_000, at);
}
