import { deepEqual, equal, ok } from "node:assert/strict";
import { formatJson } from "../../../src/cli/terminal/output.ts";
import {
  joinVisible,
  visible,
  visibleJson,
  visibleLine,
  visibleText,
} from "../../../src/model/visible_text.ts";

Deno.test("what steers a terminal or reorders a line is written out", () => {
  const cases: Record<string, string> = {
    "a\x1b[2Jb": "a␛[2Jb",
    "\x00\x07\x7f": "␀␇␡",
    "\x9b31m": "\\u{9b}31m",
    "exe.\u202egpj": "exe.\\u{202e}gpj",
    "a\u200bb\ufeffc": "a\\u{200b}b\\u{feff}c",
    "a\u2028b\u2029": "a\\u{2028}b\\u{2029}",
    "x\ud800y": "x\\u{d800}y",
    "\u{e0041}": "\\u{e0041}",
    "\u3164": "\\u{3164}",
    "a\ufe0fb": "a\\u{fe0f}b",
    "a\u200db": "a\\u{200d}b",
  };
  for (const [hostile, shown] of Object.entries(cases)) equal(visibleLine(hostile), shown);
});

Deno.test("what belongs to a word or an emoji stays", () => {
  for (const text of ["日本語 é ñ", "👩‍👩‍👧", "❤️", "1️⃣", "می‌خواهم", "🇩🇪", "👍🏽"]) {
    equal(visibleLine(text), text);
  }
});

Deno.test("marks are piled on a letter no higher than any language does", () => {
  for (const mark of ["\u0301", "\u0e34", "\u{1f3fb}"]) {
    equal(visibleLine(`a${mark.repeat(30)}b`), `a${mark.repeat(30)}b`);
    equal(visibleText(`a${mark.repeat(250_000)}b`), `a${mark.repeat(30)}…b`);
  }
});

Deno.test("text keeps its lines and tabs, a line has neither", () => {
  equal(visibleText("a\tb\r\nc\rd\n"), "a\tb\nc␍d\n");
  equal(visibleLine("a\tb\nc\r"), "a␉b␊c␍");
});

Deno.test("no character of Unicode passes that could act on a terminal", () => {
  for (let code = 0; code <= 0xffff; code++) {
    const shown = visibleLine(`x${String.fromCharCode(code)}y`);
    ok(!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(shown), code.toString(16));
  }
});

Deno.test("JSON escapes the same characters and means what it meant", () => {
  const value = { "a\x1b": "b\x9b\u202e\u2028\x7f\ufeff日" };
  const text = formatJson(value);
  ok(!/[\p{Cc}\p{Cf}\p{Zl}]/u.test(text));
  equal(JSON.stringify(JSON.parse(text)), JSON.stringify(value));
});

Deno.test("our own words may steer the terminal, the values between them may not", () => {
  equal(visible`\x1b[1m${visibleLine("a\x1b[2J")}\t${3}\x1b[22m\n`, "\x1b[1ma␛[2J\t3\x1b[22m\n");
  equal(joinVisible([visible`a`, visibleLine("b\n")], "\t"), "a\tb␊");
});

Deno.test("JSON is made harmless, and says the same", () => {
  const value = { text: "\x7f\x9b2J\u202e\u2028\ufeff", more: "é" };
  const json = visibleJson(JSON.stringify(value));
  equal(json, '{"text":"\\u007f\\u009b2J\\u202e\\u2028\\ufeff","more":"é"}');
  deepEqual(JSON.parse(json), value);
});

Deno.test("what is visible stays as it is when it is made visible again", () => {
  for (const text of ["a\x1bb", "\u202ex", "❤\ufe0f", "\u0007\ufe0f", "👩\u200d👧"]) {
    equal(visibleLine(visibleLine(text)), visibleLine(text));
  }
});
