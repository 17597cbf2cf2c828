/** Ranges of numbers, first and last included. */
import { limits } from "../../model/limits.ts";
import type { NumberRange } from "../../model/message.ts";

export function countOf(ranges: readonly NumberRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** What is left of a range without those of others. */
export function without<R extends NumberRange>(range: R, others: readonly NumberRange[]): R[] {
  return others.reduce<R[]>(
    (left, other) =>
      left.flatMap((each) =>
        other.first > each.last || other.last < Math.max(each.first, other.first) ? [each] : [
          { ...each, last: other.first - 1 },
          { ...each, first: other.last + 1 },
        ].filter(({ first, last }) => first <= last)
      ),
    [range],
  );
}

/** Neighbours that are alike become one. */
export function joined<R extends NumberRange>(
  ranges: readonly R[],
  areAlike: (a: R, b: R) => boolean,
): R[] {
  const all: R[] = [];
  for (const range of ranges) {
    const before = all.at(-1);
    const isNext = before !== undefined && areAlike(before, range) &&
      before.last + 1 === range.first;
    if (isNext) all[all.length - 1] = { ...before, last: range.last };
    else all.push(range);
  }
  return all;
}

/** While there are too many, the lowest neighbours that touch become one, as `common` says; null: they stay apart. */
export function boundedRanges<R extends NumberRange>(
  ranges: readonly R[],
  common: (a: R, b: R) => Partial<R> | null,
): R[] {
  const all = [...ranges];
  for (let at = 0; all.length > limits.maxNumberRanges && at + 1 < all.length;) {
    const [a, b] = [all[at]!, all[at + 1]!];
    const both = a.last + 1 === b.first ? common(a, b) : null;
    if (both === null) at++;
    else all.splice(at, 2, { ...a, ...both, last: b.last });
  }
  return all;
}

export function isIn(ranges: readonly NumberRange[], number: number): boolean {
  return ranges.some(({ first, last }) => first <= number && number <= last);
}

export function byFirst(a: NumberRange, b: NumberRange): number {
  return a.first - b.first;
}
