/** A folder that is emptied: nothing goes that is not there any more, and it ends whatever others do. */
import assert from "node:assert/strict";
import { emptyFolder } from "../../../../src/client/filing/empty_folder.ts";
import type { FiledMessage } from "../../../../src/client/filing/filed_message.ts";
import { type EntryId, entryId } from "../../../../src/model/ids.ts";
import { limits } from "../../../../src/model/limits.ts";

/** What the server has in the folder: versions by id. */
function folderOf(count: number) {
  const there = new Map(Array.from({ length: count }, (_, at) => [entryId(at + 1), 1]));
  const list = () =>
    Promise.resolve([...there].map(([id, version]) => ({ id, version }) as FiledMessage));
  const remove = (filed: readonly FiledMessage[]) => {
    const meant = filed.filter(({ id, version }) => there.get(id) === version);
    for (const { id } of meant) there.delete(id);
    return Promise.resolve(meant.map(({ id }) => id));
  };
  return { there, list, remove };
}

Deno.test("a folder is emptied in portions, and of it those alone that are named", async () => {
  const all = folderOf(limits.maxIdsPerRequest + 2);
  assert.equal((await emptyFolder(all.list, all.remove)).length, limits.maxIdsPerRequest + 2);
  assert.equal(all.there.size, 0);
  const some = folderOf(3);
  const only = new Set([entryId(2), entryId(9)]);
  assert.deepEqual(await emptyFolder(some.list, some.remove, only), [2]);
});

Deno.test("what is moved out or changed between the look and the delete is not deleted by it", async () => {
  const { there, list, remove } = folderOf(3);
  let isFirst = true;
  const deleted = await emptyFolder(list, (filed) => {
    if (isFirst) {
      there.delete(entryId(1));
      there.set(entryId(2), 2);
    }
    isFirst = false;
    return remove(filed);
  });
  assert.deepEqual(deleted, [2, 3]); // 2 is there still, as it is by then
});

Deno.test("what waits to be sent stays", async () => {
  const { there, list, remove } = folderOf(2);
  const waiting = entryId(1);
  const kept = (filed: readonly FiledMessage[]) => remove(filed.filter(({ id }) => id !== waiting));
  assert.deepEqual(await emptyFolder(list, kept), [2]);
  assert.deepEqual([...there.keys()], [1]);
});

Deno.test("it ends where others change messages again and again", async () => {
  const { there, list } = folderOf(1);
  const changing = (filed: readonly FiledMessage[]): Promise<EntryId[]> => {
    for (const { id, version } of filed) there.set(id, version + 1);
    return Promise.resolve([]);
  };
  await assert.rejects(emptyFolder(list, changing), { code: "try_later" });
});
