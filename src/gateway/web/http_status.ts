/** The status that tells a program of a failure: RFC 9110 15. */
import { type FailureCode, failures } from "../../model/errors.ts";

export type HttpStatus = 400 | 403 | 404 | 408 | 409 | 413 | 422 | 429 | 500 | 502 | 503;

/** Of failures that have one of their own. */
const statuses: Readonly<Partial<Record<FailureCode, HttpStatus>>> = {
  internal: 500,
  "too_large": 413,
  "no_such_message": 404,
  "no_input": 404,
  "try_later": 429,
  protocol: 502,
  denied: 403,
  conflict: 409,
  "already_sent": 409,
  "timed_out": 408,
};

export function httpStatus(code: FailureCode): HttpStatus {
  return statuses[code] ?? (failures[code].retry ? 503 : 422);
}
