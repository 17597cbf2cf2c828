/**
 * What a name looks like (UTS #39, section 4). For the server alone: the client's start must not pay
 * for the table.
 */

import { confusables } from "./confusable.ts";

const prototypes = readPrototypes();

/**
 * Reduces a name, a result of `parseName`, to its look: two names that look alike have one skeleton.
 * A skeleton is only ever compared with another; it is neither a name nor fit to show.
 */
export function skeleton(name: string): string {
  const parts = [...name.normalize("NFD")];
  return parts.map((part) => prototypes.get(part) ?? part).join("").normalize("NFD");
}

function readPrototypes(): ReadonlyMap<string, string> {
  const pairs = confusables.trim().split("\n").flatMap((row) => {
    const [prototype, characters] = row.split(" < ").map(fromHex);
    return [...characters!].map((character): [string, string] => [character, prototype!]);
  });
  return new Map(pairs);
}

function fromHex(codePoints: string): string {
  return String.fromCodePoint(...codePoints.split(" ").map((hex) => parseInt(hex, 16)));
}
