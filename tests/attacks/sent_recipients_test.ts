/** A server that tells of other recipients of sent mail than its sender signed: `sent` shows those who were addressed. */
import assert from "node:assert/strict";
import { tabRow } from "../../src/cli/message/list.ts";
import type { ListedMessage } from "../../src/client/reading/opened_entry.ts";

const headers = {
  to: ["lb@x.test"],
  cc: ["lm@x.test"],
  bcc: [],
  subject: "plan",
  attachments: [],
  date: 0,
};
const delivery = { readAt: null, receipt: null, bounced: null, unsent: null, received: false };
const sent = { id: 1, box: "sent", outcome: "verified", headers, origin: null, storedAt: 0 };

const cases: readonly [name: string, told: readonly string[], shown: string][] = [
  ["tells of all", ["lb@x.test", "lm@x.test"], "lb@x.test=stored,lm@x.test=stored"],
  [
    "tells of them in another order",
    ["lm@x.test", "lb@x.test"],
    "lb@x.test=stored,lm@x.test=stored",
  ],
  ["hides one", ["lb@x.test"], "lb@x.test=stored,lm@x.test=unknown"],
  ["hides all", [], "lb@x.test=unknown,lm@x.test=unknown"],
  ["makes one up", ["lb@x.test", "lm@x.test", "eve@x.test"], "lb@x.test=stored,lm@x.test=stored"],
];

for (const [name, told, shown] of cases) {
  Deno.test(`sent mail shows whom it was addressed to where the server ${name}`, () => {
    const deliveries = told.map((recipient) => ({ recipient, ...delivery }));
    const { cells } = tabRow({ ...sent, deliveries } as unknown as ListedMessage);
    assert.deepEqual([cells[1], cells[4]], [shown, "lb@x.test,lm@x.test"]);
  });
}
