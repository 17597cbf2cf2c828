/** Charsets: every name that programs write, what has none, and what says too little. Bytes by another decoder's table. */
import assert from "node:assert/strict";
import { decodeText, decodeTextStart } from "../../../../src/mime/charset/charset.ts";

/** Bytes as Python's codecs write them. */
const texts: readonly (readonly [label: string | null, text: string, hex: string])[] = [
  [null, "Größe", "4772c3b6c39f65"],
  [null, "Größe", "4772f6df65"],
  ["us-ascii", "Größe", "4772c3b6c39f65"],
  ["ANSI_X3.4-1968", "Größe", "4772c3b6c39f65"],
  ["646", "Größe", "4772c3b6c39f65"],
  ["unknown-8bit", "Größe", "4772c3b6c39f65"],
  ["x-unknown", "Größe", "4772c3b6c39f65"],
  ["'utf-8'", "Größe", "4772c3b6c39f65"],
  ['"UTF-8"', "Größe", "4772c3b6c39f65"],
  ["utf_8", "Größe", "4772c3b6c39f65"],
  ["utf8mb4", "Größe", "4772c3b6c39f65"],
  ["8bit", "Größe", "4772c3b6c39f65"],
  ["none", "Größe", "4772c3b6c39f65"],
  ["cp65001", "Größe", "4772c3b6c39f65"],
  ["utf-8;", "Größe", "4772c3b6c39f65"],
  ["charset=utf-8", "Größe", "4772c3b6c39f65"],
  ["cp437", "Größe", "477294e165"],
  ["IBM437", "Größe", "477294e165"],
  ["cp850", "Größe", "477294e165"],
  ["ibm-850", "Größe", "477294e165"],
  ["CP852", "Größe", "477294e165"],
  ["cp858", "Größe", "477294e165"],
  ["windows-1252", "Größe", "4772f6df65"],
  ["latin1", "Größe", "4772f6df65"],
  ["iso-8859-1", "Größe", "4772f6df65"],
  ["iso8859-15", "Größe", "4772f6df65"],
  ["cp1252", "Größe", "4772f6df65"],
  ["mac_roman", "Größe", "47729aa765"],
  ["x-mac-roman", "Größe", "47729aa765"],
  ["macintosh", "Größe", "47729aa765"],
  ["hp-roman8", "Größe", "4772cede65"],
  ["us-ascii", "Größe", "4772f6df65"],
  ["x-unknown", "Größe", "4772f6df65"],
  ["cp932", "会議①", "89ef8b638740"],
  ["windows-31j", "会議①", "89ef8b638740"],
  ["MS932", "会議①", "89ef8b638740"],
  ["x-sjis", "会議①", "89ef8b638740"],
  ["cp936", "会议通知", "bbe1d2e9cda8d6aa"],
  ["gb2312", "你好吗", "e4bda0e5a5bde59097"],
  ["iso-2022-jp", "日\ufffd", "1b2442467c29211b2842"],
  ["gb2312", "会议通知", "bbe1d2e9cda8d6aa"],
  ["GB18030", "会议通知", "bbe1d2e9cda8d6aa"],
  ["x-gbk", "会议通知", "bbe1d2e9cda8d6aa"],
  ["ms936", "会议通知", "bbe1d2e9cda8d6aa"],
  ["cp949", "회의 똠", "c8b8c0c7208c63"],
  ["ks_c_5601-1987", "회의 똠", "c8b8c0c7208c63"],
  ["uhc", "회의 똠", "c8b8c0c7208c63"],
  ["euc_kr", "회의 똠", "c8b8c0c7208c63"],
  ["cp950", "會議通知", "b77cc4b3b371aabe"],
  ["big5", "會議通知", "b77cc4b3b371aabe"],
  ["big5-hkscs", "會議通知", "b77cc4b3b371aabe"],
  ["iso-2022-jp", "会議の件 a", "1b244232713544244e376f1b28422061"],
  ["iso-2022-jp-1", "会議の件 a", "1b244232713544244e376f1b28422061"],
  ["iso-2022-jp-2", "会議の件 a", "1b244232713544244e376f1b28422061"],
  ["ISO-2022-JP-3", "会議の件 a", "1b244232713544244e376f1b28422061"],
  ["cp50220", "会議の件 a", "1b244232713544244e376f1b28422061"],
  ["csISO2022JP", "会議の件 a", "1b244232713544244e376f1b28422061"],
  ["iso-2022-jp-ms", "会議の件 a", "1b244232713544244e376f1b28422061"],
  [
    "iso-2022-jp-2",
    "会議 会议 회의",
    "1b2442327135441b2842201b244232711b24284152691b2842201b242843483840471b2842",
  ],
  ["iso-2022-jp-1", "丂会", "1b24284430211b244232711b2842"],
  ["iso-2022-jp-ext", "ｱｲ 会", "1b284931321b2842201b244232711b2842"],
  ["iso-2022-kr", "회의 a", "1b2429430e483840470f2061"],
  ["hz-gb-2312", "己所 a ~", "7e7b3c3a4b797e7d2061207e7e"],
  ["hz", "会议", "7e7b3b6152697e7d"],
  ["utf-7", "Größe + 会议", "47722b4150594133772d65202b2d202b5478714c72672d"],
  ["unicode-1-1-utf-7", "Größe", "47722b4150594133772d65"],
  ["utf-16", "AB", "fffe41004200"],
  ["utf-16", "AB", "feff00410042"],
  ["iso-8859-1", "Größe", "efbbbf4772c3b6c39f65"],
  ["koi8-r", "Встреча", "f7d3d4d2c5dec1"],
  ["cp866", "Встреча", "82e1e2e0a5e7a0"],
  ["cp855", "Встреча", "ece3e5e1a8fba0"],
  ["koi8-t", "Вохӯрӣ", "f7cfc8a1d2a5"],
  ["cp737", "Σύνοδος", "91e7a4a69ba6aa"],
  ["cp862", "פגישה", "9482899984"],
  ["tis-620", "ประชุม", "bbc3d0aad8c1"],
  ["cp874", "ประชุม", "bbc3d0aad8c1"],
  ["x-mac-ce", "schůze", "736368f37a65"],
  ["macgreek", "Σύνοδος", "aae0eeefe4eff7"],
  // Words and lines that were joined: an escape behind an escape is no character.
  ["iso-2022-jp", "会議の件", "1b2442327135441b28421b2442244e376f1b2842"],
  // What is cut off takes nothing of what comes next in its set.
  ["iso-2022-jp", "\ufffda会", "1b2442321b2842611b24423271"],
];

for (const [label, text, hex] of texts) {
  Deno.test(`${label === null ? "text without a charset" : `charset ${label}`}: ${text} of ${hex}`, () => {
    assert.equal(decodeText(Uint8Array.fromHex(hex), label), text);
  });
}

const cuts: readonly (readonly [label: string | null, hex: string, text: string])[] = [
  [null, "4772c3b6c3", "Grö"],
  ["us-ascii", "4772c3b6c3", "Grö"],
  ["utf-8", "4772c3b6c3", "Grö"],
  ["gbk", "bbe1d2", "会"],
  ["iso-2022-jp", "1b2442327135", "会"],
];

for (const [label, hex, text] of cuts) {
  Deno.test(`a character that is cut off at the end is left out: ${label ?? "no charset"}`, () => {
    assert.equal(decodeTextStart(Uint8Array.fromHex(hex), label), text);
  });
}

Deno.test("no label and no bytes throw, and none take longer than their length", () => {
  const labels = texts.map(([label]) => label);
  for (
    const label of [...labels, "", "__proto__", "constructor", "iso-2022-", "x".repeat(10_000)]
  ) {
    for (const seed of [1, 2, 3]) decodeText(someBytes(2_000, seed), label);
  }
});

function someBytes(count: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from(
    { length: count },
    () => (state = (state * 1103515245 + 12345) >>> 0) >>> 16,
  );
}
