/** Who may see the page: whoever comes with a link that is good once, and from then on their browser. */
import { equalBytes, randomBytes, utf8 } from "../../model/bytes.ts";

/** A browser that was let in. */
export interface Visitor {
  readonly cookie: string;
  /** Goes with everything that changes something. */
  readonly token: string;
}

/** Browsers of one person; a link that more of them come by pushes the oldest out. */
const maxVisitors = 4;

export class Visitors {
  readonly #now: () => number;
  #links: { readonly word: string; readonly until: number }[] = [];
  #visitors: Visitor[] = [];

  /** `now` is in milliseconds, from any start. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Makes the word of a link that lets in once, within so many milliseconds. */
  invite(validMs: number): string {
    const word = newWord();
    this.#links.push({ word, until: this.#now() + validMs });
    return word;
  }

  /** Lets a browser in by the word of a link, which is used up then. Null: it was never given out, used, or is too old. */
  admit(word: string): Visitor | null {
    const link = this.#links.find((each) => isSame(each.word, word));
    this.#links = this.#links.filter((each) => each !== link && each.until > this.#now());
    if (link === undefined || link.until <= this.#now()) return null;
    const visitor = { cookie: newWord(), token: newWord() };
    this.#visitors = [...this.#visitors, visitor].slice(-maxVisitors);
    return visitor;
  }

  /** Finds the visitor of a cookie. There may be several of its name: other pages of this host can set one too. */
  find(cookies: readonly string[]): Visitor | null {
    return (
      this.#visitors.find(({ cookie }) => cookies.some((each) => isSame(each, cookie))) ?? null
    );
  }
}

/** 256 bits that nobody guesses. */
export function newWord(): string {
  return randomBytes(32).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Compares in time that tells nothing of where they differ. */
export function isSame(one: string, other: string): boolean {
  return equalBytes(utf8(one), utf8(other));
}
