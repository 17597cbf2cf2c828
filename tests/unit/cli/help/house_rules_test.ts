/** How help speaks: the rules for words that a machine can hold. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { commandTable } from "../../../../src/cli/command_table.ts";
import { allCommandHelps, type FlagHelp } from "../../../../src/cli/help/command_help.ts";
import { helpPage } from "../../../../src/cli/help/help_page.ts";
import { refill } from "../../../../src/cli/help/layout.ts";
import { allCommandsPage, firstScreen } from "../../../../src/cli/help/overview.ts";
import { settingTable } from "../../../../src/cli/settings/settings.ts";
import { failures } from "../../../../src/model/errors.ts";

const helps = await allCommandHelps(commandTable);
const briefs = helps.flatMap(({ name, brief, flags }) => [
  { of: name, text: brief },
  ...flags.map((flag) => ({ of: `${name} ${flag.usage.trim()}`, text: flag.brief })),
]);
const meanings = Object.entries(settingTable).map(([of, { meaning }]) => ({ of, text: meaning }));

/** The verbs that briefs begin with, in the imperative. A new one is added by hand, so that no noun slips in. */
const verbs = new Set(
  ("Accept Add Answer Attach Back Block Cancel Change Check Compare Connect Create Delete Deliver Disable Do Empty Enable " +
    "End Erase Expect Export Find Forward Import Keep Leave Let Limit List Listen Make Mark Move Name Offer Open " +
    "Overwrite Permit Print Quote Read Refuse Register Remove Rename Replace Restore Return Revoke Run Save Search Send Serve " +
    "Set Show Speak Start Store Take Unblock Use Wait Write").split(" "),
);

const mostCharacters = 72;
const mostWords = 30;
const opener = /^(Who|Whom|Whose|Whoever|What|Whatever)\b/;

/** The sentences of a description; tables and lists are none. */
function sentencesOf(description: string): string[] {
  const prose = description.split("\n").filter((line) => !line.startsWith("  ")).join("\n");
  return prose.split("\n\n").flatMap((part) =>
    part.replace(/\s+/g, " ").trim().split(/(?<=[.?!:]) (?=[A-Z`])/)
  );
}

Deno.test("briefs of commands, flags and settings begin with a verb, are short and have no full stop", () => {
  const broken = [...briefs, ...meanings].filter(({ text }) =>
    !verbs.has(text.split(" ")[0]!) ||
    text.replace(/ \(default: .*\)$/, "").length > mostCharacters || text.endsWith(".")
  );
  deepEqual(broken, []);
});

Deno.test("the brief of a flag names its argument", () => {
  const names = ({ usage, brief }: FlagHelp): boolean => {
    const [, placeholder = ""] = /--\S+ (\S+)$/.exec(usage) ?? [];
    const isWords = /^[a-z|]*$/.test(placeholder);
    return isWords || placeholder.split("|").every((name) => brief.includes(name));
  };
  const silent = helps.flatMap(({ name, flags }) =>
    flags.filter((flag) => !names(flag)).map(({ usage }) => `${name} ${usage.trim()}`)
  );
  deepEqual(silent, []);
});

Deno.test("descriptions have short sentences, a full stop, and none that begins with Who or What", () => {
  const broken = helps.flatMap(({ name, description }) =>
    sentencesOf(description)
      .filter((sentence) =>
        sentence.split(" ").length > mostWords || opener.test(sentence) || !/[.:)]$/.test(sentence)
      )
      .map((sentence) => `${name}: ${sentence}`)
  );
  deepEqual(broken, []);
});

Deno.test("meanings of failures are short clauses", () => {
  for (const [code, { meaning }] of Object.entries(failures)) {
    ok(/^[a-z].{8,48}[a-z-]$/.test(meaning) && !/^(who|what)/.test(meaning), `${code}: ${meaning}`);
  }
});

const topics = ["exit-statuses", "environment", "security", "keys", "schemas", "admin"];
const pages = [...topics, ...helps.map(({ name }) => name)];

Deno.test("every page of help fits 80 columns, but for examples and settings", async () => {
  for (const page of pages.filter((each) => !/^(environment|keys|security)$/.test(each))) {
    for (const line of (await helpPage(page, commandTable, 80)).split("\n")) {
      ok(line.length <= 80 || line.startsWith("  $ ") && line.length <= 100, `${page}: ${line}`);
    }
  }
});

Deno.test("in 40 columns every page says the same, and all fits but what is to be copied", async () => {
  const isCode = (line: string) => /^ +(\$ |\{"|mailctl help schema )/.test(line);
  for (const page of pages) {
    const [wide, narrow] = [
      await helpPage(page, commandTable, 80),
      await helpPage(page, commandTable, 40),
    ];
    deepEqual(narrow.match(/\S+/g), wide.match(/\S+/g), page);
    for (const line of narrow.split("\n")) {
      ok(line.length <= 40 || isCode(line) && wide.includes(line), `${page}: ${line}`);
    }
  }
});

Deno.test("tables, lists and paragraphs of a description stay what they are in 40 columns", () => {
  const text = `Write messages, oldest first. Nothing is marked.
These are the forms:

  mbox     one file for all messages (RFC 4155), to
           stdout
  maildir  a file for each

  - A client needs TLS from the first byte, on a port
    of its own.
  - Mail for postmaster goes somewhere.`;
  equal(refill(text, 80), `${text}\n`);
  equal(
    refill(text, 40),
    `Write messages, oldest first. Nothing is
marked. These are the forms:

  mbox     one file for all messages
           (RFC 4155), to stdout
  maildir  a file for each

  - A client needs TLS from the first
    byte, on a port of its own.
  - Mail for postmaster goes somewhere.
`,
  );
});

Deno.test("the first screen fits 80 by 24 with a prompt, and a terminal of 40 columns", async () => {
  const lines = (await firstScreen(commandTable, 80)).trimEnd().split("\n");
  ok(lines.length <= 23, `${lines.length} lines`);
  for (const columns of [80, 40]) {
    const pages = [
      await firstScreen(commandTable, columns),
      await allCommandsPage(commandTable, columns),
    ];
    for (const line of pages.join("\n").split("\n")) ok(line.length <= columns, line);
  }
});

Deno.test("the first screen explains twelve commands, and help all the others", async () => {
  const [first, all] = [
    await firstScreen(commandTable, 80),
    await allCommandsPage(commandTable, 80),
  ];
  const listed = /^COMMANDS\n((?: {2}.*\n)+)/m.exec(first)![1]!.trimEnd().split("\n");
  deepEqual(listed.length, 12);
  for (const { name, brief } of helps) ok(all.includes(`  ${name} `) && all.includes(brief), name);
  ok(first.includes("mailctl help all") && first.includes("mailctl help COMMAND"));
});
