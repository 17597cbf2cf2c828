/** Which messages were appended before: those that are asked for together are in one request. */
import type { IdempotencyKey } from "../../model/digests.ts";
import type { EntryId } from "../../model/ids.ts";
import { letOthersIn } from "../../model/promises.ts";

interface Waiting {
  readonly key: IdempotencyKey;
  readonly resolve: (id: EntryId | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Answers in the order of the keys. */
type Ask = (keys: readonly IdempotencyKey[]) => Promise<readonly (EntryId | null)[]>;

export class FindAppended {
  readonly #ask: Ask;
  #waiting: Waiting[] = [];

  /** `ask` gets as many keys at once as wait together. */
  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Finds what was appended under a key and is there; null: nothing. */
  find(key: IdempotencyKey): Promise<EntryId | null> {
    const { promise, resolve, reject } = Promise.withResolvers<EntryId | null>();
    if (this.#waiting.push({ key, resolve, reject }) === 1) this.#askSoon();
    return promise;
  }

  async #askSoon(): Promise<void> {
    await letOthersIn();
    const asked = this.#waiting;
    this.#waiting = [];
    try {
      const ids = await this.#ask(asked.map(({ key }) => key));
      for (const [at, { resolve }] of asked.entries()) resolve(ids[at] ?? null);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
