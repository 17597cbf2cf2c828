/** What mail may take of a disk, by sizes that change while they are looked at. */
import assert from "node:assert/strict";
import type { SqlConnection } from "../../../../src/store/sqlite/connection.ts";
import { Reserve } from "../../../../src/store/sqlite/reserve.ts";
import { inFolder } from "../../../support/temporary_folder.ts";

const mebi = 1024 * 1024;

/** The sizes of the database and of its log, in MiB. */
type Sizes = readonly [database: number, log: number];

/** What the writer may do during a look; none of it changes what mail may take. */
const events: Readonly<Record<string, readonly [before: Sizes, after: Sizes]>> = {
  "the log grows": [[16, 0], [16, 8]],
  "pages go to the database": [[1, 16], [16, 16]],
  "the log is emptied": [[16, 16], [16, 0]],
  "pages go to the database and the log is emptied": [[1, 16], [16, 0]],
};

/** What has just been asked for when it does it, or is asked for next. */
const moments = ["before the room", "after the room", "before the pages"] as const;

/** In MiB: the pages of the database, what the log may take, and what is kept. */
const full = 16 + 16 + 16;

for (const [event, [before, after]] of Object.entries(events)) {
  for (const moment of moments) {
    Deno.test(`a disk is as full as it is where ${event} ${moment} is asked for`, () =>
      inFolder((folder) => {
        const database = `${folder}/mailctl.db`;
        let sizes: Sizes;
        const resize = (to: Sizes) => {
          sizes = to;
          for (const [at, path] of [database, `${database}-wal`].entries()) {
            Deno.writeFileSync(path, new Uint8Array());
            Deno.truncateSync(path, to[at]! * mebi);
          }
        };
        const take = (disk: number) => {
          resize(before);
          const happens = (when: typeof moment) => {
            if (when === moment && sizes === before) resize(after);
          };
          const room = () => {
            happens("before the room");
            const free = disk - sizes[0] - sizes[1];
            happens("after the room");
            return free * mebi;
          };
          const one = () => {
            happens("before the pages");
            return { all: 16 * mebi, unused: 0 };
          };
          const reader = { one } as unknown as SqlConnection;
          new Reserve(folder, database, reader, room).take(mebi, () => 0);
        };
        assert.throws(() => take(full), { code: "storage_full" });
        take(full + 2);
        return Promise.resolve();
      }));
  }
}
