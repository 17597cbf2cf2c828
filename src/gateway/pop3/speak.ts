/** POP3 on a connection: lines read, replies written, one after the other. */
import { letOthersIn } from "../../model/promises.ts";
import type { Connection } from "../../net/connection.ts";
import type { TlsIdentity } from "../../net/tls_identity.ts";
import { speakProgram, waitForProgram, writeInTime } from "../speak_program.ts";
import { LineReader } from "./codec.ts";
import { type Pop3Host, Pop3Session } from "./session.ts";

export interface Pop3Options {
  readonly host: Pop3Host;
  /** For STLS; null: it is not offered. */
  readonly identity: TlsIdentity | null;
}

/** Commands that were sent at once are answered so many at a time: one connection must not hold up all others. */
const maxLinesAtOnce = 50;

/** Speaks until the connection is over. */
export function speakPop3(connection: Connection, { host, identity }: Pop3Options): Promise<void> {
  const begin = (canSecure: boolean) => new Pop3Session(host, { canSecure });
  return speakProgram(connection, { begin, converse, identity, onDefect: host.onDefect });
}

/** Reads and answers lines until the session is over, or goes on inside TLS. */
async function converse(connection: Connection, session: Pop3Session): Promise<"secure" | "close"> {
  const lines = new LineReader();
  for (let count = 1;; count++) {
    if (count % maxLinesAtOnce === 0) await letOthersIn();
    const said = lines.next() ?? await readLine(connection, lines);
    if (said === null) return "close";
    for await (const bytes of session.answer(said)) await writeInTime(connection, bytes);
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
  return waitForProgram(connection, reading);
}
