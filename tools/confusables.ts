/**
 * Writes the rows of src/model/confusable.ts from the UTS #39 data inside ICU; the licence and the
 * Unicode version above the rows are kept by hand. The argument is ICU's major version, 72 on
 * Debian 12.
 *
 *     apt-get install libicu72
 *     deno run --allow-ffi --allow-read=src --allow-write=src tools/confusables.ts 72
 */

import { alphabets } from "../src/model/address.ts";

const path = "src/model/confusable.ts";
const firstRow = "export const confusables = `\n";

/** Twins that UTS #39 keeps apart, as good fonts do; browsers also join the small Cyrillic capitals. */
const tailored: ReadonlyMap<string, string> = new Map([
  ["w", "vv"],
  ["\u0138", "k"], // Cyrillic ka, Greek kappa
  ["\u1d1b", "t"], // Cyrillic te, Greek tau
  ["\u028d", "rn"], // Cyrillic em, as m
  ["\u029c", "h"], // Cyrillic en
  ["\u0299", "b"], // Cyrillic ve
]);

if (import.meta.main) {
  const lookOf = openIcu(Deno.args[0] ?? "72");
  const above = Deno.readTextFileSync(path).split(firstRow)[0];
  Deno.writeTextFileSync(path, `${above}${firstRow}${rows(lookOf).join("\n")}\n\`;\n`);
}

/** Groups the characters that names decompose to by their looks, but for those that are their own. */
function rows(lookOf: (text: string) => string): string[] {
  const groups = new Map<string, string[]>();
  for (const character of nameCharacters()) {
    const look = lastLook(character, lookOf);
    if (look !== character) groups.set(look, [...(groups.get(look) ?? []), character]);
  }
  return [...groups].map(([look, characters]) => `${hex(look)} < ${hex(characters.join(""))}`);
}

function nameCharacters(): string[] {
  const [scripts, characters] = [alphabets(), new Set("0123456789._-")];
  for (let codePoint = 0x61; codePoint <= 0x10ffff; codePoint++) {
    const text = String.fromCodePoint(codePoint);
    if (!scripts.some((script) => script.test(text))) continue;
    if (text.normalize("NFKC").toLowerCase() !== text) continue;
    for (const part of text.normalize("NFD")) characters.add(part);
  }
  return [...characters].sort((one, other) => one.codePointAt(0)! - other.codePointAt(0)!);
}

/** Looks again until nothing changes, so that a skeleton is its own skeleton. */
function lastLook(text: string, lookOf: (text: string) => string): string {
  const look = tailor(lookOf(text));
  return look === text ? look : lastLook(look, lookOf);
}

/** Folds as names are folded: the look of 0 is O, and that of o is o. */
function tailor(look: string): string {
  return [...look.toLowerCase()].map((part) => tailored.get(part) ?? part).join("");
}

function hex(text: string): string {
  const codePoints = [...text].map((character) => character.codePointAt(0)!);
  return codePoints.map((each) => each.toString(16).toUpperCase().padStart(4, "0")).join(" ");
}

/** Opens ICU's `uspoof_getSkeletonUTF8`; every symbol of ICU ends in its major version. */
function openIcu(version: string): (text: string) => string {
  const { symbols } = Deno.dlopen(`libicui18n.so.${version}`, {
    open: { name: `uspoof_open_${version}`, parameters: ["buffer"], result: "pointer" },
    skeleton: {
      name: `uspoof_getSkeletonUTF8_${version}`,
      parameters: ["pointer", "u32", "buffer", "i32", "buffer", "i32", "buffer"],
      result: "i32",
    },
  });
  const status = new Int32Array(1);
  const checker = symbols.open(status);
  return (text) => {
    const input = new TextEncoder().encode(text);
    const output = new Uint8Array(256);
    const length = symbols.skeleton(checker, 0, input, input.length, output, output.length, status);
    if (status[0]! > 0) throw new Error(`ICU failed with status ${status[0]}`);
    return new TextDecoder().decode(output.subarray(0, length));
  };
}
