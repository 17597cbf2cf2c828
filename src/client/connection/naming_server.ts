/** Failures that say which server they are of: whoever reads a log of several asks that first. */
import { isFailure, MailError } from "../../model/errors.ts";

/** Names the server in what is wrong with it, where that was found here. */
export function namingServer(address: string, error: unknown): unknown {
  const isFound = isFailure(error, "protocol", "unavailable", "try_later") && error.by !== "server";
  if (address === "" || !isFound) return error;
  const { code, message, hint, retryAfterSeconds, cause } = error;
  const named = /^Cannot (?:reach|use) th(?:e|is) server: /.test(message)
    ? message.replace(/th(?:e|is) server/, `the server ${address}`)
    : code === "protocol"
    ? message.replace(/^Cannot/, `Cannot use the server ${address}: cannot`)
    : message;
  return new MailError(code, named, { hint, retryAfterSeconds, cause });
}
