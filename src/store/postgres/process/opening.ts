/** What is wrong with opening a database, in words for whoever runs the server. */
import { type FailureCode, type Hint, MailError } from "../../../model/errors.ts";
import type { DatabaseAddress } from "../address.ts";
import { wrapError } from "../failures.ts";
import { passwordFile } from "./password.ts";

/** Turns what was thrown while a database was opened into a failure that says what to do. */
export function openingFailure(error: unknown, address: DatabaseAddress): MailError {
  if (error instanceof MailError) return error;
  const where = placeOf(address);
  const { code = "", message = "" } = error as { code?: string; message?: string };
  const failure = (code: FailureCode) => (reason: string, options: { readonly hint: Hint }) =>
    new MailError(code, `Cannot open the database ${where}: ${reason}`, {
      ...options,
      cause: error,
    });
  const told = failure("configuration");
  /** It may pass, as after the loss of a primary: whoever starts servers is to try again. */
  const passing = failure("unavailable");
  if (/^28|^SASL/.test(code) || /^SASL|password/.test(message)) {
    return told(
      "it refuses the user or the password",
      { hint: `Write HOST:PORT:DATABASE:USER:PASSWORD into ${passwordFile()} (mode 0600).` },
    );
  }
  if (code === "3D000") {
    return told("there is no such database", {
      hint: `Run \`createdb --owner USER ${address.database}\` there.`,
    });
  }
  if (code === "42501") {
    return told("the user may not make tables in it", {
      hint: "Make that user the owner of the database.",
    });
  }
  if (/cert|CERT|UNABLE_TO|altname|SSL|UnknownIssuer|NotValidForName/.test(code + message)) {
    return told(
      "its certificate is not trusted, or it has none",
      { hint: "Add ?sslrootcert=FILE to the address, with the certificate of its authority." },
    );
  }
  if (code === "ENOTPRIMARY") {
    return passing("it is a standby", {
      hint: "Use the address of all hosts: postgres://USER@HOST,HOST/DATABASE.",
    });
  }
  const reason = Object.entries(reasons).find(([name]) => code === name)?.[1];
  if (reason !== undefined || /connect|timeout/i.test(message)) {
    return passing(reason ?? "it does not answer", {
      hint: "Check the address, and that PostgreSQL runs there.",
    });
  }
  return wrapError(error);
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "there is no such host",
  ENOENT: "there is no such socket",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the host cannot be reached",
  ETIMEDOUT: "it does not answer",
};

function placeOf({ hosts, database }: DatabaseAddress): string {
  return `${database} at ${hosts.map(({ host, port }) => `${host}:${port}`).join(", ")}`;
}
