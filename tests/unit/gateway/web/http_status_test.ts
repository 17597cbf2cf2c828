import { deepEqual } from "node:assert/strict";
import { httpStatus } from "../../../../src/gateway/web/http_status.ts";
import { type FailureCode, failures } from "../../../../src/model/errors.ts";

Deno.test("what may succeed later is told so, and nothing else", () => {
  const codes = Object.keys(failures) as FailureCode[];
  const told = codes.filter((code) => [429, 503].includes(httpStatus(code)));
  deepEqual(told, codes.filter((code) => failures[code].retry));
});
