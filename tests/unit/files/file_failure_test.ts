/** Why a file cannot be used, as the system told it. */
import assert from "node:assert/strict";
import { reasonOf } from "../../../src/files/file_failure.ts";
import { readPrivateFile, updatePrivateFile } from "../../../src/client/state_file.ts";

const long = "n".repeat(300);

const cases: readonly (readonly [what: string, fails: (folder: string) => unknown, string])[] = [
  ["a file that is not there", (f) => Deno.openSync(`${f}/none`), "there is no such file"],
  ["a file in a file", (f) => Deno.openSync(`${f}/file/x`), "a part of its path is not a folder"],
  ["a folder to be written", (f) => Deno.writeTextFileSync(f, "x"), "it is a folder"],
  ["a name too long", (f) => Deno.openSync(`${f}/${long}`), "its name is too long"],
  ["links in a circle", (f) => Deno.openSync(`${f}/circle`), "too many symbolic links lead to it"],
  [
    "a full device",
    () => Deno.writeTextFileSync("/dev/full", "x"),
    "no space is left on the device",
  ],
];

for (const [what, fails, reason] of cases) {
  Deno.test(`${what} has its reason`, () =>
    inFolder((folder) => {
      assert.throws(() => fails(folder), (error) => reasonOf(error) === reason);
    }));
}

for (
  const [code, reason] of [["EACCES", "permission denied"], [
    "EROFS",
    "the file system is read-only",
  ]]
) {
  Deno.test(`${code} is told as: ${reason}`, () => {
    assert.equal(reasonOf(Object.assign(new Error("in other words"), { code })), reason);
  });
}

Deno.test("a file that the runtime refuses names no flag of the runtime", () => {
  const refused = new Deno.errors.NotCapable("run again with the --allow-all flag");
  assert.equal(reasonOf(refused), "mailctl cannot use files under /proc, /sys and /dev");
});

Deno.test("what is no failure of the system keeps its words", () => {
  assert.equal(reasonOf(new TypeError("no text")), "no text");
  assert.equal(reasonOf("thrown"), "thrown");
});

Deno.test("a state file names itself, its lock or its folder, and the reason", () =>
  inFolder(async (folder) => {
    const change = () => "text";
    await Deno.mkdir(`${folder}/state`, { mode: 0o700 });
    await Deno.mkdir(`${folder}/state/logins.json.lock`);
    const messages: readonly (readonly [() => Promise<unknown>, string])[] = [
      [
        () => updatePrivateFile(`${folder}/state/logins.json`, change),
        `Cannot write ${folder}/state/logins.json.lock: it is a folder`,
      ],
      [
        () => updatePrivateFile(`${folder}/file/logins.json`, change),
        `Cannot write ${folder}/file: there is another file of that name`,
      ],
      [
        () => readPrivateFile(`${folder}/state/${long}`),
        `Cannot read ${folder}/state/${long}: its name is too long`,
      ],
    ];
    for (const [work, message] of messages) await assert.rejects(work(), { message });
  }));

async function inFolder(test: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-failure-" });
  try {
    await Deno.writeTextFile(`${folder}/file`, "");
    await Deno.symlink("circle", `${folder}/circle`);
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
