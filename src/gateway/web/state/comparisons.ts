/** Keys that were shown side by side: what is decided is decided of what was seen, whatever the server says by then. */
import type { Comparison } from "../../../client/correspondents/trust.ts";
import { BoundedMap } from "../../../model/bounded_map.ts";
import { MailError } from "../../../model/errors.ts";
import { newWord } from "../visitors.ts";

/** So many may still be decided on. */
const most = 20;

export class Comparisons {
  readonly #shown = new BoundedMap<string, Comparison>(most);

  /** Remembers a comparison that is shown, under a word for the form that decides on it. */
  show(comparison: Comparison): string {
    const word = newWord();
    this.#shown.set(word, comparison);
    return word;
  }

  /** @throws {MailError} `conflict` where it was shown too long ago */
  find(word: string): Comparison {
    const comparison = this.#shown.get(word);
    if (comparison !== undefined) return comparison;
    throw new MailError("conflict", "Cannot tell which key was shown", { hint: "Compare again." });
  }

  clear(): void {
    this.#shown.clear();
  }
}
