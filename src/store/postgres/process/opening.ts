/** What is wrong with opening a database, in words for whoever runs the server. */
import { type FailureCode, type Hint, MailError } from "../../../model/errors.ts";
import type { DatabaseAddress } from "../address.ts";
import { isReadOnly, wrapError } from "../failures.ts";
import { defaultUser, passwordFile } from "./password.ts";

/** Why no connection can be made: in words, with what to do. */
interface Diagnosis {
  /** `unavailable` for what may pass, as after the loss of a primary: whoever starts servers is to try again. */
  readonly code: FailureCode;
  readonly reason: string;
  readonly hint: Hint;
}

/** Turns what was thrown while a database was opened into a failure that says what to do. */
export function openingFailure(error: unknown, address: DatabaseAddress): MailError {
  if (error instanceof MailError) return error;
  const unread = unreadPassword(error);
  if (unread !== null) return unread;
  const found = diagnose(error, address);
  if (found === null) return wrapError(error);
  const { code, reason, hint } = found;
  const message = `Cannot open the database ${placeOf(address)}: ${reason}`;
  return new MailError(code, message, { hint, cause: error });
}

/** Says why no connection can be made to a host. */
export function connectReason(error: unknown, address: DatabaseAddress): string {
  const { message } = error as { readonly message?: string };
  return unreadPassword(error)?.message ?? diagnose(error, address)?.reason ?? message ??
    String(error);
}

/** Why the file of passwords cannot be used; null: that is not what is wrong. */
function unreadPassword(error: unknown): MailError | null {
  const { code, cause } = error as { readonly code?: string; readonly cause?: unknown };
  return code === "ENOPASSWORD" && cause instanceof MailError ? cause : null;
}

function diagnose(error: unknown, address: DatabaseAddress): Diagnosis | null {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  if (code === "28000" && message.includes("pg_hba")) {
    const hint =
      "Add a line for this machine there, with hostssl or, on loopback without TLS, host.";
    return misconfigured("its pg_hba.conf has no line for this user, host and encryption", hint);
  }
  if (/^28|^SASL/.test(code) || /^SASL|password/.test(message)) {
    return misconfigured("it refuses the user or the password", passwordHint(address));
  }
  if (code === "3D000") {
    const hint: Hint = `Run \`createdb --owner USER ${address.database}\` there.`;
    return misconfigured("there is no such database", hint);
  }
  if (code === "42501") {
    const reason = `the user lacks a right: ${message}`;
    return misconfigured(reason, "Make that user the owner of the database.");
  }
  if (/cert|CERT|UNABLE_TO|altname|SSL/.test(code + message)) {
    return diagnoseTls(code, message, address);
  }
  if (isReadOnly(error)) {
    const hint = "Set default_transaction_read_only = off, if its disk has room.";
    return unavailable("it is read-only", hint);
  }
  if (code === "ENOTPRIMARY") {
    const hint = "Use the address of all hosts: postgres://USER@HOST,HOST/DATABASE.";
    return unavailable("it is a standby", hint);
  }
  if (code === "53300") {
    const hint = "Set max_connections higher, or the limit of the user or the database.";
    return unavailable(`it has too many connections: ${message}`, hint);
  }
  if (!Object.hasOwn(reasons, code) && !/connect|timeout/i.test(message)) return null;
  const hint = "Check the address, and that PostgreSQL runs there. If a restore runs, wait for it.";
  return unavailable(reasons[code] ?? "it does not answer", hint);
}

/** The runtime has one code for a certificate that is not valid now and for one of an unknown authority. */
function diagnoseTls(
  code: string,
  message: string,
  { certificates }: DatabaseAddress,
): Diagnosis {
  if (/does not support SSL/.test(message)) {
    return misconfigured("it offers no TLS", "Set ssl = on there, with its certificate and key.");
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const hint = "Write the name that is in its certificate into the address.";
    return misconfigured("its certificate is for another name", hint);
  }
  const hint: Hint = certificates === null
    ? "Add ?sslrootcert=FILE to the address, with the certificate of its authority."
    : `Check its dates, and that ${certificates} has the certificate of its authority.`;
  return misconfigured("its certificate has expired, or its authority is not trusted", hint);
}

function misconfigured(reason: string, hint: Hint): Diagnosis {
  return { code: "configuration", reason, hint };
}

function unavailable(reason: string, hint: Hint): Diagnosis {
  return { code: "unavailable", reason, hint };
}

function passwordHint({ database, user = defaultUser() }: DatabaseAddress): Hint {
  return Deno.env.get("PGPASSWORD")
    ? `Check PGPASSWORD, for the user ${user}. It is used instead of a file.`
    : `Write *:*:${database}:${user}:PASSWORD into ${passwordFile()} (mode 0600).`;
}

const reasons: Readonly<Record<string, string>> = {
  "55P03": "a restore, or a server that starts, uses it",
  ECONNRESET: "the connection broke",
  ECONNREFUSED: "the connection was refused",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "there is no such host",
  ENOENT: "there is no such socket",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the host cannot be reached",
  ETIMEDOUT: "it does not answer",
  EOLDPRIMARY: "it takes writes, although another host was promoted after it",
  "57P03": "it is starting, or stopping",
};

/** Names a database and its hosts. */
export function placeOf({ hosts, database }: DatabaseAddress): string {
  return `${database} at ${hosts.map(({ host, port }) => `${host}:${port}`).join(", ")}`;
}
