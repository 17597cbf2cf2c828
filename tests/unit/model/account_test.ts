/** Names of accounts: what folds to one spelling, what is refused, and what looks alike. */
import assert from "node:assert/strict";
import { alphabets, parseName } from "../../../src/model/address.ts";
import { MailError } from "../../../src/model/errors.ts";
import { limits } from "../../../src/model/limits.ts";
import { skeleton } from "../../../src/model/skeleton.ts";
import { seeded } from "../../support/mime.ts";
import { refusal } from "../../support/refusal.ts";

const longest = "x".repeat(limits.maxNameCharacters);

const folded: [what: string, text: string, name: string][] = [
  ["plain", "bob", "bob"],
  ["upper case", "BoB", "bob"],
  ["one letter", "a", "a"],
  ["digits alone", "007", "007"],
  ["separators inside", "a.b_c-d", "a.b_c-d"],
  ["the longest", longest, longest],
  ["full width", "\uff22\uff4f\uff42\uff11", "bob1"],
  ["ligature", "\ufb01nn", "finn"],
  ["Kelvin sign", "\u212aim", "kim"],
  ["Angstrom sign", "\u212bsa", "\u00e5sa"],
  ["superscript", "r\u00b2", "r2"],
  ["sharp s", "STRA\u1e9eE", "stra\u00dfe"],
  ["decomposed", "Zoe\u0308", "zo\u00eb"],
  ["Vietnamese, two marks", "Vie\u0323\u0302t", "vi\u1ec7t"],
  ["dotless i", "\u0131rmak", "\u0131rmak"],
  ["Cyrillic", "ПЁТР-2", "пётр-2"],
  ["Greek, capital last sigma", "ΝΊΚΟΣ", "νίκος"],
  ["Greek, plain last sigma", "νίκοσ", "νίκος"],
  ["Greek, last sigma inside", "ςίμος.ος", "σίμος.ος"],
  ["Hebrew", "שלום1", "שלום1"],
  ["Arabic", "محمد", "محمد"],
  ["Arabic presentation forms", "\ufee3\ufea4\ufee4\ufeaa", "محمد"],
  ["Devanagari", "हिन्दी", "हिन्दी"],
  ["Thai", "ที่รัก", "ที่รัก"],
  ["Hangul", "김철수", "김철수"],
  ["Hangul in jamo", "김철수".normalize("NFD"), "김철수"],
  ["Japanese", "サーバーの主", "サーバーの主"],
  ["half-width katakana", "\uff76\uff9e", "ガ"],
  ["Chinese", "王小明", "王小明"],
  ["Chinese outside the BMP", "\u{20bb7}田", "\u{20bb7}田"],
];

for (const [what, text, name] of folded) {
  Deno.test(`a name folds to one spelling: ${what}`, () => {
    assert.equal(parseName(text), name);
    assert.equal(parseName(name), name);
  });
}

const refused: [what: string, text: string, rule: RegExp][] = [
  ["empty", "", /"": it is empty$/],
  ["33 characters", `${longest}x`, /x": it has 33 characters: the limit is 32$/],
  ["33 characters once folded", "\u3392".repeat(11), /it has 33 characters/],
  ["a megabyte", "x".repeat(1 << 20), /x\.\.\.": it has 1048576 characters/],
  ["space", "a b", /" " is not an accepted letter/],
  ["no-break space", "a\u00a0b", /is not an accepted letter/],
  ["NUL", "a\0b", /"a\\u\{0\}b": "\\u\{0\}" is not/],
  ["newline last", "bob\n", /"bob\\u\{a\}": /],
  ["escape", "\x1b[2J", /"\\u\{1b\}\[2J"/],
  ["quotation mark", 'a"b', /"a\\u\{22\}b"/],
  ["zero-width space", "a\u200bb", /"a\\u\{200b\}b"/],
  ["zero-width joiner", "क्\u200dष", /\\u\{200d\}/],
  ["byte order mark", "\ufeffbob", /\\u\{feff\}/],
  ["soft hyphen", "b\u00adob", /\\u\{ad\}/],
  ["word joiner", "b\u2060ob", /\\u\{2060\}/],
  ["right-to-left override", "\u202ebob", /\\u\{202e\}/],
  ["right-to-left isolate", "bob\u2067", /\\u\{2067\}/],
  ["Arabic letter mark", "م\u061cم", /\\u\{61c\}/],
  ["Arabic tatweel", "م\u0640م", /is not an accepted letter/],
  ["Hangul filler", "\u3164", /is not an accepted letter/],
  ["variation selector", "bob\ufe0f", /\\u\{fe0f\}/],
  ["tag character", "bob\u{e0062}", /\\u\{e0062\}/],
  ["private use", "\ue000", /\\u\{e000\}/],
  ["high surrogate alone", "a\ud800", /\\u\{d800\}/],
  ["low surrogate alone", "\udc00a", /\\u\{dc00\}/],
  ["emoji", "bob😀", /"😀" is not/],
  ["at sign", "bob@example.com", /"@" is not/],
  ["slash", "../etc", /"\/" is not/],
  ["full-width slash", "a\uff0fb", /"\/" is not/],
  ["plus", "bob+tag", /"\+" is not/],
  ["dot first", ".bob", /starts or ends with/],
  ["hyphen last", "bob-", /starts or ends with/],
  ["separator alone", "_", /starts or ends with/],
  ["doubled dot", "a..b", /in a row/],
  ["two separators", "a-.b", /in a row/],
  ["two-dot leader", "a\u2025b", /in a row/],
  ["dotted capital I", "\u0130stanbul", /\\u\{307\}/],
  ["stacked marks", "e\u0301\u0301\u0301", /\\u\{301\}/],
  ["mark alone", "\u0301", /is not an accepted letter/],
  ["Devanagari mark alone", "\u093f", /accents do not fit/],
  ["Devanagari mark after a digit", "क1\u093f", /accents do not fit/],
  ["Devanagari mark twice", "क\u0947\u0947", /accents do not fit/],
  ["Thai marks, four", "ก\u0e34\u0e48\u0e34\u0e48", /accents do not fit/],
  ["Hebrew point", "ש\u05c1", /is not an accepted letter/],
  ["Cherokee", "ᏣᎳᎩ", /is not an accepted letter/],
  ["Armenian", "օհան", /is not an accepted letter/],
  ["Han not yet assigned", "\u{2a6e0}", /is not an accepted letter/],
  ["small capital", "\u1d00lice", /is not an accepted letter/],
  ["script g", "\u0261reg", /is not an accepted letter/],
  ["apostrophe letter", "o\u02bcneil", /is not an accepted letter/],
  ["Arabic digit", "\u0661\u0662", /is not an accepted letter/],
  ["Devanagari digit", "क\u0967", /is not an accepted letter/],
  ["Roman numeral in Cyrillic", "п\u2167", /mixes letters/],
  ["Latin with Cyrillic", "p\u0430ypal", /mixes letters/],
  ["Greek with Latin", "\u03b1lice", /mixes letters/],
  ["Latin with Han", "a王", /mixes letters/],
  ["Hangul with Han", "김王", /mixes letters/],
  ["micro sign, which is Greek", "\u00b5torrent", /mixes letters/],
  ["digit before Hebrew", "1שלום", /starts with a digit/],
  ["digit before Arabic", "1.محمد", /starts with a digit/],
];

for (const [what, text, rule] of refused) {
  Deno.test(`a name is refused, with the rule: ${what}`, () => {
    const message = refusal(() => parseName(text));
    assert.match(message, /^Cannot accept the name "/);
    assert.match(message, rule);
    assert.ok(message.length < 800, "the message is short");
    assert.doesNotMatch(message, /[\p{C}\p{Default_Ignorable_Code_Point}]/u);
  });
}

const lookAlikes: [string, string][] = [
  ["bob", "b0b"],
  ["paul", "pau1"],
  ["1", "l"],
  ["modern", "modem"],
  ["arnold", "amold"],
  ["walter", "vvalter"],
  ["ẉil", "vṿil"],
  ["ape", "аре"],
  ["mama", "мама"],
  ["rnarna", "мама"],
  ["oscar", "оѕсаг"],
  ["kot", "кот"],
  ["hob", "нов"],
  ["av", "αν"],
  ["pou", "ρου"],
  ["кот", "κοτ"],
  ["irmak", "\u0131rmak"],
  ["şule", "șule"],
  ["mǎo", "măo"],
  ["æsop", "aesop"],
  ["へ", "ヘ"],
  ["ロ", "口"],
  ["カ", "力"],
  ["ニ", "二"],
  ["ー", "一"],
  ["แ", "เเ"],
  ["आ", "अा"],
  ["كم", "ک\u0645"],
  ["מו", "מן"],
];

for (const [one, other] of lookAlikes) {
  Deno.test(`names that look alike have one skeleton: ${one} ${other}`, () => {
    assert.notEqual(parseName(one), parseName(other));
    assert.equal(skeleton(parseName(one)), skeleton(parseName(other)));
  });
}

Deno.test("names that look different have skeletons of their own", () => {
  const names = `
    alice bob carol dave dan eve erin frank grace heidi ivan judy mallory marvin niaj olivia oscar
    peggy rupert sybil trent trudy ursula victor vanna walter wendy xavier yves yvonne zoe
    neil nell paul clark dark ann anna anne hanna hannah jon john joan jan jean sara sarah ana eric erik
    a.b a-b a_b ab user user2 user3 user5 user6 user8 user9 zoë müller muller mueller straße strasse
    пётр петр иван ивана анна ольга щука шука νίκος νίκη μαρία μάρια
    שלום דוד محمد أحمد احمد हिन्दी हिन्दू ที่รัก 김철수 김철호 サーバー サイバー 王小明 王小月 土田 千田
  `.trim().split(/\s+/).map(parseName);
  const owners = new Map<string, string>();
  for (const name of names) {
    assert.equal(owners.get(skeleton(name)), undefined, `${name} looks like another`);
    owners.set(skeleton(name), name);
  }
});

Deno.test("every BMP character alone is refused or folds to a fixed point", () => {
  for (let codePoint = 0; codePoint <= 0xffff; codePoint++) {
    checkFixedPoint(String.fromCharCode(codePoint));
  }
});

Deno.test("random names are refused or fold to a fixed point with a stable skeleton", () => {
  const random = seeded(20);
  const words = [...folded, ...refused].flatMap(([, text]) => [...text.slice(0, 40)]);
  const accepted = new Set<string>();
  for (let round = 0; round < 20_000; round++) {
    const length = 1 + random() % 5;
    const pieces = Array.from({ length }, () => words[random() % words.length]!);
    const name = checkFixedPoint(pieces.join(""));
    if (name !== null) accepted.add(name);
  }
  assert.ok(accepted.size > 500, `only ${accepted.size} names were accepted`);
});

/** Checks what holds of every name accepted; `null` where `text` is refused. */
function checkFixedPoint(text: string): string | null {
  let name: string;
  try {
    name = parseName(text);
  } catch (error) {
    assert.ok(error instanceof MailError);
    return null;
  }
  assert.equal(parseName(name), name);
  assert.equal(parseName(text.normalize("NFD")), name);
  assert.equal(parseName(name.normalize("NFKD")), name);
  assert.ok([...name].length <= limits.maxNameCharacters);
  const letters = [...name].filter((character) => !/[0-9._-]/.test(character));
  assert.ok(alphabets().some((alphabet) => letters.every((letter) => alphabet.test(letter))));
  assert.equal(skeleton(skeleton(name)), skeleton(name), `the skeleton of ${name}`);
  return name;
}
