/** How errors and hints speak, over all of src: the rules for words that a machine can hold. Help has its own test. */
import { deepEqual, ok } from "node:assert/strict";
import { attachValues } from "../src/cli/arguments.ts";
import { commandTable, findCommand } from "../src/cli/command_table.ts";

const root = new URL("../", import.meta.url).pathname;
const mostWords = 30;

/** What a hint begins with: what to do, or when to do it. */
const hintOpeners = new Set(
  ("Add Ask Attach Begin Cancel Change Check Compare Copy Choose If Load Make Nothing Quote Remove Run Send Set Stop Try Use " +
    "Write").split(" "),
);
/** Hints that tell a fact that decides what to do next. */
const facts = /^(The (other|message)|It has )/;

/** Ways of speaking that we gave up, with what is said in their place. */
const givenUp: readonly (readonly [RegExp, string])[] = [
  [/\b(who|what)ever\b/i, "a noun"],
  [/\bdefect\b/, "bug"],
  [/\bdoes not verify\b/, "its signature is invalid"],
  [/\bseal(s|ed)?\b/i, "encrypt"],
  [/: no such /, "there is no such"],
  [/(?<!\bthere )\bis no [a-z]/, "is not a"],
  [/\bcame back\b|\bcomes back\b|\bgoes back\b/, "is returned to you"],
  [/\bCannot (go on|take)\b/, "Cannot continue, Cannot use"],
  [/\b(lets|keeps) others\b/, "other users can access it; Run `chmod ...`"],
];

interface Words {
  readonly file: string;
  readonly text: string;
}

/** The text of the string that begins at `at`, its values as X; null where none begins there. */
function literalAt(source: string, at: number): string | null {
  const found = /^\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)/.exec(
    source.slice(at),
  );
  return found === null
    ? null
    : found[1]!.slice(1, -1).replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "X").replace(/\\(.)/g, "$1");
}

/** Finds the strings that follow a pattern. */
function* following(file: string, source: string, pattern: RegExp): Generator<Words> {
  for (const match of source.matchAll(pattern)) {
    const text = literalAt(source, match.index + match[0].length);
    if (text !== null) yield { file, text };
  }
}

async function* sources(folder: string): AsyncGenerator<readonly [string, string]> {
  for await (const { name, isDirectory } of Deno.readDir(root + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sources(path);
    else if (/\.tsx?$/.test(name)) yield [path, await Deno.readTextFile(root + path)];
  }
}

const messages: Words[] = [];
const hints: Words[] = [];
/** Command lines that somebody is told to run. */
const lines: Words[] = [];
for await (const [file, source] of sources("src")) {
  messages.push(...following(file, source, /new MailError\(\s*[\w.]+,|new MailError\(\s*"\w+",/g));
  hints.push(...following(file, source, /\bhint(?::|\s=)/g));
  lines.push(...toldLines(file, source));
}

/** Finds what stands in backticks behind "run" or "use", its values as X. */
function toldLines(file: string, source: string): Words[] {
  const text = source.replace(/\$?\{[^{}]*\}/g, "X").replaceAll("\\`", "`").replace(
    /\s+\*?\s*/g,
    " ",
  );
  return [...text.matchAll(/\b(?:run|use) `(mailctl [^`]*)`/gi)].map(([, line]) => (
    { file, text: line! }
  ));
}

/** What keeps a line from being typed as it is, with another word in the place of each that is in capitals. */
async function brokenLine(text: string): Promise<string | null> {
  const found = findCommand(text.split(" ").slice(1));
  if (found === null) return "there is no such command";
  const { flags = {}, positional } = (await commandTable.load(found.name))!.command.parameters;
  const words = attachValues({ flags }, found.rest);
  const names = words.filter((word) => word.startsWith("--")).map((word) => word.split("=")[0]!);
  const unknown = names.find((name) => !Object.hasOwn(flags, camelCase(name.slice(2))));
  if (unknown !== undefined) return `there is no flag ${unknown}`;
  const least = positional?.kind === "tuple"
    ? positional.parameters.filter(({ optional }) => !optional).length
    : positional?.minimum ?? 0;
  return words.length - names.length < least ? "an argument is missing" : null;
}

function camelCase(name: string): string {
  return name.replace(/-./g, (pair) => pair[1]!.toUpperCase());
}

function brokenRule(text: string): string | null {
  const replacement = givenUp.find(([pattern]) => pattern.test(text));
  if (replacement !== undefined) return `write: ${replacement[1]}`;
  const sentences = text.split(/(?<=[.?]) (?=[A-Z])/);
  return sentences.some((each) => each.split(" ").length > mostWords) ? "too long" : null;
}

function brokenMessage(text: string): string | null {
  if (/^(X|the server says: X$)/.test(text)) return null; // put together, or told, elsewhere
  if (!text.startsWith("Cannot ")) return "begin with Cannot";
  return text.endsWith(".") ? "end without a full stop" : brokenRule(text);
}

function brokenHint(text: string): string | null {
  const opens = hintOpeners.has(text.split(/[ .,]/)[0]!) || facts.test(text);
  if (!opens) return "begin with what to do";
  return /[.?]$/.test(text) ? brokenRule(text) : "end with a full stop";
}

function broken(words: readonly Words[], rule: (text: string) => string | null): string[] {
  return words.flatMap(({ file, text }) => {
    const problem = rule(text);
    return problem === null ? [] : [`${file}: ${JSON.stringify(text)}: ${problem}`];
  });
}

Deno.test("errors begin with what failed, are short and plain, and have no full stop", () => {
  ok(messages.length > 250, `${messages.length} found`);
  deepEqual(broken(messages, brokenMessage).join("\n"), "");
});

Deno.test("hints say what to do, in short plain sentences with a full stop", () => {
  ok(hints.length > 90, `${hints.length} found`);
  deepEqual(broken(hints, brokenHint).join("\n"), "");
});

Deno.test("what somebody is told to run can be typed", async () => {
  ok(lines.length > 50, `${lines.length} found`);
  const problems = await Promise.all(lines.map(async ({ file, text }) => {
    const problem = await brokenLine(text);
    return problem === null ? [] : [`${file}: ${text}: ${problem}`];
  }));
  deepEqual(problems.flat().join("\n"), "");
});

Deno.test("words that break the rules are seen", () => {
  const bad = [
    "It failed: x",
    "Cannot go on: x",
    "Cannot do that.",
    "Cannot read x: it is no file",
  ];
  for (const text of bad) ok(brokenMessage(text) !== null, text);
  for (const text of ["`mailctl x` does it.", "Run it", "Whoever has it."]) {
    ok(brokenHint(text) !== null, text);
  }
});

Deno.test("lines that cannot be typed are seen", async () => {
  const bad = [
    "mailctl inbx",
    "mailctl login move",
    "mailctl inbox --form x",
    "mailctl reply --all",
  ];
  for (const line of bad) ok(await brokenLine(line) !== null, line);
  for (const line of ["mailctl login", "mailctl read 1 --save DIR"]) {
    deepEqual(await brokenLine(line), null, line);
  }
});
