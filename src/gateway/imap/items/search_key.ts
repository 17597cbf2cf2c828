/** Keys of a SEARCH, in the logic of three values: what is not known yet of a message may turn out either way. */
import type { MessageTexts } from "../../../client/searching/message_texts.ts";
import { either, every, negated, type Test } from "../../../client/searching/term.ts";
import type { MailFacts } from "../../folders/mail_folders.ts";
import type { NumberSet } from "../number_set.ts";
import type { HeaderTexts } from "./header_texts.ts";
import type { SequencedMessage } from "./sequenced_message.ts";

/** What has to be asked for to know more of a message, the cheaper first. */
const needs = ["facts", "header", "indexed", "texts"] as const;

export type Need = typeof needs[number];

/** A message, and what is known of it by now; null: not yet. */
export interface KnownMessage extends SequencedMessage {
  readonly facts: MailFacts | null;
  readonly header: HeaderTexts | null;
  readonly indexed: IndexedBody | null;
  readonly texts: MessageTexts | null;
}

/** What the search index has of a body, all of it; null: nothing. */
export interface IndexedBody {
  readonly body: string | null;
}

/** What a key means only where and when it is used. */
export interface SearchScope {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** UIDs. */
  readonly saved: NumberSet;
  readonly highestSequence: number;
  readonly highestUid: number;
}

export interface SearchKey {
  /** What it may ask of a message. */
  readonly needs: readonly Need[];
  readonly test: (scope: SearchScope) => Test<KnownMessage>;
}

/** A key that asks what is known of each message. */
export function known(test: (message: SequencedMessage) => boolean): SearchKey {
  return { needs: [], test: () => test };
}

/** A key that asks the facts. */
export function byFacts(test: (facts: MailFacts) => boolean): SearchKey {
  return { needs: ["facts"], test: () => ({ facts }) => facts && test(facts) };
}

/** A key that asks the header. */
export function byHeader(test: (header: HeaderTexts) => boolean): SearchKey {
  return { needs: ["header"], test: () => ({ header }) => header && test(header) };
}

/**
 * A key that asks the texts. What the header decides, if it may, or the body in the index, needs none; `byBody` is null
 * where the body alone does not tell.
 */
export function byTexts(
  test: (texts: MessageTexts) => boolean,
  byBody: (body: string) => boolean | null,
  byHeader: ((header: HeaderTexts) => boolean) | null = null,
): SearchKey {
  const ofTexts: Test<KnownMessage> = ({ indexed, texts }) => {
    const found = indexed === null || indexed.body === null ? null : byBody(indexed.body);
    return found ?? (texts && test(texts));
  };
  if (byHeader === null) return { needs: ["indexed", "texts"], test: () => ofTexts };
  const ofHeader: Test<KnownMessage> = ({ header }) => header && byHeader(header);
  return { needs: ["header", "indexed", "texts"], test: () => either([ofHeader, ofTexts]) };
}

export function not(key: SearchKey): SearchKey {
  return { needs: key.needs, test: (scope) => negated(key.test(scope)) };
}

export function anyOf(keys: readonly SearchKey[]): SearchKey {
  return {
    needs: needsOf(keys),
    test: (scope) => either(keys.map((key) => key.test(scope))),
  };
}

export function allOf(keys: readonly SearchKey[]): SearchKey {
  return {
    needs: needsOf(keys),
    test: (scope) => every(keys.map((key) => key.test(scope))),
  };
}

function needsOf(keys: readonly SearchKey[]): Need[] {
  return needs.filter((need) => keys.some((key) => key.needs.includes(need)));
}
