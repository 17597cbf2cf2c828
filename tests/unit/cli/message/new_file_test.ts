import { deepEqual, equal, rejects } from "node:assert/strict";
import { harmlessName, writeFreeFile, writeNewFile } from "../../../../src/cli/message/new_file.ts";
import { inFolder } from "../../../support/temporary_folder.ts";

async function* bytes(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield* bytes("half");
  throw new Error("cut");
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("a file is there as a whole, and private", () =>
  inFolder(async (folder) => {
    await writeNewFile(`${folder}/a`, bytes("one", "two"), false);
    equal(await Deno.readTextFile(`${folder}/a`), "onetwo");
    equal((await Deno.stat(`${folder}/a`)).mode! & 0o777, 0o600);
    deepEqual(names(folder), ["a"]);
  }));

Deno.test("what a killed program left goes; what is being written, or is none of ours, stays", () =>
  inFolder(async (folder) => {
    const [left, busy, link] = ["0", "1", "2"].map((digit) => `.mailctl-${digit.repeat(16)}`);
    for (const name of [left!, `${left}-journal`, `${busy}-wal`, busy!, ".mailctl-notes"]) {
      await Deno.writeTextFile(`${folder}/${name}`, "half");
    }
    await Deno.symlink(`${folder}/.mailctl-notes`, `${folder}/${link}`);
    using writer = await Deno.open(`${folder}/${busy}`);
    await writer.lock(true);
    await writeNewFile(`${folder}/a`, bytes("new"), false);
    deepEqual(names(folder), [busy, `${busy}-wal`, link, ".mailctl-notes", "a"]);
  }));

Deno.test("half a file leaves nothing, and what was there before stays", () =>
  inFolder(async (folder) => {
    await rejects(writeNewFile(`${folder}/a`, broken(), false), /cut/);
    deepEqual(names(folder), []);
    await Deno.writeTextFile(`${folder}/a`, "old");
    await rejects(writeNewFile(`${folder}/a`, bytes("new"), false), { code: "cannot_create" });
    await rejects(writeNewFile(`${folder}/a`, broken(), true), /cut/);
    equal(await Deno.readTextFile(`${folder}/a`), "old");
    await writeNewFile(`${folder}/a`, bytes("new"), true);
    equal(await Deno.readTextFile(`${folder}/a`), "new");
  }));

Deno.test("a name that is taken gets a number", () =>
  inFolder(async (folder) => {
    for (const name of ["a.tar", "a-1.tar", "a-2.tar"]) {
      equal(await writeFreeFile(folder, "a.tar", bytes("x")), `${folder}/${name}`);
    }
    equal(await writeFreeFile(folder, "plain", bytes("x")), `${folder}/plain`);
    equal(await writeFreeFile(folder, "plain", bytes("x")), `${folder}/plain-1`);
  }));

Deno.test("a folder that is not there cannot be written to", async () => {
  await rejects(writeNewFile("/nowhere/a", bytes("x"), false), { code: "cannot_create" });
});

Deno.test("no name hides a file or looks like a flag", () => {
  equal(harmlessName(".bashrc"), "_bashrc");
  equal(harmlessName("--force"), "__force");
  equal(harmlessName("a.b"), "a.b");
});
