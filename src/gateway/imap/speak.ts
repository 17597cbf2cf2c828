/** IMAP on a connection: commands read, responses written, one after the other. */
import { limits } from "../../model/limits.ts";
import { letOthersIn } from "../../model/promises.ts";
import type { Connection } from "../../net/connection.ts";
import type { TlsIdentity } from "../../net/tls_identity.ts";
import { IdleTimer } from "../idle_timer.ts";
import { speakProgram, writeInTime } from "../speak_program.ts";
import { CommandReader } from "./reader.ts";
import { ImapSession } from "./session.ts";
import type { ImapHost } from "./session_state.ts";

export interface ImapOptions {
  readonly host: ImapHost;
  /** For STARTTLS; null: it is not offered. */
  readonly identity: TlsIdentity | null;
}

/** Commands that were sent at once are answered so many at a time: one connection must not hold up all others. */
const maxCommandsAtOnce = 50;

/** Speaks until the connection is over. */
export function speakImap(connection: Connection, { host, identity }: ImapOptions): Promise<void> {
  const begin = (canSecure: boolean) => new ImapSession(host, { canSecure });
  return speakProgram(connection, { begin, converse, identity, onDefect: host.onDefect });
}

/** Reads and answers commands until the session is over, or goes on inside TLS. */
async function converse(
  connection: Connection,
  session: ImapSession,
): Promise<"secure" | "close"> {
  const reader = new CommandReader(() => connection.read());
  // Every command is answered: a byte now and then is none, and keeps nobody waiting.
  const idle = new IdleTimer(limits.imapIdleMs, () => connection.close());
  idle.restart();
  try {
    for (let count = 1;; count++) {
      if (count % maxCommandsAtOnce === 0) await letOthersIn();
      for await (const bytes of session.answer(reader)) {
        await writeInTime(connection, bytes);
        idle.restart();
      }
      if (session.next !== "go on") return session.next; // what was said ahead is forgotten
    }
  } finally {
    idle.stop();
  }
}
