/** The program's modules as files: few on the way of a command, and never one module twice. */
import assert from "node:assert/strict";
import { bundle } from "../../tools/bundle.ts";
import { listFiles } from "../../tools/file_list.ts";
import { reached } from "../../tools/join_chunks.ts";
import { programFlags, uncachedFlags } from "../../tools/program_flags.ts";
import { programSources } from "../../tools/program_sources.ts";
import { bundledProgram } from "../support/program_bundle.ts";

const main = (await bundledProgram()).split("/");
const program = main.slice(0, -1).join("/");

const ways: readonly (readonly [way: string, entries: readonly string[], joined: string])[] = [
  ["--version", ["dispatch"], "start.js"],
  [
    "inbox",
    ["dispatch", "commands/inbox", "open_mailbox", "server_address"],
    "session.js start.js",
  ],
  [
    "send",
    ["dispatch", "commands/send", "open_mailbox", "pinned_recipients", "sending/send"],
    "sending.js session.js start.js",
  ],
  [
    "read",
    ["dispatch", "commands/read", "open_mailbox", "open_message"],
    "reading.js sending.js session.js start.js",
  ],
];

for (const [way, entries, joined] of ways) {
  Deno.test(`the modules of ${way} that others need too are in: ${joined}`, () => {
    const own = entries.map(builtFrom);
    const runtime = reached(["main.js"], program);
    const shared = [...reached(own, program)]
      .filter((file) => !own.includes(file) && !runtime.has(file));
    assert.equal(shared.sort().join(" "), joined);
    for (const file of [...own, ...shared, ...runtime]) {
      assert.doesNotMatch(Deno.readTextFileSync(`${program}/${file}`), /\bfrom\s*"node:/, file);
    }
  });
}

/** The file made of the one entry of a group that ends so. */
function builtFrom(name: string): string {
  const root = programSources.entry.replace(/main\.ts$/, "");
  const found = programSources.groups!.flatMap(({ entries }) => entries)
    .filter((entry) => entry.endsWith(`/${name}.ts`));
  assert.equal(found.length, 1, `the entries named ${name}`);
  return found[0]!.slice(root.length).replace(/\.ts$/, ".js");
}

Deno.test("no lazy import is foreseen: the runtime would read its file in any case", () => {
  const foreseen = listFiles(program).filter((name) => name.endsWith(".js")).filter((name) =>
    /\bimport\(\s*["'`]\.{1,2}\//.test(Deno.readTextFileSync(`${program}/${name}`))
  );
  assert.deepEqual(foreseen, []);
});

Deno.test("functions are compiled with their file, unless nothing compiled is kept", () => {
  const apart = programFlags.filter((flag) => !uncachedFlags.includes(flag));
  assert.deepEqual(apart, ["--v8-flags=--no-lazy"]);
});

Deno.test("an entry that no module has is refused", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bundle-" });
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, "");
    const groups = [{ name: "joined", entries: [`${folder}/gone.ts`] }];
    await assert.rejects(
      bundle({ entry: `${folder}/main.ts`, groups }, `${folder}/out`),
      /gone\.ts/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a module that is joined with others is still one module", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bundle-" });
  const count = 'import { count } from "./counter.ts"; import { twice } from "./twice.ts";';
  const sources = {
    "counter.ts": "let counted = 0; export const count = () => ++counted;",
    "twice.ts":
      'import { count } from "./counter.ts"; export const twice = () => [count(), count()];',
    "first.ts": `${count} export const first = () => [count(), ...twice()];`,
    "second.ts": `${count} export const second = () => [...twice(), count()];`,
    "third.ts": 'import { count } from "./counter.ts"; export const third = () => [count()];',
    "main.ts": `const all = [];
      all.push(...(await import("./first.ts")).first());
      all.push(...(await import("./second.ts")).second());
      all.push(...(await import("./third.ts")).third());
      console.log(all.join(" "));`,
  };
  try {
    for (const [name, text] of Object.entries(sources)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const out = `${folder}/out`;
    await Deno.mkdir(out);
    const groups = [{ name: "joined", entries: [`${folder}/first.ts`] }];
    const { files } = await bundle({ entry: `${folder}/main.ts`, groups }, out);
    assert.deepEqual(files.filter((file) => file.startsWith("chunk-")), []);
    const args = ["run", "--no-config", "--allow-read", `${out}/main.js`];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    assert.equal(new TextDecoder().decode(stdout), "1 2 3 4 5 6 7\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
