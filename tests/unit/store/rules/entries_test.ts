/** What may be deleted, what comes back, what burns, and when a deposit was read. */
import assert from "node:assert/strict";
import { entryId } from "../../../../src/model/ids.ts";
import {
  appendedReadAt,
  comesBack,
  isBurnt,
  requireDeletable,
} from "../../../../src/store/rules/entries.ts";

for (
  const [missing, held, failure] of [
    [[], [], null],
    [[3, 4], [], { code: "no_such_message", message: "Cannot find message 3, 4" }],
    [[], [5, 6], {
      code: "denied",
      message: "Cannot delete message 5, 6: it waits for delivery",
    }],
    [[3], [5], { code: "no_such_message", message: "Cannot find message 3" }],
  ] as const
) {
  Deno.test(`deleting: ${missing.length} missing, ${held.length} that wait`, () => {
    const act = () => requireDeletable({ missing: missing.map(entryId), held: held.map(entryId) });
    if (failure === null) act();
    else assert.throws(act, failure);
  });
}

for (
  const [box, isUnread, isAwaited, back] of [
    ["inbox", true, true, true],
    ["inbox", false, true, false],
    ["inbox", true, false, false],
    ["sent", true, true, false],
  ] as const
) {
  Deno.test(`returning: ${box}, unread ${isUnread}, awaited ${isAwaited}: ${back}`, () => {
    assert.equal(comesBack({ box, isUnread, isAwaited }), back);
  });
}

for (
  const [readersLeft, wasRead, burnt] of [
    [0, true, true],
    [1, true, false],
    [0, false, false],
    [2, false, false],
  ] as const
) {
  Deno.test(`burning: ${readersLeft} readers left, read ${wasRead}: ${burnt}`, () => {
    assert.equal(isBurnt({ readersLeft, wasRead }), burnt);
  });
}

for (
  const [box, isRead, readAt] of [
    ["inbox", false, null],
    ["inbox", true, 7],
    ["sent", false, 7],
    ["sent", true, 7],
  ] as const
) {
  Deno.test(`depositing: ${box}, read ${isRead}: ${readAt ?? "unread"}`, () => {
    assert.equal(appendedReadAt({ box, isRead, storedAt: 7 }), readAt);
  });
}
