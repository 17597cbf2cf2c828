/** What mail may take of a disk, by sizes that change while they are looked at. */
import assert from "node:assert/strict";
import type { SqlConnection } from "../../../../src/store/sqlite/connection.ts";
import { Reserve } from "../../../../src/store/sqlite/reserve.ts";
import { SmallDisk } from "../../../support/program_disk.ts";
import { inFolder } from "../../../support/temporary_folder.ts";

const mebi = 1024 * 1024;

Deno.test("pages that go from the log to the database while the disk is looked at are counted once", () =>
  inFolder(async (folder) => {
    await using disk = await SmallDisk.mount(`${folder}/disk`, 48);
    const database = `${disk.folder}/mailctl.db`;
    const grow = (path: string, size: number) => Deno.writeFileSync(path, new Uint8Array(size));
    grow(database, mebi);
    grow(`${database}-wal`, 16 * mebi);
    let isMoved = false;
    const reader = {
      one() {
        if (isMoved) grow(database, 16 * mebi);
        return { all: 16 * mebi, unused: 0 };
      },
    } as unknown as SqlConnection;
    const take = () => new Reserve(disk.folder, database, reader).take(mebi, () => 0);
    assert.throws(take, { code: "storage_full" });
    isMoved = true;
    assert.throws(take, { code: "storage_full" });
  }));
