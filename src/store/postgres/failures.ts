/** What PostgreSQL says by its SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html. */
import type { AccountName } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import {
  accountClosed,
  conflict,
  keyChanged,
  keyringChanged,
  keyringTooLarge,
  noSuchRecipient,
  overQuota,
  overShare,
  ownOverQuota,
  sessionOver,
  storageFull,
  tooOften,
} from "../failures.ts";

/** What a function of ours raises, and what it means; what it is about, as names, stands in the detail. */
const own: Readonly<Record<string, (names: readonly AccountName[]) => MailError>> = {
  MC001: sessionOver,
  MC002: noSuchRecipient,
  MC003: keyChanged,
  MC004: overQuota,
  MC005: ownOverQuota,
  MC006: conflict,
  MC007: keyringChanged,
  MC008: keyringTooLarge,
  MC009: accountClosed,

  MC010: ([ms, ...meaning]) => tooOften(meaning.join(" "), Number(ms) / 1000),
  MC011: overShare,
};

/** True where a function of ours said no. */
export function isRefusal(error: unknown): boolean {
  return Object.hasOwn(own, codeOf(error));
}

function namesIn(error: unknown): AccountName[] {
  const { detail = "" } = error as { readonly detail?: string };
  return detail.split(" ") as AccountName[];
}

/** The disk of the database is full. */
const diskFull = "53100";
/** Its disk or its memory is. */
const full = new Set([diskFull, "53200"]);
/** The user may not do that with a table: insufficient_privilege. */
const noRight = "42501";
/** It is the primary no more, or is set to take no writes. */
const readOnly = "25006";

/**
 * What passes by itself: a conflict with another call, a database that restarts, is a standby or has too much to do.
 * Class 08 and what has no SQLSTATE is a connection that was lost.
 */
const passing = new Set([
  "40001", // serialization_failure
  "40P01", // deadlock_detected
  "55P03", // lock_not_available
  readOnly, // read_only_sql_transaction
  "53300", // too_many_connections
  "57014", // query_canceled: it took longer than a statement may
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
]);

/** Rows that two tries of one call may both insert: the second finds what the first did. */
const once = new Set([
  "outcome_pkey",
  "request_account_id_id_key",
  "message_sender_id_idempotency_key_key",
]);

/** What PostgreSQL ended for the time it took. */
const late = new Set(["55P03", "57014"]);

/** True where PostgreSQL ended a wait for a lock, or a statement, because it took too long. */
export function tookTooLong(error: unknown): boolean {
  return late.has(codeOf(error));
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? "");
}

/** True for what is worth another try at once or soon: nothing that is known was done. */
export function passes(error: unknown): boolean {
  if (error instanceof MailError) return false;
  const code = codeOf(error);
  if (code === "23505") return once.has((error as { constraint?: string }).constraint ?? "");
  return passing.has(code) || isLostConnection(error);
}

/**
 * True where the connection cannot be used, or not be made: also where the host is not the primary any more, where a
 * changed password has not reached this machine yet (class 28, 3D000), and where there are too many (53300).
 */
export function isLostConnection(error: unknown): boolean {
  if (error instanceof MailError || !(error instanceof Error)) return false;
  const code = codeOf(error);
  const isOfServer = /^[0-9A-Z]{5}$/.test(code) && "severity" in error;
  if (isOfServer) return /^(08|28|3D000|53300|57P)/.test(code) || code === readOnly;
  // The driver's own and the system's: closed, refused, reset, no password, or no answer in time.
  return /^E[A-Z]+$/.test(code) || /connection|timeout|^SASL/i.test(error.message);
}

/** True where the database refused a write because it takes none: also of what `wrapError` made of that. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error instanceof MailError ? error.cause : error) === readOnly;
}

/** True where it refused one because its disk is full. */
export function isDiskFull(error: unknown): boolean {
  return codeOf(error) === diskFull;
}

/** What a call is told that was tried for long enough: of a database that was reached. */
const whatPasses: Readonly<Record<string, string>> = {
  [readOnly]: "Cannot write to the database: it is read-only",
  "55P03": "Cannot use the database: something else holds a lock",
  "57014": "Cannot use the database: it takes too long",
  "53300": "Cannot use the database: it has too many connections",
};

/** Turns whatever was thrown near the database into a failure that may leave this folder. */
export function wrapError(error: unknown): MailError {
  if (error instanceof MailError) return error;
  const code = codeOf(error);
  const known = own[code];
  if (known !== undefined) return known(namesIn(error));
  if (full.has(code)) return storageFull(error);
  if (code === noRight) {
    const message = "Cannot use the database: its user lacks a right";
    const hint = "Ask the server's administrator to run `mailctl admin stats`.";
    return new MailError("storage_failed", message, { hint, cause: error });
  }
  if (passes(error)) {
    const reason = whatPasses[code];
    return new MailError("unavailable", reason ?? "Cannot reach the database", {
      hint: reason === undefined
        ? "Try again."
        : "Try again, or ask the server's administrator to run `mailctl admin stats`.",
      cause: error,
    });
  }
  return new MailError("internal", "Cannot use the store", { cause: error });
}
