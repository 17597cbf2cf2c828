/** Every reply with which SMTP itself refuses something. Other failures have the codes of the failure table. */
import { failures, MailError } from "../../model/errors.ts";

/** A reply code and its lines, each with its enhanced status code (RFC 5321 4.2, RFC 2034). */
export type Reply = readonly [code: number, ...lines: readonly string[]];

const table = {
  // The connection ends with these.
  bare_cr: "521 5.5.2 A bare CR ends no line",
  bare_lf: "521 5.5.2 A bare LF ends no line",
  line_too_long: "421 4.4.2 Command line too long",
  http: "421 4.4.2 HTTP requests not allowed",
  proxy: "521 5.5.1 PROXY header not allowed",
  too_busy: "421 4.7.0 Too many connections",
  too_many_refused: "421 4.7.0 Too many refused commands",
  too_many_unknown: "421 4.4.2 Too many unrecognized commands",
  too_many_unauthenticated: "421 4.4.2 Too many unauthenticated commands",
  too_many_passwords: "421 4.7.0 Too many wrong passwords",
  login_late: "421 4.7.0 No login in time",
  idle: "421 4.4.2 Timeout, closing the connection",
  too_slow: "421 4.4.2 Too slow",
  login_over: "421 4.7.0 The login is over",
  closing: "421 4.3.2 The server is closing",
  // Commands, and their order.
  unknown: "500 5.5.2 Command not recognized",
  not_offered: "502 5.5.1 Command not offered",
  hello_first: "503 5.5.1 Send HELO or EHLO first",
  bad_host: "501 Write EHLO and the name of your host",
  tls_first: "530 5.7.0 Must issue a STARTTLS command first",
  tls_active: "503 5.5.1 TLS already active",
  tls_alone: "501 5.5.4 STARTTLS stands alone",
  verify_whom: "501 5.5.4 Write VRFY and an address",
  // AUTH
  login_first: "530 5.7.0 Authentication required",
  tls_before_login: "538 5.7.0 Must issue a STARTTLS command first",
  login_too_late: "503 5.5.1 Not within a transaction",
  logged_in: "503 5.5.1 Already authenticated",
  unknown_mechanism: "504 5.5.4 Unrecognized authentication type",
  bad_credentials: "501 5.5.4 Cannot decode the credentials",
  login_cancelled: "501 5.5.4 Authentication cancelled",
  wrong_password: "535 5.7.8 Authentication credentials invalid",
  // A message
  bad_sender: "501 5.1.7 Bad sender address syntax",
  bad_recipient: "501 5.1.3 Bad recipient address syntax",
  bad_parameter: "501 5.5.4 Bad or repeated parameter",
  unknown_parameter: "555 5.5.4 Unknown parameter",
  nested: "503 5.5.1 Nested MAIL command",
  sender_first: "503 5.5.1 Send MAIL first",
  recipient_first: "503 5.5.1 Send RCPT first",
  too_many_recipients: "452 4.5.3 Too many recipients",
  data_alone: "501 5.5.4 DATA stands alone",
  too_large: "552 5.3.4 The message exceeds the maximum size",
  looping: "554 5.4.6 Too many hops",
} as const;

export type RefusalReason = keyof typeof table;

/** A refusal that the client is told as it stands in the table. */
export class SmtpRefusal extends Error {
  readonly reason: RefusalReason;
  readonly reply: Reply;

  constructor(reason: RefusalReason) {
    super(table[reason].slice(4));
    this.reason = reason;
    this.reply = [Number(table[reason].slice(0, 3)), this.message];
  }
}

const maxReplyCharacters = 400; // RFC 5321 4.5.3.1.5: 512 with the codes

/** Words an error as a reply. Of a defect nothing is told. */
export function replyTo(error: unknown): Reply {
  if (error instanceof SmtpRefusal) return error.reply;
  const failure = error instanceof MailError ? error : new MailError("internal", "Cannot continue");
  const [code, enhanced] = failures[failure.code].smtp.split(" ");
  const text = failure.message.replace(/[^ -~]/g, "?").slice(0, maxReplyCharacters);
  return [Number(code), `${enhanced} ${text}`];
}

/** True for defects, and for a disk of ours that fails: the log tells of them. */
export function isAdministratorsMatter(error: unknown): boolean {
  if (!(error instanceof MailError)) return !(error instanceof SmtpRefusal);
  return error.by === undefined &&
    ["internal", "storage_full", "storage_failed"].includes(error.code);
}

/** Tells whether nothing may follow a reply: RFC 5321 3.8, RFC 7504 3. */
export function isFinal([code]: Reply): boolean {
  return code === 421 || code === 521;
}

/** Tells whether a client is to come again with the same (RFC 5321 4.2.1). */
export function isTemporary([code]: Reply): boolean {
  return code < 500;
}
