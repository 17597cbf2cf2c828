/** The home of a user as passwd(5) has it. */
import assert from "node:assert/strict";
import { dispatch } from "../../../../src/cli/dispatch.ts";
import { processHost } from "../../../../src/cli/host.ts";
import { homeIn } from "../../../../src/cli/settings/home.ts";
import { keptPermissions } from "../../../support/kept_permissions.ts";

const passwd = "root:x:0:0:root:/root:/bin/sh\nbroken:x:7\n# 8\neve:x:8:8::relative:/bin/sh\n" +
  "a:x:10:10:A:/home/a:/bin/sh\nb:x:1:1::/home/b:\n";

Deno.test("a home is found by the whole user id, and is a path", () => {
  const found = [0, 1, 10, 7, 8, 99, null].map((uid) => homeIn(passwd, uid));
  assert.deepEqual(found, ["/root", "/home/b", "/home/a", null, null, null, null]);
});

Deno.test("a command whose HOME is not set has the system's, one that is set stays", async () => {
  const system = homeIn(Deno.readTextFileSync("/etc/passwd"), Deno.uid());
  for (const [before, after] of [["/somewhere", "/somewhere"], ["", system ?? ""]] as const) {
    const values = new Map<string, string>([["HOME", before]]);
    const set = (name: string, value: string) => void values.set(name, value);
    const env = { ...Deno.env, get: (name: string) => values.get(name), set };
    const stdout = { write: (bytes: Uint8Array) => Promise.resolve(bytes.length), isTerminal };
    assert.equal(
      await dispatch(["--version"], { ...processHost, env, stdout, permissions: keptPermissions }),
      0,
    );
    assert.equal(values.get("HOME"), after);
  }
});

const isTerminal = () => false;
