/** The documents say what the code's tables say, and nothing here names a registry or a machine's path. */
import assert from "node:assert/strict";
import { hookVariables } from "../src/cli/waiting/hook.ts";
import { settingTable } from "../src/cli/settings/settings.ts";
import { version } from "../src/cli/version.ts";
import { passingOver } from "../src/store/rules/passing_over.ts";
import { currentText, documentedFiles } from "../tools/docs.ts";
import { brokenLinks, documents, linksOf, pages, readDocument } from "./support/documents.ts";
import configuration from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url).pathname;

for (const file of documentedFiles) {
  Deno.test(`the generated lists of ${file} are current (deno task docs)`, async () => {
    assert.equal(await Deno.readTextFile(root + file), await currentText(file));
  });
}

/** Reads a file of the project; null where there is none. */
function readOrNull(file: string): string | null {
  try {
    return Deno.readTextFileSync(root + file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

for (const file of documents) {
  Deno.test(`every link and anchor of ${file} leads somewhere`, () => {
    assert.deepEqual(brokenLinks(file, readOrNull), []);
  });
}

Deno.test("a link to no file, or to no heading, is found", () => {
  const files: Readonly<Record<string, string>> = {
    "docs/a.md":
      "# A, b `c`\n[1](b.md) [2](b.md#b) [3](#a-b-c) [4](../c.png) [5](https://d.example)\n" +
      '[6](#d) [7](b.md#e) [8](../b.md) <img src="f.png">\n```\n# D\n[9](none.md)\n```\n`[10](none.md)`\n',
    "docs/b.md": "## B\n",
    "c.png": "",
  };
  assert.deepEqual(brokenLinks("docs/a.md", (file) => files[file] ?? null), [
    "#d",
    "b.md#e",
    "../b.md",
    "f.png",
  ]);
});

Deno.test("README.md lists every page of docs/, in at most 200 lines", () => {
  const readme = readDocument("README.md");
  const listed = linksOf(readme.split("\n## Documents\n")[1]!.split("\n## ")[0]!);
  assert.deepEqual(pages.filter((page) => !listed.includes(page)), []);
  assert.ok(readme.split("\n").length - 1 <= 200, "README.md is too long");
});

Deno.test("the program and deno.json have one version", () => {
  assert.equal(version, configuration.version);
});

Deno.test("a database that went back in time is treated as a restored one", () => {
  const words = (sql: string) => sql.replaceAll(/[\s;]+/g, " ").trim();
  const [, sql = ""] = /```sql\n(UPDATE mailbox [^`]*)```/.exec(readDocument("docs/scale.md")) ??
    [];
  const now = 77;
  const said = words(sql).replace("extract(epoch FROM now()) * 1000", `${now}`);
  assert.equal(said, words(passingOver(now).join("; ")));
});

Deno.test("every variable that a source file reads is in the settings table", async () => {
  const known = new Set<string>(
    Object.values(settingTable).flatMap(({ variable }) => variable ?? []),
  );
  const { stdout } = await new Deno.Command("grep", {
    args: ["-rhoE", "MAILCTL_[A-Z0-9_]+", `${root}src`],
  }).output();
  const used = new Set(new TextDecoder().decode(stdout).trim().split("\n"));
  used.delete("MAILCTL_"); // the family, in words
  for (const variable of hookVariables) used.delete(variable); // written, not read
  assert.deepEqual([...used].filter((variable) => !known.has(variable)), []);
});
