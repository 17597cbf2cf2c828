/** On which terms a draft is to go: when, for how long, and how often it can be read. They are kept with it, as keywords. */
import { at, type Moment, requireDeliveryTime, span } from "../../model/delivery_time.ts";
import { MailError } from "../../model/errors.ts";
import { isKeyword } from "../../model/filing.ts";
import { entryId } from "../../model/ids.ts";
import type { Draft } from "../sending/draft.ts";

/** Terms as they were chosen. */
export interface ChosenTerms {
  /** A key of `holds`. */
  readonly hold: string;
  /** As it was typed, a local time without its zone; empty: none. */
  readonly later: string;
  /** The moment of `later`, as the browser knows it, milliseconds since 1970; null: it is this machine's time. */
  readonly laterAt: number | null;
  /** A key of `expiries`. */
  readonly expires: string;
  readonly isBurning: boolean;
  readonly isPartial: boolean;
}

/** The messages that a draft answers and passes on. */
type DraftUse = Pick<Draft, "replyTo" | "forwards">;

/** Terms as a draft is sent on them. */
export type DraftTerms = Pick<Draft, "partial" | "burn" | "deliver" | "expires">;

/** A length of time that can be chosen; null: none. */
export interface Span {
  readonly name: string;
  readonly ms: number | null;
}

/** How long a message waits, and can be cancelled. */
export const holds: Readonly<Record<string, Span>> = {
  none: { name: "at once", ms: null },
  seconds: { name: "in 20 seconds", ms: 20_000 },
  minute: { name: "in a minute", ms: 60_000 },
  minutes: { name: "in 5 minutes", ms: 300_000 },
  hour: { name: "in an hour", ms: 3_600_000 },
};

/** When the recipients' copies go, from their delivery on. */
export const expiries: Readonly<Record<string, Span>> = {
  never: { name: "never", ms: null },
  hour: { name: "in an hour", ms: 3_600_000 },
  day: { name: "in a day", ms: 86_400_000 },
  week: { name: "in a week", ms: 604_800_000 },
};

export const noTerms: ChosenTerms = {
  hold: "none",
  later: "",
  laterAt: null,
  expires: "never",
  isBurning: false,
  isPartial: false,
};

/** Reads what was chosen, by the names of a form; what cannot have been is left out. */
export function termsIn(textOf: (name: string) => string): ChosenTerms {
  const [hold, expires] = [textOf("hold"), textOf("expires")];
  const later = textOf("later").slice(0, 40);
  return {
    hold: Object.hasOwn(holds, hold) ? hold : noTerms.hold,
    later,
    laterAt: momentOf(later, textOf("laterAt")),
    expires: Object.hasOwn(expiries, expires) ? expires : noTerms.expires,
    isBurning: textOf("burn") === "1",
    isPartial: textOf("partial") === "1",
  };
}

const keywordMark = "send:";

/** Terms as keywords of a draft, which keep them until it is opened again. */
export function keywordsOf(terms: ChosenTerms): string[] {
  const { hold, later, laterAt, expires, isBurning, isPartial } = terms;
  const chosen = Object.entries({
    hold: hold === noTerms.hold ? "" : hold,
    later,
    laterAt: laterAt === null ? "" : new Date(laterAt).toISOString(),
    expires: expires === noTerms.expires ? "" : expires,
    burn: isBurning ? "1" : "",
    partial: isPartial ? "1" : "",
  });
  return chosen.filter(([, value]) => value !== "")
    .map(([name, value]) => `${keywordMark}${name}=${value}`)
    .filter(isKeyword);
}

/** Tells whether a keyword is one of terms, and not of a person's. */
export function isTermKeyword(keyword: string): boolean {
  return keyword.startsWith(keywordMark);
}

/** Reads terms from the keywords of a draft, as `termsIn` does. */
export function termsOf(keywords: readonly string[]): ChosenTerms {
  const values = valuesIn(keywords);
  return termsIn((name) => values.get(name) ?? "");
}

/** Tells terms in words, for whoever reads the draft; empty where there are none. */
export function describeTerms(
  { hold, later, laterAt, expires, isBurning, isPartial }: ChosenTerms,
  formatTime: (ms: number) => string,
): string {
  const at = laterAt === null ? later.replace("T", " ") : formatTime(laterAt);
  const told = [
    hold === noTerms.hold ? "" : `delivered ${holds[hold]!.name}`,
    later === "" ? "" : `delivered at ${at}`,
    expires === noTerms.expires ? "" : `expires ${expiries[expires]!.name}`,
    isBurning ? "erased for each recipient who reads it" : "",
    isPartial ? "goes to those who have an account" : "",
  ];
  return told.filter((words) => words !== "").join("; ");
}

/** What a draft makes of other messages, as keywords of it: they are marked so once it is sent. */
export function useKeywords({ replyTo, forwards }: DraftUse): string[] {
  return Object.entries({ replyTo, forwards }).filter(([, id]) => id !== undefined)
    .map(([name, id]) => `${keywordMark}${name}=${id}`);
}

/** Reads what `useKeywords` wrote. */
export function useOf(keywords: readonly string[]): DraftUse {
  const values = valuesIn(keywords);
  const idOf = (name: keyof DraftUse) => {
    const value = values.get(name) ?? "";
    return /^[1-9]\d{0,14}$/.test(value) ? entryId(Number(value)) : undefined;
  };
  return { replyTo: idOf("replyTo"), forwards: idOf("forwards") };
}

function valuesIn(keywords: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    keywords.filter(isTermKeyword).map((keyword) => {
      const [name = "", value = ""] = keyword.slice(keywordMark.length).split("=");
      return [name, value];
    }),
  );
}

/** No zone is farther from UTC. */
const farthestZoneMs = 14 * 3_600_000;

/** A browser without scripts tells no moment, and one of another text is none of this one. */
function momentOf(later: string, told: string): number | null {
  const distanceMs = Math.abs(Date.parse(told) - Date.parse(`${later}Z`));
  return distanceMs <= farthestZoneMs ? Date.parse(told) : null;
}

/** Turns terms into a draft's. @throws {MailError} `usage` for times that cannot be, or do not go together */
export function draftTerms(
  terms: ChosenTerms,
  now: number,
): DraftTerms {
  const holdMs = holds[terms.hold]!.ms ?? undefined;
  if (holdMs !== undefined && terms.later !== "") {
    throw new MailError("usage", "Cannot send it both after a while and at a time: choose one");
  }
  const { ms } = expiries[terms.expires]!;
  return {
    partial: terms.isPartial,
    burn: terms.isBurning,
    deliver: holdMs === undefined ? laterOf(terms, now) : span(holdMs),
    expires: ms === null ? undefined : span(ms),
  };
}

function laterOf({ later, laterAt }: ChosenTerms, now: number): Moment | undefined {
  if (later === "") return undefined;
  const ms = laterAt ?? (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(later) ? Date.parse(later) : NaN);
  if (Number.isNaN(ms)) throw new MailError("usage", `Cannot use "${later}" as a time`);
  requireDeliveryTime(ms, now, later);
  return at(ms);
}
