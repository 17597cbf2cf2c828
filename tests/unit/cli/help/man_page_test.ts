/** The man page has all of the help, and none of its text is taken for a request. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { allCommandHelps } from "../../../../src/cli/help/command_help.ts";
import { manPage } from "../../../../src/cli/help/man_page.ts";
import { item, roffText } from "../../../../src/cli/help/roff.ts";
import { settingTable } from "../../../../src/cli/settings/settings.ts";
import { failures } from "../../../../src/model/errors.ts";
import { commandTable } from "../../../../src/cli/command_table.ts";

const escapes: Readonly<Record<string, string>> = {
  "\\(rs": "\\",
  "\\-": "-",
  "\\(dq": '"',
  "\\(aq": "'",
  "\\(ga": "`",
  "\\(ha": "^",
  "\\(ti": "~",
  "\\&": "",
};

/** What roff prints for text. @throws for an escape that is none of ours */
function printed(text: string): string {
  return text.replace(/\\(?:\(..|\[u[0-9A-F]{4,}\]|.)/g, (escape) => {
    if (escape.startsWith("\\[u")) return String.fromCodePoint(parseInt(escape.slice(3), 16));
    ok(Object.hasOwn(escapes, escape), escape);
    return escapes[escape]!;
  });
}

Deno.test("roff prints any text character by character", () => {
  const text = '.so /etc/passwd\n\'br\n\\fB \\\\ -x `a` ^~ "q" \u00e9 \u6f22 \u{1f600}\n...';
  equal(printed(roffText(text)), text);
  equal(roffText(".so x\n'br\n\\n(PS"), "\\&.so x\n\\(aqbr\n\\(rsn(PS");
  match(roffText("\u6f22\u{1f600}"), /^\\\[u6F22\]\\\[u1F600\]$/);
  deepEqual(item('a "b', "c").split("\n"), [".TP", '.B "a \\(dqb"', "c", ""]);
});

Deno.test("the man page has every command, flag, setting, status and example", async () => {
  const page = await manPage(commandTable);
  const text = printed(page);
  for (const { name, usage, flags, examples } of await allCommandHelps(commandTable)) {
    const part = text.split(`.SS "${name}"\n`)[1]?.split("\n.S")[0] ?? "";
    ok(part.startsWith(`${usage}\n`), name);
    for (const flag of flags) {
      ok(part.includes(`.B "${flag.usage.trim()}"\n${flag.brief}\n`), `${name}: ${flag.usage}`);
    }
    for (const example of examples) ok(part.includes(`$ ${example}\n`), example);
  }
  for (const { meaning } of Object.values(settingTable)) ok(text.includes(meaning), meaning);
  for (const [code, { exit, meaning }] of Object.entries(failures)) {
    ok(text.includes(`.B "${exit}"\n${code}: ${meaning}`), code);
  }
  const sections = [...page.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title);
  deepEqual(sections, [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "COMMANDS",
    "SETTINGS",
    "FILES",
    "EXIT STATUS",
    "KEYS AND PASSWORDS",
    "SECURITY",
    "EXAMPLES",
  ]);
});

Deno.test("nothing but our own requests begins a line of the man page", async () => {
  const lines = (await manPage(commandTable)).split("\n");
  const requests = lines.filter((line) => /^[.']/.test(line)).map((line) => line.split(" ")[0]!);
  const own = [".B", ".EE", ".EX", ".PP", ".SH", ".SS", ".TH", ".TP"];
  deepEqual([...new Set(requests)].sort(), own);
  for (const line of lines) match(line, /^[\x20-\x7e]*$/);
});
