/** A file of tests that is in no group, or whose group no task runs, would be forgotten without a word. */
import assert from "node:assert/strict";
import configuration from "../../deno.json" with { type: "json" };
import { groupOf, groups, testFiles } from "./groups.ts";

const names = [...groups.keys()];

Deno.test("the task runs every group, and each has a file that loads it", () => {
  const run = configuration.tasks.test.command.match(/tests\/groups\/\w+\.ts/g) ?? [];
  assert.deepEqual(run.toSorted(), names.map((name) => `tests/groups/${name}.ts`));
  for (const name of names) {
    const text = Deno.readTextFileSync(`${import.meta.dirname}/${name}.ts`);
    assert.match(text, new RegExp(`^await loadGroup\\("${name}"\\);$`, "m"));
  }
});

Deno.test("every path of a group leads to tests, and every group has some", () => {
  const paths = [...groups.values()].flat();
  const gone = paths.filter((path) => !testFiles.some((file) => file.startsWith(path)));
  assert.deepEqual(gone, []);
  assert.deepEqual([...new Set(testFiles.map(groupOf))].toSorted(), names);
});
