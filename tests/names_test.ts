/** Names: a type has one, and words that had to be looked up stay out. The field's terms stand in their place. */
import assert from "node:assert/strict";

/** Types of the same name in two files, where each is the other's fair counterpart. */
const fair: ReadonlySet<string> = new Set([
  "AppPassword",
  // SMTP and POP3 are made of the same parts.
  "Command",
  "Next",
  "Reply",
  "Verbs",
]);

/** Word -> what to call it. */
const banned: Readonly<Record<string, string>> = {
  arrivals: "new mail, or inbound mail",
  deposit: "append",
  desk: "mailbox connections",
  foreign: "unsigned",
  formtoken: "CSRF token",
  handed: "submitted",
  keeping: "retention",
  patience: "long poll",
  patiently: "long poll",
  removal: "retention notice",
  returned: "bounce",
  seat: "slot, or signed in",
  settle: "expire, flush, finish or wait",
  settling: "due work",
  turns: "serial queue",
  walls: "access checks",
  wish: "options, or query",
};

const declaration =
  /\b(?:class|interface|type|enum|function\*?|const|let)\s+#?(\w+)|^\s+(?:readonly\s+|static\s+|async\s+|get\s+|private\s+|\*)*#?(\w+)\??\s*[:(<]/gm;

/** The names that a text declares, and the words they are made of. */
function wordsDeclared(text: string): { name: string; words: string[] }[] {
  return [...text.replaceAll(/\/\*[^]*?\*\/|\/\/[^\n]*/g, "").matchAll(declaration)]
    .map(([, declared, member]) => (declared ?? member)!)
    .map((name) => ({ name, words: name.split(/(?=[A-Z])|_/).map((word) => word.toLowerCase()) }));
}

function bannedIn(file: string, text: string): string[] {
  return wordsDeclared(text).flatMap(({ name, words }) =>
    words.filter((word) => Object.hasOwn(banned, word))
      .map((word) => `${file}: ${name}: call it ${banned[word]}`)
  );
}

/** Types that are exported under one name from more than one file. */
/** Back ends of the store are exchangeable, file by file: a reader has one of them before him. */
function areTwins(files: readonly string[]): boolean {
  const kinds = files.map((file) => /\/store\/(memory|sqlite|postgres)\//.exec(file)?.[1]);
  return new Set(kinds).size === files.length && !kinds.includes(undefined);
}

function exportedTwice(sources: ReadonlyMap<string, string>): string[] {
  const files = new Map<string, string[]>();
  for (const [file, text] of sources) {
    for (
      const [, name] of text.matchAll(/^export (?:abstract )?(?:class|interface|type|enum) (\w+)/gm)
    ) {
      files.getOrInsertComputed(name!, () => []).push(file);
    }
  }
  return [...files].filter(([name, found]) => found.length > 1 && !fair.has(name))
    .filter(([, found]) => !areTwins(found))
    .map(([name, found]) => `${name}: ${found.join(", ")}`);
}

async function readSources(folder: string): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await readSources(path));
    else if (/\.tsx?$/.test(name)) found.push([path, await Deno.readTextFile(path)]);
  }
  return found;
}

const sources = new Map(await readSources(new URL("../src", import.meta.url).pathname));

Deno.test("no type name is exported from two files", () => {
  assert.ok(sources.size > 100, "the sources were not found");
  assert.deepEqual(exportedTwice(sources), []);
  const planted = new Map([["a.ts", "export interface Twice {}"], [
    "b.ts",
    "export type Twice = 1;",
  ]]);
  assert.deepEqual(exportedTwice(planted), ["Twice: a.ts, b.ts"]);
});

Deno.test("no name is made of a word that has a term in the field", () => {
  assert.deepEqual([...sources].flatMap(([file, text]) => bannedIn(file, text)), []);
});

const planted: readonly (readonly [string, string])[] = [
  ["export class Patience {}", "Patience"],
  ["const formSeat = 1;", "formSeat"],
  ["export interface A {\n  readonly wish?: string;\n}", "wish"],
  ["class B {\n  async #deposit() {}\n}", "deposit"],
];

for (const [text, name] of planted) {
  Deno.test(`a planted ${name} is found`, () => {
    assert.equal(bannedIn("x.ts", text).length, 1);
    assert.match(bannedIn("x.ts", text)[0]!, new RegExp(`^x.ts: ${name}: call it `));
  });
}
