/** What somebody is told to type about a file is one command, whatever the file is called. */
import assert from "node:assert/strict";
import { chmodHint } from "../../../src/files/private.ts";

const typed: readonly [path: string, hint: string][] = [
  ["/home/a/.local/state/x@1:2+3%,=_", "chmod 600 /home/a/.local/state/x@1:2+3%,=_"],
  ["a b", "chmod 600 'a b'"],
  ["it's", "chmod 600 'it'\\''s'"],
  ["$(reboot)", "chmod 600 '$(reboot)'"],
  ["-R", "chmod 600 ./-R"],
  ["-- x", "chmod 600 './-- x'"],
  ["a-b", "chmod 600 a-b"],
  ["", "chmod 600 ''"],
];

for (const [path, command] of typed) {
  Deno.test(`a path is typed as one word: ${JSON.stringify(path)}`, () => {
    assert.equal(chmodHint("600", path), `Run \`${command}\`.`);
  });
}
