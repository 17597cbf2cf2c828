/**
 * What changes of messages while they stay as they are: which there are, which are unread, and how each is filed. It
 * follows the feed of changes, and knows how far it has heard.
 */
import { utf8 } from "../../model/bytes.ts";
import type { EnvelopeDigest } from "../../model/digests.ts";
import type { Filing } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { type FeedPage, type FeedPosition, feedStart, readChanges } from "../filing/change_feed.ts";
import { isUnread } from "../filing/filed_message.ts";
import { KnownFilings } from "../filing/known_filings.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { PageBound } from "../page_bound.ts";

type KeptFiling = Pick<Filing, "folder" | "flags" | "keywords">;

/** As it is kept. Most messages are filed as others are. */
interface KeptState {
  readonly position: FeedPosition;
  readonly ids: readonly EntryId[];
  readonly unread: readonly EntryId[];
  readonly filings: readonly KeptFiling[];
  /** Of each id, which of the filings. */
  readonly filed: readonly number[];
}

const nothing: KeptState = { position: feedStart, ids: [], unread: [], filings: [], filed: [] };

export class MailboxState {
  #position: FeedPosition;
  /** What is looked up in is made of this once it is asked for. */
  readonly #kept: Omit<KeptState, "position">;
  #unread: Set<EntryId> | null = null;
  #filings: Map<EntryId, Filing> | null = null;
  /** The envelopes of messages that were told of; until somebody has gone by it, and clears it. */
  readonly told: Map<EntryId, EnvelopeDigest> = new Map();
  /** False where more was heard than is kept. */
  isKept = true;

  /** `kept`: what `encode` made; null: nothing is known. */
  constructor(kept: Uint8Array | null) {
    const known = kept === null ? nothing : JSON.parse(new TextDecoder().decode(kept)) as KeptState;
    [this.#position, this.#kept] = [known.position, known];
  }

  /** How many messages there are. */
  get count(): number {
    return this.#filings?.size ?? this.#kept.ids.length;
  }

  get unread(): Set<EntryId> {
    return this.#unread ??= new Set(this.#kept.unread);
  }

  /** Of all messages that there are. */
  get filings(): Map<EntryId, Filing> {
    return this.#filings ??= filingsIn(this.#kept);
  }

  encode(): Uint8Array {
    const numbers = new Map<string, number>();
    const numberOf = ({ folder, flags, keywords }: Filing) => {
      const text = JSON.stringify({ folder, flags, keywords } satisfies KeptFiling);
      return numbers.getOrInsertComputed(text, () => numbers.size);
    };
    const known = new Map<Filing, number>(); // most are the same object
    const filed = [...this.filings.values()].map((filing) =>
      known.getOrInsertComputed(filing, numberOf)
    );
    const lists = { ids: [...this.filings.keys()], unread: [...this.unread], filed };
    const start = JSON.stringify({ position: this.#position, ...lists }).slice(0, -1);
    return utf8(`${start},"filings":[${[...numbers.keys()].join(",")}]}`);
  }

  /** Asks what changed. @throws {MailError} `protocol`, `bad_signature` for what no server tells */
  async follow(context: MailboxContext): Promise<void> {
    const [filings, bound] = [new KnownFilings(context), new PageBound()];
    for (;;) {
      const page = await readChanges(context, filings, this.#position);
      bound.take(0);
      this.#take(page);
      if (!page.more) return;
    }
  }

  #take({ position, reset, messages, gone }: FeedPage): void {
    if (reset) this.#forgetAll();
    if (reset || position.since !== this.#position.since) this.isKept = false;
    this.#position = position;
    for (const message of messages) {
      this.filings.set(message.id, message.filing);
      if (isUnread(message)) this.unread.add(message.id);
      else this.unread.delete(message.id);
      this.told.set(message.id, message.envelopeDigest);
    }
    for (const id of gone) {
      for (const known of [this.filings, this.unread, this.told]) known.delete(id);
    }
  }

  #forgetAll(): void {
    for (const known of [this.filings, this.unread, this.told]) known.clear();
  }
}

function filingsIn({ ids, filings, filed }: Omit<KeptState, "position">): Map<EntryId, Filing> {
  const found = new Map<EntryId, Filing>();
  const known = filings.map((filing) => ({ ...filing, internalDate: null }));
  for (let at = 0; at < ids.length; at++) found.set(ids[at]!, known[filed[at]!]!);
  return found;
}
