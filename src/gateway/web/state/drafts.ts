/**
 * Which message of the mailbox each draft on the page is by now. What was written is in the mailbox: this only keeps two
 * windows, or a form that comes twice, from storing it twice.
 */
import { BoundedMap } from "../../../model/bounded_map.ts";
import { MailError } from "../../../model/errors.ts";
import type { EntryId } from "../../../model/ids.ts";
import { SerialQueue } from "../../../model/serial_queue.ts";

/** A draft, by its word. */
export interface DraftState {
  /** Null: it was not kept so far. */
  id: EntryId | null;
  /** The window that wrote what is kept. */
  writer: string;
  /** A version of which nobody heard whether it was kept. */
  doubtful: { readonly key: string; readonly writer: string } | null;
  /** What goes along from another message, and is among the files of what is kept. */
  forward: EntryId | null;
  /** What became of it; null: it is written on. */
  end: "sent" | "discarded" | null;
  /** The digest of what was sent, and the page that told it. */
  sent: { readonly digest: string; readonly place: string } | null;
}

/** What a form says of the draft that it was filled in from. */
export interface DraftForm {
  /** The draft's own word: what is sent under it twice is stored once. */
  readonly draft: string;
  /** The message that it was by then; null: it was not kept. */
  readonly stored: EntryId | null;
  /** The window. */
  readonly writer: string;
}

const maxDrafts = 200;

export class Drafts {
  readonly #states = new BoundedMap<string, DraftState & { readonly queue: SerialQueue }>(
    maxDrafts,
  );
  readonly #words = new BoundedMap<EntryId, string>(10 * maxDrafts);

  find(word: string): DraftState | null {
    return this.#states.get(word) ?? null;
  }

  /** The draft that a message is, or was: a list that is shown somewhere may name one that it was before. */
  wordOf(id: EntryId): string | null {
    return this.#words.get(id) ?? null;
  }

  /** Takes up a draft that is kept. */
  adopt(word: string, id: EntryId): void {
    this.#stateOf(word, id);
    this.#words.set(id, word);
  }

  /** Does something with a draft, one after the other. */
  inTurn<T>({ draft, stored }: DraftForm, work: (state: DraftState) => Promise<T>): Promise<T> {
    const state = this.#stateOf(draft, stored);
    return state.queue.run(() => work(state));
  }

  /** Notes which message it is from now on. */
  note(word: string, id: EntryId, writer: string): void {
    const state = this.#stateOf(word, null);
    state.id = id;
    state.writer = writer;
    state.doubtful = null;
    this.#words.set(id, word);
  }

  #stateOf(word: string, id: EntryId | null) {
    const found = this.#states.get(word) ??
      {
        id,
        writer: "",
        doubtful: null,
        forward: null,
        end: null,
        sent: null,
        queue: new SerialQueue(),
      };
    this.#states.set(word, found);
    return found;
  }
}

/** True where what is kept is of another window, and newer. */
export function isOfAnother(state: DraftState, { stored, writer }: DraftForm): boolean {
  return state.id !== null && state.id !== stored && state.writer !== writer;
}

/** What was written in one window is not lost to what is in another. @throws {MailError} `conflict` */
export function requireNewest(state: DraftState, form: DraftForm): void {
  if (state.end !== null) {
    throw new MailError("conflict", `Cannot keep the draft: it was ${state.end}`);
  }
  if (!isOfAnother(state, form)) return;
  throw new MailError("conflict", "Cannot keep the draft: another window changed it", {
    hint: "Copy your text, and open the draft again.",
  });
}
