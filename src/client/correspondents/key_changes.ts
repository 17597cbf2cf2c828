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
  /** Senders that were asked about. */
  readonly #asked = new Set<string>();

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
    const senders = changed.map(({ from }) => from).filter((from) => !this.#asked.has(from));
    if (senders.length > 0) {
      for (const sender of senders) this.#asked.add(sender);
      await keyring.followKeyChanges(await source.keyLines(senders), this.#now());
    }
    return messages.map((message) => judged(keyring, message));
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
