/** When something was last used, to the hour. */
import assert from "node:assert/strict";
import { noteHour } from "../../../src/service/hour.ts";

const hour = 3_600_000;

/** When it was last used -> what a use in the middle of hour 100 notes. */
const cases: readonly (readonly [usedAt: number | null, noted: number | null, what: string])[] = [
  [null, 100, "it was never used"],
  [99, 100, "it was used an hour before"],
  [100, null, "the hour is noted"],
  [90_000, 100, "the clock was ten years ahead"],
];

for (const [usedAt, noted, what] of cases) {
  Deno.test(`the hour of a use is noted right where ${what}`, async () => {
    let note: number | null = null;
    await noteHour(100.5 * hour, { usedAt: usedAt && usedAt * hour }, (hour) => {
      note = hour;
      return Promise.resolve();
    });
    assert.equal(note, noted && noted * hour);
  });
}
