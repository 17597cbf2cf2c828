import { deepEqual, equal, rejects } from "node:assert/strict";
import { writeFreeFile, writeNewFile } from "../../../src/cli/message/new_file.ts";
import { updatePrivateFile } from "../../../src/client/state_file.ts";
import { Spool } from "../../../src/client/submission/spool.ts";
import { makeFolder } from "../../../src/files/folder.ts";
import { KeyFolder } from "../../../src/server/key/key_folder.ts";
import { makeDataFolder } from "../../../src/store/sqlite/files.ts";
import { namesAtRisk } from "../../support/power_cut.ts";
import { inFolder } from "../../support/temporary_folder.ts";

async function* text(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new TextEncoder().encode("text\n"));
}

const note = { server: "s:1", user: "a@s", recipients: ["b"], name: null, queuedAt: 1 };

/** Everything that says a file is written, and what relies on it. */
const writers: Readonly<Record<string, (folder: string) => Promise<unknown>>> = {
  "read --save": (folder) => writeFreeFile(folder, "file", text()),
  "read -o": (folder) => writeNewFile(`${folder}/file`, text(), false),
  "read -o --force": (folder) => writeNewFile(`${folder}/file`, text(), true),
  "saved logins and pins": (folder) => updatePrivateFile(`${folder}/new/state`, () => "text"),
  "the queue": async (folder) => {
    const spool = new Spool(`${folder}/new`);
    const claim = await spool.add(note, { header: new Uint8Array(), body: text() });
    await claim.note({ tries: 1, failure: null, isFailed: false });
    claim.release();
  },
  "a server's keys": async (folder) => {
    const keys = await KeyFolder.open(`${folder}/new/keys`);
    await keys.create("a", "text");
    await keys.replace("a", "other");
    await keys.move("a", "b");
  },
  "a server's data": (folder) => makeDataFolder(`${folder}/new/data`),
  "folders in folders": (folder) => makeFolder(`${folder}/a/b/c`),
};

for (const [name, write] of Object.entries(writers)) {
  Deno.test(`${name}: a power cut takes no name of what was written`, () =>
    inFolder(async (folder) => deepEqual(await namesAtRisk(() => write(folder)), [])));
}

Deno.test("a folder that may be written but not read takes files", () =>
  inFolder(async (folder) => {
    const box = `${folder}/box`;
    await Deno.mkdir(box, { mode: 0o300 });
    equal(await writeNewFile(`${box}/file`, text(), false), `${box}/file`);
    await Deno.chmod(box, 0o700);
  }));

Deno.test("a folder whose name is a file's is refused", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a`, "");
    await makeFolder(`${folder}/`);
    await rejects(makeFolder(`${folder}/a`), Deno.errors.AlreadyExists);
    await rejects(makeFolder(`${folder}/a/b`));
  }));
