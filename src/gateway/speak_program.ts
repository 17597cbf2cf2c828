/** What each protocol that reads a mailbox does with a connection: greeting, time to log in, TLS, and the end. */
import { limits } from "../model/limits.ts";
import type { Connection } from "../net/connection.ts";
import { inTime, isLost } from "../net/deadline.ts";
import type { PlainConnection } from "../net/tcp_connection.ts";
import type { TlsIdentity } from "../net/tls_identity.ts";
import { CutShort } from "./cut_short.ts";
import { IdleTimer } from "./idle_timer.ts";

export interface ProgramSession {
  greet(): Uint8Array;
  readonly isLoggedIn: boolean;
  /** It goes on inside TLS: nothing that was said before counts. */
  secured(): void;
  /** The connection is over. */
  close(): Promise<void>;
}

export interface ProgramProtocol<S extends ProgramSession> {
  /** `canSecure`: it may go on inside TLS. */
  readonly begin: (canSecure: boolean) => S;
  /** Reads and answers until the session is over, or goes on inside TLS. @throws {CutShort} */
  readonly converse: (connection: Connection, session: S) => Promise<"secure" | "close">;
  /** Null: TLS is not offered later than at the first byte. */
  readonly identity: TlsIdentity | null;
  readonly onDefect: (error: unknown) => void;
}

/** Speaks until the connection is over. */
export async function speakProgram<S extends ProgramSession>(
  connection: Connection,
  { begin, converse, identity, onDefect }: ProgramProtocol<S>,
): Promise<void> {
  const session = begin(identity !== null && "secure" in connection);
  let current = connection;
  const late = setTimeout(() => {
    if (!session.isLoggedIn) current.close();
  }, limits.mailProgramLoginMs);
  try {
    await current.write(session.greet());
    while (await converse(current, session) === "secure") {
      const secured = (current as PlainConnection).secure(identity!);
      current = await inTime(secured, limits.handshakeTimeoutMs, () => connection.close());
      session.secured();
    }
  } catch (error) {
    if (error instanceof CutShort) onDefect(error.cause ?? error);
    else if (!isLost(error)) onDefect(error);
  } finally {
    clearTimeout(late);
    await session.close().finally(() => current.close());
  }
}

/**
 * Waits for a program, which does not hold its connection for ever: that is closed under it. A timer that is taken back
 * leaves nothing behind, while the signal of `inTime` would stay for all its time, after each of many thousand answers.
 */
export async function waitForProgram<T>(connection: Connection, work: Promise<T>): Promise<T> {
  const idle = new IdleTimer(limits.mailProgramIdleMs, () => connection.close());
  idle.restart();
  return await work.finally(() => idle.stop());
}

/** Writes a piece, for as long as a program is waited for. */
export function writeInTime(connection: Connection, bytes: Uint8Array): Promise<void> {
  return waitForProgram(connection, connection.write(bytes));
}
