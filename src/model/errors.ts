/**
 * Every failure mailctl can tell of, in one table, and the only error that crosses a folder.
 * Edges translate a row once: the server to an error frame, the CLI to an exit status, SMTP to its codes.
 */

interface Failure {
  /** The number on the wire. Permanent: never change or reuse one. */
  readonly wire: number;
  /** The exit status: sysexits(3) numbers up to 78, our own from 79. */
  readonly exit: number;
  /** True where the same call may succeed later, unchanged. */
  readonly retry: boolean;
  /** True where a server may say it. The others are what a client finds out, about its server or itself. */
  readonly byServer: boolean;
  /** Reply code and enhanced status code to an SMTP client: RFC 5321 4.2.3, RFC 3463. */
  readonly smtp: `${4 | 5}${number} ${4 | 5}.${number}.${number}`;
  /** What the status tells a script; shown in help and docs/reference.md. */
  readonly meaning: string;
}

const table = {
  internal: {
    wire: 1,
    exit: 70,
    retry: false,
    byServer: true,
    smtp: "451 4.3.0",
    meaning: "a bug in mailctl; see the log",
  },
  usage: {
    wire: 2,
    exit: 64,
    retry: false,
    byServer: false,
    smtp: "501 5.5.4",
    meaning: "the command line is wrong",
  },
  malformed: {
    wire: 3,
    exit: 65,
    retry: false,
    byServer: true,
    smtp: "554 5.6.0",
    meaning: "the input has the wrong format",
  },
  too_large: {
    wire: 4,
    exit: 65,
    retry: false,
    byServer: true,
    smtp: "552 5.3.4",
    meaning: "the input is too large",
  },
  no_input: {
    wire: 5,
    exit: 66,
    retry: false,
    byServer: false,
    smtp: "554 5.3.0",
    meaning: "an input file cannot be read",
  },
  no_such_message: {
    wire: 6,
    exit: 66,
    retry: false,
    byServer: true,
    smtp: "554 5.3.0",
    meaning: "a message, folder, invite or password is unknown",
  },
  no_such_recipient: {
    wire: 7,
    exit: 67,
    retry: false,
    byServer: true,
    smtp: "550 5.1.1",
    meaning: "there is no such account",
  },
  unavailable: {
    wire: 8,
    exit: 69,
    retry: true,
    byServer: true,
    smtp: "451 4.4.1",
    meaning: "the server cannot be reached",
  },
  cannot_create: {
    wire: 9,
    exit: 73,
    retry: false,
    byServer: false,
    smtp: "451 4.3.0",
    meaning: "an output file cannot be created",
  },
  name_taken: {
    wire: 10,
    exit: 73,
    retry: false,
    byServer: true,
    smtp: "554 5.3.0",
    meaning: "the name is taken, or looks like one that is",
  },
  io: {
    wire: 11,
    exit: 74,
    retry: false,
    byServer: true,
    smtp: "451 4.3.0",
    meaning: "reading or writing failed, or your program did",
  },
  try_later: {
    wire: 12,
    exit: 75,
    retry: true,
    byServer: true,
    smtp: "451 4.7.0",
    meaning: "a limit is reached, or the server is busy",
  },
  storage_full: {
    wire: 13,
    exit: 75,
    retry: true,
    byServer: true,
    smtp: "452 4.3.1",
    meaning: "the storage of the server is full",
  },
  storage_failed: {
    wire: 36,
    exit: 74,
    retry: true,
    byServer: true,
    smtp: "451 4.3.0",
    meaning: "the disk of the server fails",
  },
  protocol: {
    wire: 14,
    exit: 76,
    retry: false,
    byServer: true,
    smtp: "554 5.5.0",
    meaning: "the other side broke the protocol",
  },
  denied: {
    wire: 15,
    exit: 77,
    retry: false,
    byServer: true,
    smtp: "550 5.7.1",
    meaning: "wrong name or password, or not permitted",
  },
  configuration: {
    wire: 16,
    exit: 78,
    retry: false,
    byServer: false,
    smtp: "554 5.3.5",
    meaning: "a setting is missing or wrong",
  },
  server_unknown: {
    wire: 17,
    exit: 79,
    retry: false,
    byServer: false,
    smtp: "554 5.7.5",
    meaning: "the server's key is not known yet",
  },
  server_key_changed: {
    wire: 18,
    exit: 80,
    retry: false,
    byServer: false,
    smtp: "554 5.7.5",
    meaning: "the server's key changed",
  },
  key_changed: {
    wire: 19,
    exit: 81,
    retry: false,
    byServer: true, // of a recipient, to `send` and `submit` alone
    smtp: "554 5.7.5",
    meaning: "a correspondent's key changed",
  },
  bad_signature: {
    wire: 20,
    exit: 82,
    retry: false,
    byServer: false,
    smtp: "554 5.7.7",
    meaning: "a signature or encrypted data is invalid",
  },
  conflict: {
    wire: 21,
    exit: 83,
    retry: false,
    byServer: true,
    smtp: "554 5.6.0",
    meaning: "a different request had the same key or id",
  },
  keyring_changed: {
    wire: 37,
    exit: 75,
    retry: true,
    byServer: true,
    smtp: "451 4.3.0",
    meaning: "another machine of the account was quicker",
  },
  not_verified: {
    wire: 31,
    exit: 85,
    retry: false,
    byServer: false,
    smtp: "554 5.7.1",
    meaning: "a recipient's key is not verified",
  },
  timed_out: {
    wire: 30,
    exit: 84,
    retry: false,
    byServer: false,
    smtp: "451 4.4.7",
    meaning: "the time to wait is up",
  },
  already_sent: {
    wire: 34,
    exit: 86,
    retry: false,
    byServer: true,
    smtp: "554 5.5.0",
    meaning: "too late to cancel a message",
  },
  cancelled: {
    wire: 35,
    exit: 87,
    retry: false,
    byServer: false,
    smtp: "554 5.5.0",
    meaning: "the message was cancelled",
  },
  over_quota: {
    wire: 32,
    exit: 75,
    retry: true,
    byServer: true,
    smtp: "452 4.2.2",
    meaning: "a mailbox, or a sender's share of it, is full",
  },
} as const satisfies Record<string, Failure>;

export type FailureCode = keyof typeof table;

export const failures: Readonly<Record<FailureCode, Failure>> = table;

/** Exit statuses of a program that a signal ended, as a shell tells them. */
export const endedBySignal = {
  129: "ended by SIGHUP, as when its terminal is closed",
  130: "interrupted",
  143: "ended by SIGTERM",
} as const;

/** Finds the code of a wire number; an unknown number (a newer peer) is `internal`. */
export function failureOfWire(wire: number): FailureCode {
  const codes = Object.keys(table) as FailureCode[];
  return codes.find((code) => table[code].wire === wire) ?? "internal";
}

/** What a person may do next, in a sentence to its end; what is to be typed stands in backticks. */
export type Hint = `${string}.` | `${string}?`;

/** Writes a value as one word of sh(1), for a command in a hint: as it is where it can be. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Writes a value as the last argument of a command in a hint: behind `--` where it would be taken for a flag. */
export function lastArgument(text: string): string {
  return `${text.startsWith("-") ? "-- " : ""}${shellWord(text)}`;
}

/** Takes the hint of another process, which may have been cut short; `null` stays none. */
export function toldHint(text: string | null): Hint | undefined {
  if (text === null || text === "") return undefined;
  return /[.?…]$/.test(text) ? text as Hint : `${text}.`;
}

/** What may go with a MailError besides its message. */
export interface MailErrorDetail {
  readonly hint?: Hint | undefined;
  /** Seconds after which a retry may succeed. */
  readonly retryAfterSeconds?: number | undefined;
  /** For the local log only; never sent to a peer. */
  readonly cause?: unknown;
  /** Set where the words are a server's own, which may lie: nobody here looked into it. */
  readonly by?: "server" | undefined;
}

/** A failure somebody can act on. `message` is safe for the peer: no secret, no path of ours, no subject. */
export class MailError extends Error {
  override readonly name = "MailError";
  readonly code: FailureCode;
  readonly hint: Hint | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly by: "server" | undefined;

  constructor(code: FailureCode, message: string, detail: MailErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.hint = detail.hint;
    this.retryAfterSeconds = detail.retryAfterSeconds;
    this.by = detail.by;
  }
}

/** True for a failure with one of these codes, and false for every other failure and for a defect. */
export function isFailure(error: unknown, ...codes: FailureCode[]): error is MailError {
  return error instanceof MailError && codes.includes(error.code);
}

/** True for a failure after which the same call may succeed later, unchanged; false for a defect. */
export function mayPass(error: unknown): boolean {
  return error instanceof MailError && failures[error.code].retry;
}

/** The one answer for every failure to open, decrypt or authenticate: it does not say which. */
export function sealBroken(cause?: unknown): MailError {
  return new MailError(
    "bad_signature",
    "Cannot decrypt data: it was changed, or is not for this key",
    {
      cause,
    },
  );
}
