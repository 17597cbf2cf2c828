/** The home of a user as passwd(5) has it. */
import assert from "node:assert/strict";
import { homeIn, setHome } from "../../../../src/cli/settings/home.ts";

const passwd = "root:x:0:0:root:/root:/bin/sh\nbroken:x:7\n# 8\neve:x:8:8::relative:/bin/sh\n" +
  "a:x:10:10:A:/home/a:/bin/sh\nb:x:1:1::/home/b:\n";

Deno.test("a home is found by the whole user id, and is a path", () => {
  const found = [0, 1, 10, 7, 8, 99, null].map((uid) => homeIn(passwd, uid));
  assert.deepEqual(found, ["/root", "/home/b", "/home/a", null, null, null, null]);
});

Deno.test("a home that is set stays, a missing one becomes the system's", () => {
  const before = Deno.env.get("HOME");
  try {
    Deno.env.set("HOME", "/somewhere");
    setHome();
    assert.equal(Deno.env.get("HOME"), "/somewhere");
    Deno.env.delete("HOME");
    setHome();
    const system = homeIn(Deno.readTextFileSync("/etc/passwd"), Deno.uid());
    assert.equal(Deno.env.get("HOME") ?? null, system);
  } finally {
    if (before !== undefined) Deno.env.set("HOME", before);
  }
});
