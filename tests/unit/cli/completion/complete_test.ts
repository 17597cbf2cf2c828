/** The completions of every shell have every command and flag, and offer no word that a shell could run. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { allCommandHelps } from "../../../../src/cli/help/command_help.ts";
import { about, contactWords } from "../../../../src/cli/completion/complete.ts";
import { bashCompletion } from "../../../../src/cli/completion/bash.ts";
import { fishCompletion } from "../../../../src/cli/completion/fish.ts";
import {
  type CommandCompletion,
  completionTable,
  groupsOf,
} from "../../../../src/cli/completion/table.ts";
import { zshCompletion } from "../../../../src/cli/completion/zsh.ts";
import { commandTable } from "../../../../src/cli/command_table.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { unfiled } from "../../../../src/model/filing.ts";

/** Commands of several words, one of them a group and a command, with a text that every shell has to be told is one. */
const words: readonly CommandCompletion[] = [
  { name: "queue", brief: "List", flags: [], arguments: [], repeats: false },
  { name: "queue flush", brief: "Deliver", flags: [], arguments: [], repeats: false },
  {
    name: "keys rotate",
    brief: "It's [new]: $(touch x) `touch x` \\",
    flags: [
      {
        long: "--mode",
        short: "-m",
        brief: "It's [new]: \\",
        value: { placeholder: "a|b", kind: { kind: "words", words: ["a", "b"] } },
      },
      { long: "--all", short: null, brief: "Every one; repeatable", value: null },
    ],
    arguments: [{ kind: "file" }, { kind: "contact" }],
    repeats: true,
  },
];

Deno.test("the table has all commands, and all flags and arguments as their help has them", async () => {
  const table = await completionTable(commandTable);
  const helps = await allCommandHelps(commandTable);
  equal(table.length, helps.length);
  for (const [at, { name, flags }] of helps.entries()) {
    const usages = table[at]!.flags.slice(0, -1).map(({ long, short, value }) =>
      `${short === null ? "    " : `${short}, `}${long}${
        value === null ? "" : ` ${value.placeholder}`
      }`
    );
    deepEqual(usages, flags.map(({ usage }) => usage), name);
  }
  const find = (name: string) => table.find((command) => command.name === name)!;
  deepEqual(find("read").arguments, [{ kind: "message" }]);
  deepEqual([find("send").arguments, find("send").repeats], [[{ kind: "contact" }], true]);
  deepEqual([find("login").arguments, find("login").repeats], [[{ kind: "text" }], false]);
  deepEqual(find("completion").arguments, [{ kind: "words", words: ["bash", "zsh", "fish"] }]);
  const kindOf = (name: string, long: string) =>
    find(name).flags.find((flag) => flag.long === long)?.value?.kind.kind;
  deepEqual(
    [
      kindOf("inbox", "--from"),
      kindOf("read", "--save"),
      kindOf("read", "-o"),
      kindOf("send", "--attach"),
    ],
    ["contact", "folder", undefined, "file"],
  );
});

Deno.test("groups name what may follow each of the first words", () => {
  deepEqual(groupsOf(words), [
    { name: "", members: [{ word: "queue", brief: "List" }, { word: "keys", brief: "..." }] },
    { name: "queue", members: [{ word: "flush", brief: "Deliver" }] },
    { name: "keys", members: [{ word: "rotate", brief: words[2]!.brief }] },
  ]);
});

Deno.test("every script has every flag of every command", async () => {
  const table = await completionTable(commandTable);
  const [bash, zsh, fish] = [bashCompletion(table), zshCompletion(table), fishCompletion(table)];
  for (const { name, flags } of table) {
    const inBash = bash.split("_mailctl_flags() {")[1]!.match(new RegExp(`'${name}'\\) .*`))![0];
    const inZsh = zsh.match(new RegExp(`\\('${name}'\\) _arguments[^]*? ;;`))![0];
    const inFish = fish.match(new RegExp(`-n '__mailctl_is ${name}' .*`, "g"))!.join("\n");
    for (const { long, brief } of flags) {
      ok(`${inBash} `.includes(` ${long} `), `${name} ${long} in bash`);
      ok(inZsh.includes(long), `${name} ${long} in zsh`);
      ok(`${inFish} `.includes(` -l ${long.slice(2)} `), `${name} ${long} in fish`);
      ok(inFish.includes(brief.replaceAll("'", "\\'")), `${name} ${long}: ${brief}`);
    }
  }
});

Deno.test("what a help says is quoted in every shell's own way", () => {
  ok(
    zshCompletion(words).includes(
      `'(-m --mode)--mode=[It'\\''s \\[new\\]\\: \\\\]:a|b:(a b)'`,
    ),
  );
  ok(zshCompletion(words).includes(`'rotate:It'\\''s [new]: $(touch x) \`touch x\` \\'`));
  ok(zshCompletion(words).includes(`'*--all[Every one; repeatable]'`));
  ok(fishCompletion(words).includes(`-l mode -s m -x -a 'a b' -d 'It\\'s [new]: \\\\'`));
  const bash = bashCompletion(words);
  ok(bash.includes("'keys rotate --mode' | 'keys rotate -m') kind=words choices=('a' 'b') ;;"));
  ok(bash.includes("'keys rotate 0') kind=file ;;\n    'keys rotate '*) kind=contact ;;"));
  ok(!bash.includes("touch"));
});

Deno.test("bash never evaluates what it is given: no compgen -W, no eval", async () => {
  const script = bashCompletion(await completionTable(commandTable)).replace(/^#.*$/gm, "");
  ok(!/compgen -W|\beval\b/.test(script));
});

Deno.test("a correspondent whose name a shell would run is not offered", () => {
  const hostile = [
    "$(id)",
    "`id`",
    "a;b",
    "a b",
    "-rf",
    "a\nb",
    "a'b",
    "A",
    "..",
    "",
    "a*",
    "~a",
    "{a,b}",
  ];
  deepEqual(contactWords(hostile.map((name) => `${name}@x.test`).map(asAddress)), []);
  deepEqual(
    contactWords([asAddress("bob@x.test"), asAddress("j.doe@x.test"), asAddress("józef@x.test")])
      .map(([word]) => word),
    [
      "bob",
      "j.doe",
      "józef",
    ],
  );
});

Deno.test("what a signature does not vouch for is not repeated", () => {
  const filed = { from: asAddress("bob@x.test"), filing: unfiled };
  const message = { ...filed, headers: { subject: "Pay here" } };
  equal(about({ ...message, outcome: "unknown" }), "bob@x.test: Pay here");
  equal(about({ ...message, outcome: "changed" }), "bob@x.test: (the key changed)");
  equal(about({ ...message, outcome: "invalid" }), "(invalid signature)");
  equal(about({ ...message, outcome: "signed", headers: null }), "(invalid signature)");
  equal(about({ ...message, outcome: "imported" }), "(imported): Pay here");
  const filing = { ...unfiled, flags: ["draft"] as const };
  equal(about({ ...message, filing, outcome: "imported" }), "(draft): Pay here");
});
