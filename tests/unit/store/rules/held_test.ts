/** What may wait, what may be taken back, and what becomes of it. */
import { entryId } from "../../../../src/model/ids.ts";
import assert from "node:assert/strict";
import { limits } from "../../../../src/model/limits.ts";
import {
  fateOf,
  type HeldState,
  requireCancellable,
  requireRoomToHold,
} from "../../../../src/store/rules/held.ts";

const mostMessages = limits.maxHeldMessages;
const mostBytes = limits.maxHeldCopyBytes;

for (
  const [messages, bytes, fits] of [
    [1, 0, true],
    [mostMessages, mostBytes, true],
    [mostMessages + 1, 0, false],
    [1, mostBytes + 1, false],
  ] as const
) {
  Deno.test(`held: ${messages} messages of ${bytes} bytes ${fits ? "may" : "may not"} wait`, () => {
    const act = () => requireRoomToHold({ messages, bytes });
    if (fits) return act();
    assert.throws(act, { code: "over_quota", message: /too many messages wait/ });
  });
}

const waits: HeldState = { heldUntil: 5, cancelledAt: null };
const cancelled: HeldState = { heldUntil: null, cancelledAt: 4 };
const sent: HeldState = { heldUntil: null, cancelledAt: null };

const cancellations: readonly (readonly [
  what: string,
  states: readonly (HeldState | null)[],
  failure: { readonly code: string; readonly message: string } | null,
])[] = [
  ["what waits is taken back", [waits], null],
  ["what was taken back stays so", [cancelled, waits], null],
  [
    "all that were sent are named",
    [sent, waits, sent],
    { code: "already_sent", message: "Cannot cancel message 1, 3: it does not wait for delivery" },
  ],
  [
    "what is not there is named before that",
    [sent, null, null],
    { code: "no_such_message", message: "Cannot find message 2, 3 in sent" },
  ],
];

for (const [what, states, failure] of cancellations) {
  Deno.test(`cancelling: ${what}`, () => {
    const act = () => requireCancellable(states.map((_, at) => entryId(at + 1)), states);
    if (failure === null) act();
    else assert.throws(act, failure);
  });
}

for (
  const [isClosed, blocks, isFull, fate] of [
    [false, false, false, "delivered"],
    [false, false, true, "mailbox_full"],
    [false, true, false, "dropped"],
    [false, true, true, "dropped"],
    [true, false, false, "account_deleted"],
    [true, false, true, "account_deleted"],
  ] as const
) {
  Deno.test(`held mail: closed ${isClosed}, blocks ${blocks}, full ${isFull}: ${fate}`, () => {
    assert.equal(fateOf({ isClosed, blocks: () => blocks, isFull: () => isFull }), fate);
  });
}

Deno.test("held mail: nobody asks how full a closed account's mailbox is, or whom it blocks", () => {
  const asked = () => assert.fail("it has none any more");
  assert.equal(fateOf({ isClosed: true, blocks: asked, isFull: asked }), "account_deleted");
});
