/** Which application passwords an account may have, and what the same key twice means. */
import assert from "node:assert/strict";
import { asContentTag } from "../../../../src/model/digests.ts";
import { limits } from "../../../../src/model/limits.ts";
import { requireRoomForAppPassword } from "../../../../src/store/rules/labels.ts";
import { requireSameContent } from "../../../../src/store/rules/repeats.ts";

const most = limits.maxAppPasswords;

for (
  const [there, wanted, code] of [
    [0, "new", null],
    [most - 1, "new", null],
    [most, "new", "too_large"],
    [1, "0", "name_taken"],
    [most, "0", "name_taken"],
  ] as const
) {
  Deno.test(`application passwords: ${there} and one called ${wanted}: ${code ?? "fits"}`, () => {
    const labels = Array.from({ length: there }, (_, n) => ({ label: String(n) }));
    const act = () => requireRoomForAppPassword(labels, wanted);
    if (code === null) act();
    else assert.throws(act, { code });
  });
}

Deno.test("repeats: the same content is the same message, other content a conflict", () => {
  requireSameContent(asContentTag(Uint8Array.of(1, 2)), asContentTag(Uint8Array.of(1, 2)));
  for (const other of [[1, 3], [1], [1, 2, 3]]) {
    const act = () =>
      requireSameContent(asContentTag(Uint8Array.of(1, 2)), asContentTag(Uint8Array.from(other)));
    assert.throws(act, { code: "conflict" });
  }
});
