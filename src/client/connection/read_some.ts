/** Bytes from a server that has so long to send them. */
import type { Bytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import type { Connection } from "../../net/connection.ts";
import { inTime } from "../../net/deadline.ts";

/** Reads what comes next. @throws {MailError} `unavailable` where nothing does in time, or ever */
export async function readSome(connection: Connection, graceMs: number): Promise<Bytes> {
  const reading = connection.read();
  const bytes = await inTime(reading, graceMs, () => connection.close()).catch(tooSlow);
  if (bytes === null) {
    throw new MailError("unavailable", "Cannot continue: the server closed the connection");
  }
  return bytes;
}

function tooSlow(cause: unknown): never {
  if (!(cause instanceof Deno.errors.TimedOut)) throw cause;
  throw new MailError("unavailable", "Cannot continue: the server took too long to answer", {
    cause,
  });
}
