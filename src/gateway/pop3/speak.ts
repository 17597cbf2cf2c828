/** POP3 on a connection: lines read, replies written, one after the other. */
import { limits } from "../../model/limits.ts";
import { letOthersIn } from "../../model/promises.ts";
import type { Connection } from "../../net/connection.ts";
import { inTime, isLost } from "../../net/deadline.ts";
import type { PlainConnection } from "../../net/tcp_connection.ts";
import type { TlsIdentity } from "../../net/tls_identity.ts";
import { LineReader } from "./codec.ts";
import { Broken } from "./refusal.ts";
import { type Pop3Host, Pop3Session } from "./session.ts";

export interface Pop3Options {
  readonly host: Pop3Host;
  /** For STLS; null: it is not offered. */
  readonly identity: TlsIdentity | null;
}

/** Commands that were sent at once are answered so many at a time: one connection must not hold up all others. */
const maxLinesAtOnce = 50;

/** Speaks until the connection is over. */
export async function speakPop3(connection: Connection, options: Pop3Options): Promise<void> {
  const canSecure = options.identity !== null && "secure" in connection;
  const session = new Pop3Session(options.host, { canSecure });
  let current = connection;
  const late = setTimeout(() => {
    if (!session.isLoggedIn) current.close();
  }, limits.mailProgramLoginMs);
  try {
    await current.write(session.greet());
    while (await converse(current, session) === "secure") {
      const secured = (current as PlainConnection).secure(options.identity!);
      current = await inTime(secured, limits.handshakeTimeoutMs, () => connection.close());
      session.secured();
    }
  } catch (error) {
    if (error instanceof Broken) options.host.onDefect(error.cause);
    else if (!isLost(error)) options.host.onDefect(error);
  } finally {
    clearTimeout(late);
    await session.close().finally(() => current.close());
  }
}

/** Reads and answers lines until the session is over, or goes on inside TLS. */
async function converse(connection: Connection, session: Pop3Session): Promise<"secure" | "close"> {
  const lines = new LineReader();
  for (let count = 1;; count++) {
    if (count % maxLinesAtOnce === 0) await letOthersIn();
    const said = lines.next() ?? await readLine(connection, lines);
    if (said === null) return "close";
    for await (const bytes of session.answer(said)) await retrying(connection, bytes);
    if (session.next !== "go on") return session.next; // what was said ahead is forgotten
  }
}

/** Reads up to the end of a line, or of all. A byte now and then is no line, and keeps nobody waiting. */
function readLine(connection: Connection, lines: LineReader): Promise<string | false | null> {
  const reading = (async () => {
    for (;;) {
      const bytes = await connection.read();
      if (bytes === null) return null;
      lines.push(bytes);
      const said = lines.next();
      if (said !== null) return said;
    }
  })();
  return inTime(reading, limits.mailProgramIdleMs, () => connection.close());
}

/** A program that reads nothing does not hold the mailbox for ever. */
function retrying(connection: Connection, bytes: Uint8Array): Promise<void> {
  return inTime(connection.write(bytes), limits.mailProgramIdleMs, () => connection.close());
}
