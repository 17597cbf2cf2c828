/** What only SMTP refuses, with codes of its own; all else has those of the failure table. RFC 5321 4.2, RFC 3463. */
const table = {
  tls_first: "530 5.7.0 Must issue a STARTTLS command first",
  login_first: "530 5.7.0 Authentication required",
  looping: "554 5.4.6 Too many hops",
  too_busy: "421 4.7.0 Too many connections",
} as const;

/** An error that the adapter tells as it is. */
export class SmtpRefusal extends Error {
  readonly responseCode: number;

  constructor(reason: keyof typeof table) {
    super(table[reason].slice(4));
    this.responseCode = Number(table[reason].slice(0, 3));
  }
}
