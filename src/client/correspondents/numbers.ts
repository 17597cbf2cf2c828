/**
 * Numbers of the messages from one account to another: 1, 2, 3 and so on. Each side keeps in its keyring which were
 * given and which were seen, so that a server cannot withhold or repeat one unseen. WIRE.md 9.2.
 */
import { limits } from "../../model/limits.ts";
import type { AbsentRange, Numbering, NumberRange } from "../../model/message.ts";
import { boundedGaps, excuse, excused, type Gap, type GapState, gapStates } from "./gaps.ts";
import { boundedRanges, byFirst, countOf, isIn, joined, without } from "./number_ranges.ts";

/** What was seen of a correspondent's messages. */
export interface ReceivedNumbers {
  /** The highest number; 0: none was seen. */
  readonly highest: number;
  /** The number from which on the pinned keys sign; 0: not known yet. */
  readonly since: number;
  /** Below `highest`, ascending, apart from each other. */
  readonly gaps: readonly Gap[];
  /** True where mail may have been dropped by the owner's own wish: whatever is below the next number is accepted. */
  readonly resumes: boolean;
  /** The highest id that a message of it had in the inbox. */
  readonly newest: number;
  /** What has an id up to this one may be there from a backup, and as it was then. */
  readonly restored: number;
  /** What has this id or a higher one was looked through for open gaps; 0: nothing was. */
  readonly searched: number;
}

/** Numbers that were given and may never come, or not yet. */
export interface Absent extends AbsentRange {
  /** When it has to be there, milliseconds since 1970; 0: never; `passedOver`: it may not have been given at all. */
  readonly due: number;
}

/** Why a number may be absent. */
export type AbsentTerms = Omit<Absent, keyof NumberRange>;

/** The due of numbers that a restored backup does not know of. */
const passedOver = Number.MAX_SAFE_INTEGER;

/** What was given of numbers to a correspondent. */
export interface GivenNumbers {
  /** The last number; 0: none was given. */
  readonly last: number;
  /** The first number that the current keys signed, or will sign; 0: no others ever signed. */
  readonly since: number;
  /** Ascending, apart from each other. */
  readonly absent: readonly Absent[];
  /** The highest that the correspondent says to have seen; 0: none. */
  readonly heard: number;
  /** Below it, what the correspondent says not to have seen. */
  readonly lacks: readonly NumberRange[];
}

export const nothingReceived: ReceivedNumbers = {
  highest: 0,
  since: 0,
  gaps: [],
  resumes: false,
  newest: 0,
  restored: 0,
  searched: 0,
};
export const nothingGiven: GivenNumbers = { last: 0, since: 0, absent: [], heard: 0, lacks: [] };

/** What waits is not taken for lost before this: its server may have been down. */
const graceMs = 24 * 60 * 60 * 1000;
/** A correspondent who claims to have heard of more numbers beyond the last than this is not believed. */
const maxUnknownNumbers = 10_000;

/** True where a message of this number was seen. */
export function isSeen({ highest, gaps }: ReceivedNumbers, number: number): boolean {
  return number <= highest && !isIn(gaps, number);
}

/**
 * Notes that a message was seen, which has this id in the inbox; null where one of its number was seen before. `now`:
 * milliseconds since 1970.
 */
export function receive(
  received: ReceivedNumbers,
  { number, id }: { readonly number: number; readonly id: number },
  { since, absent }: Pick<Numbering, "since" | "absent">,
  now: number,
): ReceivedNumbers | null {
  if (isSeen(received, number)) return null;
  const { highest, gaps, resumes } = received;
  const newest = Math.max(received.newest, id);
  const known = { ...received, newest, since: Math.max(received.since, since) };
  const seen = { first: number, last: number };
  if (number <= highest) {
    const left = gaps.flatMap((gap) => without(gap, [seen]));
    return { ...known, gaps: boundedGaps(left) };
  }
  const state: GapState = resumes ? "accepted" : "open";
  const opened = number > highest + 1
    ? [{ first: highest + 1, last: number - 1, state, expires: 0 }]
    : [];
  const judged = [...gaps, ...opened].flatMap((gap) =>
    gap.state === "accepted" ? [gap] : excuse(gap, absent, now)
  );
  return {
    ...known,
    highest: number,
    gaps: boundedGaps(judged),
    resumes: false,
    searched: opened.length > 0 ? 0 : received.searched,
  };
}

/** Notes of all gaps in one state, but for some numbers, that they are in another. */
export function turnGaps(
  received: ReceivedNumbers,
  from: GapState,
  to: GapState,
  except: readonly number[] = [],
): ReceivedNumbers {
  const kept = except.map((number) => ({ first: number, last: number }));
  const gaps = received.gaps.flatMap((gap) => {
    if (gap.state !== from) return [gap];
    const turned = without({ ...gap, state: to }, kept);
    return [...turned, ...without(gap, turned)].sort(byFirst);
  });
  return { ...received, gaps: boundedGaps(gaps) };
}

/** Notes that what was looked for, and may have gone back since, is not missed. `now`: milliseconds since 1970. */
export function excuseExpired(received: ReceivedNumbers, now: number): ReceivedNumbers {
  const gaps = received.gaps.map((gap) =>
    gap.state === "open" && gap.expires > 0 ? excused(gap, gap.expires, now) : gap
  );
  return { ...received, gaps: boundedGaps(gaps) };
}

/** How many messages are missing, and nobody has said why. */
export function countMissing({ gaps }: ReceivedNumbers): number {
  return countOf(gaps.filter(({ state }) => state === "missing"));
}

/** Gives the next number. `terms`: why it may be absent; null: it may not. */
export function give(given: GivenNumbers, terms: AbsentTerms | null, now: number): GivenNumbers {
  const last = given.last + 1;
  const waiting = given.absent.filter(({ due }) => due === 0 || due + graceMs > now)
    .map((range) => range.expires > now ? range : { ...range, expires: 0 });
  const absent = terms === null ? waiting : [...waiting, { first: last, last, ...terms }];
  return { ...given, last, absent: boundedAbsent(absent) };
}

/** True where a number that was given is known never to come. */
export function isExcused({ absent }: GivenNumbers, number: number): boolean {
  return isIn(absent.filter(({ due, expires }) => due === 0 && expires === 0), number);
}

/** Notes that a number which was given never came to be, or may not. */
export function excuseGiven(given: GivenNumbers, number: number): GivenNumbers {
  const range = { first: number, last: number, due: 0, expires: 0 };
  const others = given.absent.flatMap((other) => without(other, [range]));
  return { ...given, absent: boundedAbsent([...others, range].sort(byFirst)) };
}

/** Notes what a correspondent has seen, as a message of theirs says: it is neither absent nor to be given again. */
export function acknowledge(
  given: GivenNumbers,
  { heard, lacks }: Pick<Numbering, "heard" | "lacks">,
): GivenNumbers {
  if (heard < given.heard || heard === 0 || heard > given.last + maxUnknownNumbers) return given;
  const seen = without({ first: 1, last: heard }, lacks);
  const { last, absent } = passOver(given, heard);
  const unseen = absent.flatMap((range) => without(range, seen));
  return { ...given, last, absent: boundedAbsent(unseen), heard, lacks };
}

/** Passes over numbers up to one: who does not know of them may have given them before a backup was restored. */
export function passOver(given: GivenNumbers, last: number): GivenNumbers {
  if (last <= given.last) return given;
  const passed = { first: given.last + 1, last, due: passedOver, expires: 0 };
  return { ...given, last, absent: boundedAbsent([...given.absent, passed]) };
}

/** True where the correspondent says to have seen a number. */
export function wasHeard({ heard, lacks }: GivenNumbers, number: number): boolean {
  return 0 < number && number <= heard && !isIn(lacks, number);
}

/** Notes that other keys sign from the next number on. */
export function renewKeys(given: GivenNumbers): GivenNumbers {
  return { ...given, since: given.last + 1 };
}

/** What two machines know of the numbers that were seen: what one of them saw was seen. */
export function mergeReceived(a: ReceivedNumbers, b: ReceivedNumbers): ReceivedNumbers {
  const highest = Math.max(a.highest, b.highest);
  // The message with the highest number says what is excused.
  const unseenBy = (one: ReceivedNumbers) =>
    unseen(one.highest < highest ? turnGaps(one, "excused", "open") : one, highest);
  const ofOther = unseenBy(b);
  const gaps = unseenBy(a).flatMap((x) => ofOther.flatMap((y) => common(x, y)));
  return {
    highest,
    since: Math.max(a.since, b.since),
    gaps: boundedGaps(gaps),
    resumes: a.resumes || b.resumes,
    newest: Math.max(a.newest, b.newest),
    restored: Math.max(a.restored, b.restored),
    searched: 0,
  };
}

/** What two machines know of the numbers that were given: what one of them gave was not passed over. */
export function mergeGiven(a: GivenNumbers, b: GivenNumbers): GivenNumbers {
  const mine = absentBeside(a, b);
  const theirs = absentBeside(b, a).flatMap((range) => without(range, mine));
  return {
    last: Math.max(a.last, b.last),
    since: Math.max(a.since, b.since),
    absent: boundedAbsent([...mine, ...theirs].sort(byFirst)),
    heard: Math.max(a.heard, b.heard),
    lacks: (a.heard < b.heard ? b : a).lacks,
  };
}

/** How many numbers are known to have been given. */
export function countGiven(given: GivenNumbers): number {
  return countOf(knownGiven(given));
}

function knownGiven({ last, absent }: GivenNumbers): readonly NumberRange[] {
  return without({ first: 1, last }, absent.filter(({ due }) => due === passedOver));
}

/** What one machine has absent, less what it passed over and another one gave. */
function absentBeside({ absent }: GivenNumbers, other: GivenNumbers): readonly Absent[] {
  const given = knownGiven(other);
  return absent.flatMap((range) => range.due === passedOver ? without(range, given) : [range]);
}

/** A state of null: it is beyond all that was seen. */
type Unseen = Omit<Gap, "state"> & { readonly state: GapState | null };

/** What was not seen, up to a number. */
function unseen(
  { gaps, highest }: ReceivedNumbers,
  last: number,
): readonly Unseen[] {
  return last > highest ? [...gaps, { first: highest + 1, last, state: null, expires: 0 }] : gaps;
}

function common(a: Unseen, b: Unseen): Gap[] {
  const [first, last] = [Math.max(a.first, b.first), Math.min(a.last, b.last)];
  if (first > last) return [];
  const states = gapStates.toReversed().filter((state) => a.state === state || b.state === state);
  return [{ first, last, state: states[0] ?? "open", expires: Math.max(a.expires, b.expires) }];
}

/** Of many ranges the lowest become one, those that touch first: what is excused is not taken back. */
function boundedAbsent(ranges: readonly Absent[]): Absent[] {
  const all = boundedRanges(
    joined(ranges, (a, b) => a.due === b.due && a.expires === b.expires),
    (a, b) => a.due === b.due ? { expires: Math.min(a.expires, b.expires) } : null,
  );
  while (all.length > limits.maxNumberRanges) {
    const [first, second] = all.splice(0, 2) as [Absent, Absent];
    all.unshift({ first: first.first, last: second.last, due: 0, expires: 0 });
  }
  return all;
}
