/** Moves that can be taken back for a while: where messages went, and where they came from. */
import type { EntryId } from "../../../model/ids.ts";
import { newWord } from "../visitors.ts";

export interface UndoableMove {
  readonly key: string;
  /** In the words of whoever moved it; null where it is more than one. */
  readonly subject: string | null;
  /** The name of the folder where they are now. */
  readonly to: string;
  readonly folder: number;
  /** Folder before -> messages. */
  readonly from: ReadonlyMap<number, readonly EntryId[]>;
  /** By the clock that `now` gives. */
  readonly until: number;
}

/** More are forgotten, the oldest first: so many are in sight. */
const most = 5;

export class UndoableMoves {
  readonly #undoMs: number;
  readonly #now: () => number;
  #moves: readonly UndoableMove[] = [];

  constructor(undoMs: number, now: () => number) {
    this.#undoMs = undoMs;
    this.#now = now;
  }

  add(move: Omit<UndoableMove, "key" | "until">): void {
    const added = { ...move, key: newWord(), until: this.#now() + this.#undoMs };
    this.#moves = [added, ...this.current].slice(0, most);
  }

  /** Takes one out, to undo it once; null: it was undone, or the time is up. */
  take(key: string): UndoableMove | null {
    const found = this.current.find((move) => move.key === key) ?? null;
    this.#moves = this.current.filter((move) => move !== found);
    return found;
  }

  /** Puts back what could not be undone. */
  putBack(move: UndoableMove): void {
    this.#moves = [move, ...this.current].slice(0, most);
  }

  /** What can be undone now, newest first. */
  get current(): readonly UndoableMove[] {
    return this.#moves.filter(({ until }) => until > this.#now());
  }
}
