/** The newest version of a sealed list that a machine saw, the keyring or the folders: what tells that a server went back. */
import { sha256 } from "../crypto/fingerprint.ts";

/** How far a list was seen to go. */
export interface ListMark {
  readonly version: number;
  /** SHA-256 of what was sealed, hexadecimal; null for version 0. */
  readonly digest: string | null;
  /** The list itself, to be put back at a server that has lost it. Absent: it was not kept. */
  readonly sealed?: Uint8Array | undefined;
}

export const noListMark: ListMark = { version: 0, digest: null };

export async function markOf(version: number, sealed: Uint8Array | null): Promise<ListMark> {
  if (sealed === null) return { version, digest: null };
  return { version, digest: (await sha256(sealed)).toHex(), sealed };
}

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
    if (mark.version <= this.#seen.version) return;
    this.#seen = mark;
    await this.#keep(mark);
  }
}
