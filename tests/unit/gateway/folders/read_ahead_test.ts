/** Bodies are opened ahead of a program that goes through a folder one by one, and of no other. */
import assert from "node:assert/strict";
import type { FiledMail } from "../../../../src/gateway/folders/folder_state.ts";
import { ReadAhead } from "../../../../src/gateway/folders/read_ahead.ts";

/** The last ten are large: one of them takes half of the room. */
const folder = Array.from(
  { length: 100 },
  (_, at) => ({ uid: 10 * at + 10, sealedBytes: at < 90 ? 1 : 50 }) as FiledMail,
);

/** What is opened ahead at each message that is asked for; messages by where they stand. */
const cases: readonly {
  readonly program: string;
  readonly asked: readonly number[];
  readonly opened: readonly (readonly number[])[];
}[] = [
  { program: "looks at one", asked: [50], opened: [[]] },
  { program: "goes back", asked: [50, 49, 48], opened: [[], [], []] },
  { program: "looks here and there", asked: [50, 70, 51, 71], opened: [[], [], [], []] },
  { program: "asks for parts of one", asked: [50, 50, 50], opened: [[], [], []] },
  {
    program: "goes through all",
    asked: [0, 1, 2, 3, 4, 5, 6],
    opened: [[], [2, 3, 4, 5], [6, 7, 8, 9, 10], [], [], [], [11, 12, 13, 14]],
  },
  {
    program: "goes through large ones",
    asked: [90, 91, 92, 93],
    opened: [[], [92, 93], [94], [95]],
  },
  { program: "comes to the end", asked: [97, 98, 99], opened: [[], [99], []] },
];

for (const { program, asked, opened } of cases) {
  Deno.test(`for a program that ${program}, ${opened.flat().length} are opened ahead`, () => {
    const ahead = new ReadAhead(8, 100);
    const told = asked.map((at) => ahead.next(folder[at]!, folder));
    assert.deepEqual(told.map((some) => some.map(({ uid }) => uid / 10 - 1)), opened);
  });
}
