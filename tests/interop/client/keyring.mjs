/** WIRE 9.1: whom an account knows, in parts that each seal the tag of the part before. */
import { hmac, join, open, seal } from "./bytes.mjs";
import { ranges } from "./envelope.mjs";
import {
  bool,
  decode,
  encode,
  firstForm,
  fixed,
  list,
  optional,
  struct,
  text,
  u64,
  u8,
} from "./fields.mjs";
import { noneGiven, noneReceived } from "./numbers.mjs";
import { Refusal } from "./session.mjs";

const given = struct({
  last: u64,
  since: u64,
  absent: list(struct({ first: u64, last: u64, expires: u64, due: u64 })),
  heard: u64,
  lacks: ranges,
});

const received = struct({
  highest: u64,
  since: u64,
  gaps: list(struct({ first: u64, last: u64, expires: u64, state: u8 })),
  resumes: bool,
  newest: u64,
  restored: u64,
  searched: u64,
});

const contact = struct({
  address: text,
  fingerprint: fixed(32),
  mark: optional(fixed(32)),
  since: u64,
  former: list(struct({ fingerprint: fixed(32), until: u64 })),
  given,
  received,
});

const keyring = struct({
  form: firstForm,
  own: fixed(32),
  restoredAt: u64,
  contacts: list(contact),
});

const tag = optional(fixed(16));
const keyringChanged = 37;
const mostTries = 5;

/**
 * Has `act` read and change the keyring, and store it by the part that `sealed` gives. Where another machine of the
 * account was quicker, it is done again on the ring that there is then.
 */
export async function withKeyring(who, act) {
  for (let tries = 1;; tries += 1) {
    const ring = await fetchKeyring(who);
    try {
      return await act(ring);
    } catch (error) {
      const isStale = error instanceof Refusal && error.code === keyringChanged;
      if (!isStale || tries === mostTries) throw error;
    }
  }
}

/** Asks for the parts that the client has not seen, and opens the whole ring. */
async function fetchKeyring(who) {
  const seen = who.keyringParts ?? [];
  const known = seen.length === 0 ? null : tagOf(seen.at(-1));
  const { isWhole, parts, restoredAt } = await who.session.call("keyring", { known });
  const all = isWhole ? parts : [...seen, ...parts];
  const ring = new Keyring(who, all, restoredAt);
  who.keyringParts = all;
  ring.told = parts.length;
  return ring;
}

export class Keyring {
  #who;
  #parts;
  #restoredAt;
  #contacts = new Map();
  #changed = new Set();

  /** How many of the parts were not seen before. */
  told = 0;

  constructor(who, parts, restoredAt) {
    this.#who = who;
    this.#parts = parts;
    this.#restoredAt = restoredAt;
    let after = null;
    for (const part of parts) {
      this.#take(part, after);
      after = tagOf(part);
    }
  }

  get version() {
    return this.#parts.at(-1)?.version ?? 0;
  }

  get contacts() {
    return [...this.#contacts.values()];
  }

  contact(address) {
    return this.#contacts.get(address) ?? null;
  }

  put(contact) {
    this.#contacts.set(contact.address, contact);
    this.#changed.add(contact.address);
  }

  /** Pins the keys of an address that was never met, and returns its contact. */
  meet(address, fingerprint) {
    const former = [];
    const numbers = { given: noneGiven, received: noneReceived };
    this.put({ address, fingerprint, verified: false, since: Date.now(), former, ...numbers });
    return this.contact(address);
  }

  /** What was changed, sealed behind the newest part, or as a whole ring; null where nothing was. */
  sealed() {
    if (this.#changed.size === 0) return null;
    const behind = this.#parts.at(-1);
    const delta = this.#seal([...this.#changed], behind === undefined ? null : tagOf(behind));
    const [whole, ...deltas] = this.#parts;
    const deltaBytes = [...deltas, delta].reduce((sum, { sealed }) => sum + sealed.length, 0);
    const isShort = whole !== undefined &&
      deltaBytes <= whole.sealed.length / 2;
    return isShort ? delta : this.#seal([...this.#contacts.keys()], null);
  }

  #seal(addresses, after) {
    const contacts = addresses.map((address) => {
      const contact = this.#contacts.get(address);
      return { ...contact, mark: contact.verified ? this.#markOf(contact) : null };
    });
    const own = this.#who.keys.fingerprint;
    const content = encode(keyring, { own, restoredAt: this.#restoredAt, contacts });
    const version = this.version + 1;
    const sealed = seal(this.#who.keyringKey, content, this.#context(version, after));
    return { expectedVersion: this.version, after, version, sealed };
  }

  #take({ version, sealed }, after) {
    const content = open(this.#who.keyringKey, sealed, this.#context(version, after));
    const { own, contacts } = decode(keyring, content);
    const isOurs = [this.#who.keys, ...this.#who.earlier].some(({ fingerprint }) =>
      fingerprint.equals(own)
    );
    if (!isOurs) throw new Error("the server went back to earlier keys");
    for (const { mark, ...contact } of contacts) {
      const verified = mark !== null && this.#markOf(contact).equals(mark);
      this.#contacts.set(contact.address, { ...contact, verified });
    }
  }

  /** Proves that a device of scope `mail` verified the fingerprint of a contact (9.1). */
  #markOf({ address, fingerprint }) {
    const names = ["mailctl mark", this.#who.address, address].map((name) => text.write(name));
    return hmac(this.#who.markKey, ...names, fingerprint);
  }

  #context(version, after) {
    const owner = [
      text.write("mailctl keyring"),
      text.write(this.#who.address),
    ];
    return join(...owner, u64.write(version), encode(tag, after));
  }
}

function tagOf({ sealed }) {
  return sealed.subarray(-16);
}
