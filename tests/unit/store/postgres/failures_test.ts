/** What PostgreSQL says of itself, and what a client is told of it. */
import assert from "node:assert/strict";
import type { FailureCode } from "../../../../src/model/errors.ts";
import { parseAddress } from "../../../../src/store/postgres/address.ts";
import { openingFailure } from "../../../../src/store/postgres/process/opening.ts";
import { passes, wrapError } from "../../../../src/store/postgres/failures.ts";

const rows:
  readonly (readonly [sqlState: string, what: string, told: FailureCode, isTriedAgain: boolean])[] =
    [
      ["40001", "a conflict of transactions", "unavailable", true],
      ["40P01", "a deadlock", "unavailable", true],
      ["55P03", "a lock that is not given in time", "unavailable", true],
      ["57014", "a statement that took too long", "unavailable", true],
      ["53300", "too many connections", "unavailable", true],
      ["57P01", "a database that ends", "unavailable", true],
      ["08006", "a connection that breaks", "unavailable", true],
      ["28P01", "a password that was changed", "unavailable", true],
      ["3D000", "a database that is away", "unavailable", true],
      ["25006", "a database that takes no writes", "unavailable", true],
      ["53100", "a full disk", "storage_full", false],
      ["53200", "memory that is used up", "storage_full", false],
      ["42501", "a right that is missing", "storage_failed", false],
      ["42601", "a statement that it cannot read", "internal", false],
      ["23505", "a row that is there already", "internal", false],
    ];

for (const [sqlState, what, told, isTriedAgain] of rows) {
  Deno.test(`${what} is told as ${told}`, () => {
    const error = Object.assign(new Error("of the server"), { code: sqlState, severity: "ERROR" });
    assert.deepEqual([passes(error), wrapError(error).code], [isTriedAgain, told]);
  });
}

Deno.test("a password that is wrong is told as that", () => {
  const error = Object.assign(new Error("of the server"), { code: "28P01", severity: "FATAL" });
  const { code, message } = openingFailure(error, parseAddress("postgres://me@a/mail"));
  assert.equal(code, "configuration");
  assert.match(message, /mail at a:5432: it refuses the user or the password$/);
});

Deno.test("a password that is missing is told as unavailable", () => {
  const error = new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string");
  assert.deepEqual([passes(error), wrapError(error).code], [true, "unavailable"]);
});
