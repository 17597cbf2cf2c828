import { deepEqual, match } from "node:assert/strict";
import { failures } from "../../../../src/model/errors.ts";
import { wrapError } from "../../../../src/store/sqlite/connection.ts";

/** SQLite's extended result codes, https://sqlite.org/rescode.html, and what clients are told. */
const cases: readonly [name: string, errcode: number, code: string, retry: boolean][] = [
  ["BUSY", 5, "storage_failed", true],
  ["NOMEM", 7, "storage_failed", true],
  ["READONLY", 8, "storage_failed", true],
  ["READONLY_DBMOVED", 1032, "storage_failed", true],
  ["IOERR", 10, "storage_failed", true],
  ["IOERR_READ", 266, "storage_failed", true],
  ["IOERR_WRITE", 778, "storage_failed", true],
  ["IOERR_FSYNC", 1034, "storage_failed", true],
  ["IOERR_SHMSIZE", 4874, "storage_full", true],
  ["CORRUPT", 11, "storage_failed", true],
  ["CORRUPT_INDEX", 779, "storage_failed", true],
  ["FULL", 13, "storage_full", true],
  ["CANTOPEN", 14, "storage_failed", true],
  ["CANTOPEN_ISDIR", 526, "storage_failed", true],
  ["NOTADB", 26, "configuration", false],
  ["CONSTRAINT", 19, "internal", false],
  ["ERROR", 1, "internal", false],
];

for (const [name, errcode, code, retry] of cases) {
  Deno.test(`SQLITE_${name} is ${code}`, () => {
    const error = wrapError(Object.assign(new Error("from the driver"), { errcode }));
    deepEqual([error.code, failures[error.code].retry], [code, retry]);
    if (code !== "storage_failed") return;
    match(error.message, new RegExp(`SQLITE_${name.split("_")[0]}, ${errcode}\\)`));
    match(error.message, name.startsWith("READONLY") ? /may only read its database/ : /disk/);
    deepEqual(failures[error.code].exit, 74);
  });
}
