/** Answering FETCH: one response a message, in order, large contents streamed. */
import { bytesOfString } from "../../../mime/byte_string.ts";
import { isFailure } from "../../../model/errors.ts";
import { inOrder, letOthersIn } from "../../../model/promises.ts";
import type { MailFacts, MailFolders } from "../../folders/mail_folders.ts";
import { CutShort } from "../../cut_short.ts";
import { No } from "../refusal.ts";
import type { FetchItem, FetchRequest } from "./fetch_request.ts";
import { contentOf, needsOfSection, writeSection, type WrittenItem } from "./fetch_section.ts";
import { type FetchNeed, fetchValues, type ValueName } from "./fetch_values.ts";
import { MessageContent } from "./message_content.ts";
import type { SequencedMessage } from "./sequenced_message.ts";

export interface FetchedMessage extends SequencedMessage {
  /** Its flags are told although nobody asked for them: fetching it has just marked it as seen. */
  readonly tellsFlags?: boolean;
}

export interface FetchAnswer {
  /** UTF8=ACCEPT or IMAP4rev2 is on. */
  readonly isUtf8: boolean;
  /** CONDSTORE is on: flags that have changed are told with the MODSEQ. */
  readonly withModseq: boolean;
}

/** Answered together: the first soon, and then so many that their envelopes come ahead of being opened. */
const [fewMessages, manyMessages] = [200, 1_000];
/** Bodies that are read ahead: each is kept up to 256 KiB. */
const bodiesAtOnce = 4;
const outlinesAtOnce = 16;
const mostHeldMs = 5; // the thread, before others are let in
const maxTextBytes = 16 * 1024; // of responses that are told together

/**
 * Yields whole untagged `* n FETCH (...)` responses in pieces. Of CHANGEDSINCE and VANISHED it knows nothing: `messages`
 * are those that are meant. A message that is gone is left out.
 * @throws {CutShort} a literal was begun that cannot be ended
 * @throws {No} `UNKNOWN-CTE` after all that could be answered
 * @throws {MailError} between two responses, as `MailFolders` does
 */
export async function* fetchMessages(
  folders: MailFolders,
  messages: readonly FetchedMessage[],
  request: FetchRequest,
  answer: FetchAnswer,
): AsyncGenerator<Uint8Array, void> {
  const fetch = new Fetch(folders, request, answer);
  for (let at = 0, count = fewMessages; at < messages.length;) {
    await letOthersIn();
    yield* fetch.respond(messages.slice(at, at + count));
    at += count;
    if (fetch.opensNoBody) count = manyMessages;
  }
  if (fetch.refusal !== null) throw fetch.refusal;
}

/** What is written of a message, but for the literals, which are read while they are told. */
interface ReadyResponse {
  readonly sequence: number;
  readonly items: readonly ReadyItem[];
}

interface ReadyItem {
  readonly label: string;
  readonly value: WrittenItem;
}

class Fetch {
  readonly #folders: MailFolders;
  readonly #items: readonly FetchItem[];
  readonly #changedItems: readonly FetchItem[];
  readonly #isUtf8: boolean;
  readonly #atOnce: number;
  readonly opensNoBody: boolean;
  #heldSince = performance.now();
  /** Why one of the messages could not be answered for. */
  refusal: No | null = null;

  constructor(folders: MailFolders, { items, changedSince }: FetchRequest, answer: FetchAnswer) {
    this.#folders = folders;
    this.#items = changedSince === null ? items : withValue(items, "MODSEQ"); // RFC 7162 3.1.4.1
    const withFlags = withValue(this.#items, "FLAGS");
    this.#changedItems = answer.withModseq ? withValue(withFlags, "MODSEQ") : withFlags;
    this.#isUtf8 = answer.isUtf8;
    this.opensNoBody = items.every(({ kind }) => kind === "value") &&
      !needsOf(items).has("outline");
    this.#atOnce = items.some(({ kind }) => kind === "section") ? bodiesAtOnce : outlinesAtOnce;
  }

  async *respond(messages: readonly FetchedMessage[]): AsyncGenerator<Uint8Array, void> {
    const known = await this.#withFacts(messages);
    if (known.length === 0) return;
    if (this.opensNoBody) yield bytesOfString(known.map((each) => this.#atHand(each)).join(""));
    else yield* this.#opened(known);
  }

  async *#opened(known: readonly WithFacts[]): AsyncGenerator<Uint8Array, void> {
    let text = "";
    for await (const response of inOrder(known, this.#atOnce, this.#prepare)) {
      if (response === null) continue;
      const isWhole = response.items.every(({ value }) => typeof value === "string");
      if (isWhole) text += formatWhole(response);
      if (text !== "" && (!isWhole || text.length > maxTextBytes)) {
        yield bytesOfString(text);
        text = "";
      }
      if (!isWhole) yield* writeResponse(response);
    }
    if (text !== "") yield bytesOfString(text);
  }

  /** Answers for a message of which nothing has to be opened. */
  #atHand({ fetched, facts }: WithFacts): string {
    const { message, isRecent } = fetched;
    const parts = { message, isRecent, facts, outline: null };
    const items = this.#itemsFor(fetched).filter((item) => item.kind === "value")
      .map(({ label }) => ({ label, value: fetchValues[label].format(parts, this.#isUtf8) }));
    return formatWhole({ sequence: fetched.sequence, items });
  }

  /** Leaves out what is gone. */
  async #withFacts(messages: readonly FetchedMessage[]): Promise<WithFacts[]> {
    if (!messages.some((message) => needsOf(this.#itemsFor(message)).has("facts"))) {
      return messages.map((fetched) => ({ fetched, facts: null }));
    }
    const facts = await this.#folders.facts(messages.map(({ message }) => message));
    return messages.map((fetched, at) => ({ fetched, facts: facts[at] ?? null }))
      .filter(({ facts }) => facts !== null);
  }

  #itemsFor({ tellsFlags = false }: FetchedMessage): readonly FetchItem[] {
    return tellsFlags ? this.#changedItems : this.#items;
  }

  /** Null: the message is gone, or there is a refusal. */
  readonly #prepare = async ({ fetched, facts }: WithFacts): Promise<ReadyResponse | null> => {
    try {
      return await this.#write(fetched, facts);
    } catch (error) {
      if (error instanceof No) this.refusal ??= error;
      else if (!isFailure(error, "no_such_message")) throw error;
      return null;
    }
  };

  async #write(fetched: FetchedMessage, facts: MailFacts | null): Promise<ReadyResponse | null> {
    const [{ message, isRecent, sequence }, items] = [fetched, this.#itemsFor(fetched)];
    const needsOutline = needsOf(items).has("outline");
    const outline = needsOutline ? await this.#folders.outline(message) : null;
    if (needsOutline && outline === null) return null;
    const parts = { message, isRecent, facts, outline };
    const content = new MessageContent(this.#folders, message);
    const ranges = items.map((item) => item.kind === "section" ? contentOf(item, parts) : null);
    await content.keep(ranges.filter((range) => range !== null));
    const written: ReadyItem[] = [];
    for (const item of items) {
      await this.#yield();
      const value = item.kind === "section"
        ? await writeSection(item, parts, content)
        : fetchValues[item.label].format(parts, this.#isUtf8);
      written.push({ label: item.label, value });
    }
    return { sequence, items: written };
  }

  /** A header is long to look through, and two hundred items may ask for it. */
  async #yield(): Promise<void> {
    if (performance.now() - this.#heldSince < mostHeldMs) return;
    await letOthersIn();
    this.#heldSince = performance.now();
  }
}

interface WithFacts {
  readonly fetched: FetchedMessage;
  /** Null where no item needs them. */
  readonly facts: MailFacts | null;
}

function needsOf(items: readonly FetchItem[]): ReadonlySet<FetchNeed> {
  return new Set(
    items.flatMap((item): readonly FetchNeed[] =>
      item.kind === "section" ? needsOfSection(item) : fetchValues[item.label].needs
    ),
  );
}

function withValue(items: readonly FetchItem[], label: ValueName): readonly FetchItem[] {
  return items.some((item) => item.label === label) ? items : [...items, { kind: "value", label }];
}

function formatWhole({ sequence, items }: ReadyResponse): string {
  return `* ${sequence} FETCH (${
    items.map(({ label, value }) => `${label} ${value}`).join(" ")
  })\r\n`;
}

/** The first literal is opened before anything is said: a message that is gone by then is left out. */
async function* writeResponse(response: ReadyResponse): AsyncGenerator<Uint8Array, void> {
  const sources = response.items.map(({ value }) =>
    typeof value === "string" ? null : value.read()
  );
  const first = sources.find((source) => source !== null)!;
  try {
    const start = await firstPiece(first);
    if (start !== null) yield* writePieces(response, sources, start);
  } finally {
    await first.return();
  }
}

async function firstPiece(source: AsyncGenerator<Uint8Array, void>): Promise<Uint8Array | null> {
  try {
    const { value } = await source.next();
    return value ?? null;
  } catch (error) {
    if (isFailure(error, "no_such_message")) return null;
    throw error;
  }
}

async function* writePieces(
  { sequence, items }: ReadyResponse,
  sources: readonly (AsyncGenerator<Uint8Array, void> | null)[],
  start: Uint8Array,
): AsyncGenerator<Uint8Array, void> {
  let [text, unsaid]: [string, Uint8Array | null] = [`* ${sequence} FETCH (`, start];
  for (const [at, { label, value }] of items.entries()) {
    text += `${at === 0 ? "" : " "}${label} ${typeof value === "string" ? value : value.head}`;
    const source = sources[at] ?? null;
    if (source === null) continue;
    yield bytesOfString(text);
    if (unsaid !== null) yield unsaid;
    [text, unsaid] = ["", null];
    yield* orCutShort(source);
  }
  yield bytesOfString(`${text})\r\n`);
}

/** What was begun cannot be taken back. @throws {CutShort} */
async function* orCutShort(
  source: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* source;
  } catch (cause) {
    throw new CutShort("A message broke off", { cause });
  }
}
