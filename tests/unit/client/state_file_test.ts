/** Private files: nobody else can read them, and they are replaced whole or not at all. */
import assert from "node:assert/strict";
import {
  readPrivateFile,
  updatePrivateFile,
  withPrivateFile,
} from "../../../src/client/state_file.ts";
import { MailError } from "../../../src/model/errors.ts";
import { inFolder } from "../../support/temporary_folder.ts";

async function modeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).mode! & 0o777;
}

Deno.test("a file that is not there is null", () =>
  inFolder(async (folder) => {
    assert.equal(await readPrivateFile(`${folder}/none`), null);
    assert.equal(await readPrivateFile(`${folder}/no/folder/none`), null);
  }));

Deno.test("a private file is 0600 in folders of 0700, made where they are missing", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a/b/file`;
    await updatePrivateFile(path, () => "Grüße\n");
    assert.equal(await readPrivateFile(path), "Grüße\n");
    const modes = [await modeOf(path), await modeOf(`${folder}/a/b`), await modeOf(`${folder}/a`)];
    assert.deepEqual(modes, [0o600, 0o700, 0o700]);
  }));

for (const mode of [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666, 0o777]) {
  Deno.test(`a private file of mode ${mode.toString(8)} is refused`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/file`;
      await updatePrivateFile(path, () => "secret");
      await Deno.chmod(path, mode);
      await assert.rejects(readPrivateFile(path), {
        name: "MailError",
        code: "configuration",
        hint: `Run \`chmod 600 ${path}\`.`,
      });
    }));
}

for (const mode of [0o600, 0o400]) {
  Deno.test(`a private file of mode ${mode.toString(8)} is read`, () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/file`, "x", { mode });
      assert.equal(await readPrivateFile(`${folder}/file`), "x");
    }));
}

for (const mode of [0o770, 0o707, 0o720, 0o702, 0o777]) {
  Deno.test(`nothing is written into a folder of mode ${mode.toString(8)}`, () =>
    inFolder(async (folder) => {
      await Deno.chmod(folder, mode);
      const path = `${folder}/file`;
      await assert.rejects(updatePrivateFile(path, () => "secret"), { code: "configuration" });
      assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
    }));
}

Deno.test("a folder in the place of a file is refused, and nothing is left behind", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/file`);
    await assert.rejects(readPrivateFile(`${folder}/file`), { code: "configuration" });
    await assert.rejects(updatePrivateFile(`${folder}/file`, () => "x"), { code: "configuration" });
    assert.deepEqual(await namesIn(folder), ["file", "file.lock"]);
  }));

Deno.test("a file in the place of the folder is told as what it is", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(updatePrivateFile(`${folder}/file/x`, () => "x"), {
      code: "cannot_create",
    });
    await assert.rejects(readPrivateFile(`${folder}/file/x`), { code: "configuration" });
  }));

Deno.test("many writers at once leave one whole text and no other file", () =>
  inFolder(async (folder) => {
    const path = `${folder}/file`;
    const texts = Array.from({ length: 30 }, (_, at) => `${at} `.repeat(20_000));
    await updatePrivateFile(path, () => texts[0]!);
    const seen: (string | null)[] = [];
    let writing = true;
    const reading = (async () => {
      while (writing) seen.push(await readPrivateFile(path));
    })();
    await Promise.all(texts.map((text) => updatePrivateFile(path, () => text)));
    writing = false;
    await reading;
    seen.push(await readPrivateFile(path));
    assert.ok(seen.every((text) => texts.includes(text!)), "no reader saw a torn file");
    assert.deepEqual(await namesIn(folder), ["file", "file.lock"]);
    assert.equal(await modeOf(path), 0o600);
  }));

Deno.test("a file that was too open is not written either", () =>
  inFolder(async (folder) => {
    const path = `${folder}/file`;
    await Deno.writeTextFile(path, "old", { mode: 0o644 });
    await assert.rejects(updatePrivateFile(path, () => "new"), { code: "configuration" });
    assert.equal(await Deno.readTextFile(path), "old");
  }));

Deno.test("of several changes at once each sees the one before", () =>
  inFolder(async (folder) => {
    const path = `${folder}/file`;
    const add = (text: string | null) => String(Number(text ?? "0") + 1);
    await Promise.all(Array.from({ length: 20 }, () => updatePrivateFile(path, add)));
    assert.equal(await readPrivateFile(path), "20");
  }));

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("a text that is prepared is on disk before it takes its place, or is gone", () =>
  inFolder(async (folder) => {
    const path = `${folder}/file`;
    await withPrivateFile(path, async ({ text, replace, prepare }) => {
      assert.equal(text, null);
      await replace("begun");
      const place = await prepare("done");
      assert.equal(await readPrivateFile(path), "begun");
      assert.deepEqual(await namesIn(folder), ["file", "file.lock", "file.new"]);
      await place();
    });
    const refused = new MailError("denied", "no");
    const done = withPrivateFile(path, async ({ prepare }) => {
      await prepare("other");
      throw refused;
    });
    await assert.rejects(done, refused);
    assert.equal(await readPrivateFile(path), "done");
    assert.deepEqual(await namesIn(folder), ["file", "file.lock"]);
  }));
