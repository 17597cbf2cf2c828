/** Changes of flags, keywords and folders, made to what is there. */
import assert from "node:assert/strict";
import {
  applyChange,
  type FilingChange,
  isSameFiling,
  requireChange,
} from "../../../../src/client/filing/filing_change.ts";
import { type Filing, unfiled } from "../../../../src/model/filing.ts";

const filed: Filing = {
  folder: 1,
  flags: ["flagged", "copied"],
  internalDate: 5,
  keywords: ["Work", "$label1"],
};

const rows: readonly [what: string, change: FilingChange, after: Partial<Filing>][] = [
  ["nothing", {}, {}],
  ["a flag", { addFlags: ["answered"] }, { flags: ["answered", "flagged", "copied"] }],
  ["a flag that is there", { addFlags: ["flagged"] }, {}],
  ["a flag less", { removeFlags: ["flagged", "draft"] }, { flags: ["copied"] }],
  ["other flags", { setFlags: ["deleted"] }, { flags: ["deleted", "copied"] }],
  ["no flags", { setFlags: [] }, { flags: ["copied"] }],
  ["a keyword", { addKeywords: ["b"] }, { keywords: ["Work", "$label1", "b"] }],
  ["a keyword that is there in another case", { addKeywords: ["WORK"] }, {}],
  ["a keyword less, in another case", { removeKeywords: ["work"] }, { keywords: ["$label1"] }],
  ["other keywords", { setKeywords: ["x", "X", "WORK"] }, { keywords: ["x", "Work"] }],
  ["a move", { folder: 3 }, { folder: 3 }],
  ["a move home", { folder: 0 }, { folder: 0 }],
  ["a move from where it is", { folder: 3, fromFolder: 1 }, { folder: 3 }],
  ["a move from where it is not", { folder: 3, fromFolder: 2, addFlags: ["draft"] }, {}],
  ["another date", { internalDate: 9 }, { internalDate: 9 }],
  ["no date", { internalDate: null }, { internalDate: null }],
];

for (const [what, change, after] of rows) {
  Deno.test(`a filing after a change has ${what}`, () => {
    const expected = { ...filed, ...after };
    assert.deepEqual(applyChange(filed, change), expected);
    assert.equal(isSameFiling(filed, expected), Object.keys(after).length === 0);
  });
}

Deno.test("a message has no more than 64 keywords, and none that IMAP has not", () => {
  const addKeywords = Array.from({ length: 63 }, (_, n) => `k${n}`);
  assert.throws(() => applyChange(filed, { addKeywords }), { code: "too_large" });
  assert.equal(applyChange(unfiled, { addKeywords }).keywords.length, 63);
  for (const keyword of ["", "a b", "\\Seen", "ä", "x".repeat(65)]) {
    assert.throws(() => requireChange({ addKeywords: [keyword] }), { code: "malformed" });
    assert.throws(() => requireChange({ setKeywords: [keyword] }), { code: "malformed" });
    requireChange({ removeKeywords: [keyword] });
  }
});
