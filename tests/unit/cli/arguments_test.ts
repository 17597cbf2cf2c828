import { buildCommand } from "@stricli/core";
import { deepEqual, equal, throws } from "node:assert/strict";
import {
  attachValues,
  behindFlags,
  hasSwitch,
  withDecodedValues,
} from "../../../src/cli/arguments.ts";
import { listArgument, listFlag, parsedFlag, switchFlag, textFlag } from "../../../src/cli/flag.ts";
import { splitWords } from "../../../src/cli/terminal/split_command.ts";

interface Flags {
  readonly message: string | undefined;
  readonly attach: readonly string[] | undefined;
  readonly json: boolean;
}

const command = buildCommand({
  docs: { brief: "" },
  parameters: {
    flags: {
      message: parsedFlag("T", "", String),
      attach: listFlag("F", ""),
      json: switchFlag(""),
    },
    aliases: { m: "message", a: "attach", j: "json" },
    positional: listArgument("TO", "", String),
  },
  func: (_flags: Flags, ..._to: string[]) => {},
});

function values(...args: string[]): (string | undefined)[] {
  const flag = withDecodedValues(command).parameters.flags?.["message"];
  const parse = flag?.kind === "parsed" ? flag.parse : null;
  return attachValues(command.parameters, args).map((arg) => {
    const [, value] = /^(?:--[a-z]+|-[a-z])=([^]*)$/.exec(arg) ?? [];
    // deno-lint-ignore no-explicit-any -- stricli hands over its context, which is not used
    return value === undefined ? arg : parse?.call(null as any, value) as string;
  });
}

Deno.test("a value is a value whatever it looks like", () => {
  for (const value of ["", "-x", "--json", "--", "-", "a\nb", "=", "=x", ":x", "ü\u2028%41"]) {
    deepEqual(values("-m", value), [value]);
    deepEqual(values("--message", value), [value]);
    deepEqual(values(`--message=${value}`), [value]);
    if (value !== "") deepEqual(values(`-m${value}`), [value]);
  }
});

Deno.test("switches may be joined, the last letter may take a value", () => {
  deepEqual(values("-jm", "x"), ["-j", "x"]);
  deepEqual(values("-jmx", "bob"), ["-j", "x", "bob"]);
});

Deno.test("after -- nothing is a flag, and a missing value is left for stricli to tell", () => {
  deepEqual(values("a", "--", "-m", "x"), ["a", "--", "-m", "x"]);
  deepEqual(values("--message"), ["--message"]);
  equal(hasSwitch(["a", "--json"], "--json"), true);
  equal(hasSwitch(["a", "--", "--json"], "--json"), false);
});

Deno.test("a command may have arguments that look like flags", () => {
  const isArgument = (word: string) => /^-[^-]./.test(word);
  const rows: readonly (readonly [given: string[], expected: string[]])[] = [
    [["1", "+a"], ["1", "+a"]],
    [["-ab", "1", "--json", "-h"], ["1", "--json", "-h", "--", "-ab"]],
    [["-ab", "1", "--", "-x", "--json"], ["1", "--", "-ab", "-x", "--json"]],
    [["-", "--"], ["-"]],
  ];
  for (const [given, expected] of rows) deepEqual(behindFlags(given, isArgument), expected);
});

const noFlags = ["--constructor", "--to-string", "--valueOf=1"] // what every object has
  .concat(["--x", "--x=1", "--1", "--_x", "--é", "--=x", "-é", "-1", "-:", "---"]) // no names of flags
  .concat(["-message", "-json"]); // one dash too few

Deno.test("nothing that begins as a flag does is taken for an argument, or for a value of another flag", () => {
  for (const word of noFlags) throws(() => values(word), { code: "usage" }, word);
});

Deno.test("a variable that is not set is no text for a flag", () => {
  for (const { parse } of [textFlag("KEY", ""), listFlag("TO", "")]) {
    throws(() => parse(""), { code: "usage" });
    equal(parse(" "), " ");
  }
});

Deno.test("commands of settings are split at blanks, with quotes and no shell", () => {
  deepEqual(splitWords(`pass show 'a b' "c \\"d\\"" e\\ f $HOME; x`), [
    "pass",
    "show",
    "a b",
    'c "d"',
    "e f",
    "$HOME;",
    "x",
  ]);
  deepEqual(splitWords("  "), []);
});
