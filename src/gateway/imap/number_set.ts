/** Sets of sequence numbers and UIDs: `sequence-set` of RFC 9051 9, such as `1,3:5,7:*`. */
import type { CommandText } from "./command_text.ts";
import { Bad } from "./refusal.ts";

/** From and to, both in it, the lower one first. */
export type SetRange = readonly [number, number];

type End = number | "*";

const rangeText = /(\d{1,10}|\*)(?::(\d{1,10}|\*))?/y;
const most = 2 ** 32 - 1;

export class NumberSet {
  /** In ascending order, none touching another. */
  readonly ranges: readonly SetRange[];

  constructor(ranges: Iterable<SetRange>) {
    this.ranges = merge([...ranges].sort(([a], [b]) => a - b));
  }

  static of(numbers: Iterable<number>): NumberSet {
    return new NumberSet(Array.from(numbers, (number): SetRange => [number, number]));
  }

  has(number: number): boolean {
    let [low, high] = [0, this.ranges.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [from, to] = this.ranges[middle]!;
      if (number < from) high = middle - 1;
      else if (number > to) low = middle + 1;
      else return true;
    }
    return false;
  }

  /** The numbers one by one, of which there may be billions. */
  *[Symbol.iterator](): Generator<number, void> {
    for (const [from, to] of this.ranges) for (let at = from; at <= to; at++) yield at;
  }

  /** What is above a number. */
  above(number: number): NumberSet {
    return new NumberSet(
      this.ranges.filter(([, to]) => to > number)
        .map(([from, to]): SetRange => [Math.max(from, number + 1), to]),
    );
  }

  /** As IMAP writes it; empty for none, which no response may have. */
  toString(): string {
    return this.ranges.map(([from, to]) => from === to ? `${from}` : `${from}:${to}`).join(",");
  }
}

/** A set as a client wrote it: what `*` is, it knows only where it is used. */
export type WrittenSet = readonly (readonly [End, End])[] | "$";

/** Reads a set; `$` is the result of the last search, RFC 5182. @throws {Bad} for 0 and what is no set */
export function readNumberSet(text: CommandText): WrittenSet {
  if (text.skip("$")) return "$";
  const ranges: (readonly [End, End])[] = [];
  do {
    const found = text.match(rangeText);
    if (found === null) throw text.bad();
    ranges.push([endOf(found[1]!), endOf(found[2] ?? found[1]!)]);
  } while (text.skip(","));
  return ranges;
}

/** `highest` is what `*` stands for: 0 where there is nothing, and `*` then means nothing. */
export function resolveSet(written: WrittenSet, highest: number, saved: NumberSet): NumberSet {
  if (written === "$") return saved;
  const known = written.filter((range) => highest > 0 || !range.includes("*"));
  return new NumberSet(known.map((range): SetRange => {
    const [a = 0, b = 0] = range.map((end) => end === "*" ? highest : end);
    return [Math.min(a, b), Math.max(a, b)];
  }));
}

function endOf(text: string): End {
  if (text === "*") return text;
  const number = Number(text);
  if (number === 0 || number > most) throw new Bad("There is no such number");
  return number;
}

function merge(sorted: readonly SetRange[]): SetRange[] {
  const merged: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
