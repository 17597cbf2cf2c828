/** Answering SEARCH: what opens nothing is decided first, then what opens little. */
import { type MessageTexts, readMessageTexts } from "../../../client/searching/message_texts.ts";
import type { Test } from "../../../client/searching/term.ts";
import { MailError } from "../../../model/errors.ts";
import { heardElsewhere, inOrder, letOthersIn } from "../../../model/promises.ts";
import type { MailFolders, MailMessage, MailTexts } from "../../folders/mail_folders.ts";
import type { NumberSet } from "../number_set.ts";
import { HeaderTexts } from "./header_texts.ts";
import type { SequencedMessage } from "./sequenced_message.ts";
import type { SearchRequest } from "./search_request.ts";
import type { KnownMessage, Need, SearchScope } from "./search_key.ts";

export interface SearchContext {
  /** Milliseconds since 1970, for OLDER and YOUNGER. */
  readonly now: number;
  /** The UIDs that `$` stands for. */
  readonly saved: NumberSet;
  /** Ends the search where its session ends: it fails with the reason. */
  readonly signal: AbortSignal;
  /** Hears after each message how many of all are decided: the caller says how often it is told (RFC 9585). */
  readonly onProgress: (done: number, total: number) => void;
}

const messagesAtOnce = 200;
const outlinesAtOnce = 16;
const textsAtOnce = 16;
const maxAheadBytes = 1024 * 1024;

/**
 * Finds the messages that a query means, in the order of `messages`, which are all of the folder as the session knows it:
 * `*` is the last of them. A message that is gone is not found by what only opening it tells.
 * @throws {MailError} as `MailFolders` does
 */
export async function searchMessages(
  folders: MailFolders,
  messages: readonly SequencedMessage[],
  { key }: SearchRequest,
  context: SearchContext,
): Promise<SequencedMessage[]> {
  const search = new Search(folders, key.needs, key.test(scopeOf(messages, context)), context);
  const found: SequencedMessage[] = [];
  try {
    for (let at = 0; at < messages.length; at += messagesAtOnce) {
      await letOthersIn();
      context.signal.throwIfAborted();
      const some = messages.slice(at, at + messagesAtOnce);
      found.push(
        ...await search.find(some, (done) => context.onProgress(at + done, messages.length)),
      );
    }
  } finally {
    search.close();
  }
  return found;
}

function scopeOf(messages: readonly SequencedMessage[], context: SearchContext): SearchScope {
  const last = messages.at(-1);
  return {
    now: context.now,
    saved: context.saved,
    highestSequence: last?.sequence ?? 0,
    highestUid: last?.message.uid ?? 0,
  };
}

/** A message on its way; `isFound` null: not decided yet. */
interface Candidate {
  known: KnownMessage;
  isFound: boolean | null;
}

class Search {
  readonly #folders: MailFolders;
  readonly #needs: readonly Need[];
  readonly #test: Test<KnownMessage>;
  readonly #signal: AbortSignal;
  /** Null: there are none; undefined: nobody has asked for them yet. */
  #known: MailTexts | null | undefined;

  constructor(
    folders: MailFolders,
    needs: readonly Need[],
    test: Test<KnownMessage>,
    { signal }: SearchContext,
  ) {
    this.#folders = folders;
    this.#needs = needs;
    this.#test = test;
    this.#signal = signal;
  }

  /** Lets go of what it had open. */
  close(): void {
    this.#known?.close();
  }

  async find(
    messages: readonly SequencedMessage[],
    onDone: (done: number) => void,
  ): Promise<SequencedMessage[]> {
    const candidates = messages.map((message) => this.#candidate(message));
    for (const need of this.#needs) {
      const open = candidates.filter(({ isFound }) => isFound === null);
      if (open.length > 0) await this.#learn[need](open, onDone);
    }
    onDone(messages.length);
    return messages.filter((_, at) => candidates[at]!.isFound === true);
  }

  #candidate(message: SequencedMessage): Candidate {
    const known = { ...message, facts: null, header: null, indexed: null, texts: null };
    return { known, isFound: this.#test(known) };
  }

  readonly #learn: Readonly<
    Record<Need, (open: Candidate[], onDone: (done: number) => void) => Promise<void>>
  > = {
    facts: async (open) => {
      const all = await this.#folders.facts(open.map(({ known }) => known.message));
      open.forEach((candidate, at) => this.#decide(candidate, { facts: all[at] ?? null }));
    },
    header: async (open) => {
      for (let at = 0; at < open.length; at += outlinesAtOnce) {
        this.#signal.throwIfAborted();
        await Promise.all(
          open.slice(at, at + outlinesAtOnce).map(async (candidate) => {
            const outline = await this.#folders.outline(candidate.known.message);
            this.#decide(candidate, { header: outline && new HeaderTexts(outline.header) });
          }),
        );
        await letOthersIn();
      }
    },
    indexed: async (open) => {
      if (this.#known === undefined) this.#known = await this.#openKnown();
      if (this.#known === null) return;
      for (const candidate of open) {
        this.#signal.throwIfAborted();
        const body = await this.#known.body(candidate.known.message);
        this.#decide(candidate, { indexed: { body } });
      }
      await letOthersIn();
    },
    texts: async (open, onDone) => {
      const facts = await this.#folders.facts(open.map(({ known }) => known.message));
      const begin = ({ known }: Candidate, at: number) =>
        Promise.resolve({ content: this.#begin(known.message, facts[at]?.bytes ?? 0) });
      let done = 0;
      for await (const { content } of inOrder(open, textsAtOnce, begin)) {
        this.#decide(open[done]!, { texts: await this.#readTexts(content) });
        onDone(++done);
        await letOthersIn();
      }
    },
  };

  /** `learned` null: the message is gone. */
  #decide(candidate: Candidate, learned: Partial<KnownMessage>): void {
    const isGone = Object.values(learned).includes(null);
    const known = { ...candidate.known, ...learned };
    candidate.isFound = isGone ? false : this.#test(known);
    if (candidate.isFound === null) candidate.known = known; // else nobody needs its texts any more
  }

  /** An index that cannot be used is as none. */
  async #openKnown(): Promise<MailTexts | null> {
    return await this.#folders.openTexts().catch((error) => {
      if (error instanceof MailError && error.code !== "unavailable") return null;
      throw error;
    });
  }

  /** Begins to read a message ahead, if it is not long: many are on their way then. */
  #begin(message: MailMessage, bytes: number): AsyncIterable<Uint8Array> {
    const content = this.#content(message);
    if (bytes > maxAheadBytes) return content;
    const pieces = heardElsewhere(Array.fromAsync(content)); // by whoever reads them
    return (async function* () {
      yield* await pieces;
    })();
  }

  /** What cannot be opened although it is there has no text. */
  async #readTexts(content: AsyncIterable<Uint8Array>): Promise<MessageTexts | null> {
    try {
      return await readMessageTexts(content);
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      if (error.code === "no_such_message") return null;
      if (error.code === "bad_signature" || error.code === "malformed") return noTexts;
      throw error;
    }
  }

  async *#content(message: MailMessage): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#folders.content(message)) {
      this.#signal.throwIfAborted();
      yield piece;
    }
  }
}

const noTexts: MessageTexts = { body: "", partHeaders: "" };
