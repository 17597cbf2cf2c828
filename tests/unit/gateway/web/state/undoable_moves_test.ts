import assert from "node:assert/strict";
import { UndoableMoves } from "../../../../../src/gateway/web/state/undoable_moves.ts";
import { entryId } from "../../../../../src/model/ids.ts";

const move = (id: number) => ({
  subject: `subject ${id}`,
  to: "Trash",
  folder: 3,
  from: new Map([[0, [entryId(id)]]]),
});

Deno.test("a move is undone once, in its time, and the newest stands first", () => {
  let now = 0;
  const moves = new UndoableMoves(10, () => now);
  moves.add(move(1));
  now = 5;
  moves.add(move(2));
  const [second, first] = moves.current;
  assert.deepEqual([second!.subject, first!.subject], ["subject 2", "subject 1"]);
  assert.equal(moves.take(second!.key), second);
  assert.equal(moves.take(second!.key), null);
  moves.putBack(second!);
  assert.equal(moves.take(second!.key), second);
  now = 10;
  assert.equal(moves.take(first!.key), null);
  assert.deepEqual(moves.current, []);
});

Deno.test("so many moves are remembered, whatever is moved", () => {
  const moves = new UndoableMoves(10, () => 0);
  for (let id = 1; id <= 100; id++) moves.add(move(id));
  assert.deepEqual(moves.current.map(({ subject }) => subject).slice(0, 2), [
    "subject 100",
    "subject 99",
  ]);
  assert.equal(moves.current.length, 5);
});
