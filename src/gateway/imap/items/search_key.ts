/** Keys of a SEARCH, in the logic of three values: what is not known yet of a message may turn out either way. */
import { either, every, negated, type Test } from "../../../client/searching/term.ts";
import type { MailFacts } from "../../folders/mail_folders.ts";
import type { NumberSet } from "../number_set.ts";
import type { HeaderTexts, MessageTexts } from "./message_texts.ts";
import type { SequencedMessage } from "./sequenced_message.ts";

/** What has to be asked for to know more of a message, the cheaper first. */
export const needs = ["facts", "header", "texts"] as const;

export type Need = typeof needs[number];

/** A message, and what is known of it by now; null: not yet. */
export interface KnownMessage extends SequencedMessage {
  readonly facts: MailFacts | null;
  readonly header: HeaderTexts | null;
  readonly texts: MessageTexts | null;
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

/** A key that asks the texts; what the header decides, if it may, needs none. */
export function byTexts(
  test: (texts: MessageTexts) => boolean,
  byHeader: ((header: HeaderTexts) => boolean) | null = null,
): SearchKey {
  const ofTexts: Test<KnownMessage> = ({ texts }) => texts && test(texts);
  if (byHeader === null) return { needs: ["texts"], test: () => ofTexts };
  const ofHeader: Test<KnownMessage> = ({ header }) => header && byHeader(header);
  return { needs: ["header", "texts"], test: () => either([ofHeader, ofTexts]) };
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
