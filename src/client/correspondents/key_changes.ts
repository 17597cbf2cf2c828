/** Messages whose sender's key changed: judged again, once it was asked whether the known key leads to it. */
import type { KeyHistory } from "./contacts.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import type { Keyring } from "./keyring.ts";
import type { Address } from "../../model/address.ts";

/** Whom to ask how keys came to be what they are. */
interface Source {
  keyLines(addresses: readonly Address[]): Promise<Map<Address, KeyHistory>>;
}

export class Follower {
  readonly #now: () => number;
  /** Senders that were asked about, each with the answer: others wait for it. */
  readonly #asked = new Map<Address, Promise<void>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Judges messages of a list; asks once for each sender whose key changed. */
  async judgeAll(
    keyring: Keyring,
    messages: readonly ListedMessage[],
    source: Source,
  ): Promise<ListedMessage[]> {
    const changed = messages.filter(({ outcome }) => outcome === "changed");
    const senders = changed.map(({ from }) => from);
    const fresh = senders.filter((from) => !this.#asked.has(from));
    const following = fresh.length === 0 ? null : this.#follow(keyring, fresh, source);
    for (const sender of fresh) this.#asked.set(sender, following!);
    await Promise.all(senders.map((from) => this.#asked.get(from)));
    return messages.map((message) => judged(keyring, message));
  }

  async #follow(keyring: Keyring, senders: readonly Address[], source: Source): Promise<void> {
    try {
      await keyring.followKeyChanges(await source.keyLines(senders), this.#now());
    } catch (error) {
      for (const sender of senders) this.#asked.delete(sender); // the next one asks again
      throw error;
    }
  }

  /**
   * Judges one message while its body is under way: so it is asked on a connection of its own, and kept by `keep`, to be
   * called when the body is read.
   */
  async judgeAgain(
    keyring: Keyring,
    message: ListedMessage,
    reopen: () => Promise<Source & { close(): void }>,
  ): Promise<{ message: ListedMessage; keep: () => Promise<void> }> {
    const nothing = () => Promise.resolve();
    if (message.outcome !== "changed") return { message, keep: nothing };
    const elsewhere = await reopen();
    try {
      const lines = await elsewhere.keyLines([message.from]);
      const now = this.#now();
      const keep = keyring.learn(lines, now) ? () => keyring.keepLearned(lines, now) : nothing;
      return { message: judged(keyring, message), keep };
    } finally {
      elsewhere.close();
    }
  }
}

/** A message whose sender's key changed, now that the keyring may know more. */
function judged(keyring: Keyring, message: ListedMessage): ListedMessage {
  const { outcome, from, senderFingerprint, headers, number } = message;
  if (outcome !== "changed" || senderFingerprint === null || headers === null) return message;
  return { ...message, outcome: keyring.judge(from, senderFingerprint, headers.date, number) };
}
