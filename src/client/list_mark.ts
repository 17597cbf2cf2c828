/** The newest version of a sealed list that a machine saw, the keyring or the folders: what tells that a server went back. */
import { type KeyringPart, versionOf } from "../model/keyring.ts";

/**
 * The list itself as it was sealed, to be put back at a server that has lost it: the parts of a keyring, or the one part
 * that a list of folders is. Empty: version 0.
 */
export type ListMark = readonly KeyringPart[];

/** The newest version that was seen, whatever connection it was seen on. */
export class ListMemory {
  readonly #keep: (mark: ListMark) => Promise<void>;
  #seen: ListMark;

  /** `keep` is told what is to be remembered beyond this. */
  constructor(seen: ListMark, keep: (mark: ListMark) => Promise<void>) {
    this.#seen = seen;
    this.#keep = keep;
  }

  get seen(): ListMark {
    return this.#seen;
  }

  async note(mark: ListMark): Promise<void> {
    if (versionOf(mark) <= versionOf(this.#seen)) return;
    this.#seen = mark;
    await this.#keep(mark);
  }
}
