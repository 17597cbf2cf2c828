/**
 * Sockets for programs of one user on one machine (AF_UNIX), in a folder that nobody else may enter: that folder is
 * all that protects them. One line asks, one line answers, and the connection is over.
 */
import { utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { bestEffort, heardElsewhere } from "../model/promises.ts";
import { closeQuietly } from "./byte_socket.ts";
import { inTime } from "./deadline.ts";

/** What one line may have, line break included. */
const maxLineBytes = 1024 * 1024;
/** The system has room for 108 bytes of path, one of them a NUL: unix(7). */
const maxPathBytes = 107;
const maxConnections = 64;
const askTimeoutMs = 10_000;
const pauseMs = 100;

export interface LocalListener {
  /** Accepts no more, waits for the answers that are under way, and removes the socket. */
  close(): Promise<void>;
}

/**
 * Listens at a path, in the place of a socket that a killed program left there. `answer` never throws.
 * @throws {MailError} `configuration`
 */
export async function listenLocal(
  path: string,
  answer: (line: string) => Promise<string>,
): Promise<LocalListener> {
  try {
    await removeLeftover(path);
    const listener = await byShortPath(
      path,
      (short) => Promise.resolve(Deno.listen({ transport: "unix", path: short })),
    );
    await Deno.chmod(path, 0o600);
    return new Listening(listener, path, answer);
  } catch (cause) {
    if (cause instanceof MailError) throw cause;
    throw new MailError("configuration", `Cannot listen on ${path}: ${reasonOf(cause)}`, { cause });
  }
}

class Listening implements LocalListener {
  readonly #listener: Deno.UnixListener;
  readonly #path: string;
  readonly #answer: (line: string) => Promise<string>;
  readonly #running = new Set<Promise<void>>();
  /** Connections that have not said what they want. */
  readonly #undecided = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  #closed = false;

  constructor(
    listener: Deno.UnixListener,
    path: string,
    answer: (line: string) => Promise<string>,
  ) {
    this.#listener = listener;
    this.#path = path;
    this.#answer = answer;
    this.#accepting = this.#acceptAll();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listener.close();
    await this.#accepting; // only then the runtime unlinks the path
    await bestEffort(Deno.remove(this.#path)); // it may have been first. Later it could be another server's
    for (const connection of this.#undecided) closeQuietly(connection);
    await Promise.all(this.#running);
  }

  async #acceptAll(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#attend(await this.#listener.accept());
      } catch {
        if (this.#closed) return;
        await new Promise((resolve) => setTimeout(resolve, pauseMs)); // out of file descriptors
      }
    }
  }

  #attend(connection: Deno.Conn): void {
    if (this.#running.size >= maxConnections) return connection.close();
    const done = bestEffort(this.#converse(connection)); // the caller went away; `answer` does not fail
    this.#running.add(done);
    done.finally(() => this.#running.delete(done));
  }

  async #converse(connection: Deno.Conn): Promise<void> {
    try {
      const line = await this.#hear(connection);
      const answer = utf8(`${await this.#answer(line)}\n`);
      await inTime(writeAll(connection, answer), askTimeoutMs);
    } finally {
      closeQuietly(connection);
    }
  }

  async #hear(connection: Deno.Conn): Promise<string> {
    this.#undecided.add(connection);
    try {
      return await inTime(readLine(connection), askTimeoutMs);
    } finally {
      this.#undecided.delete(connection);
    }
  }
}

/** The failure of a line that went out, and whose answer did not come: nobody here knows what was done. */
export class NoAnswer extends MailError {}

/**
 * Asks whoever listens at a path, and returns the answer.
 * @throws {MailError} `unavailable` where nobody does; `NoAnswer` where the answer is cut, or does not come in `timeoutMs`
 */
export async function askLocal(path: string, line: string, timeoutMs: number): Promise<string> {
  const connection = await connectLocal(path);
  try {
    const asked = writeAll(connection, utf8(`${line}\n`)).then(() => readLine(connection));
    heardElsewhere(asked); // below, or a timeout is
    return await inTime(asked, timeoutMs);
  } catch (cause) {
    throw new NoAnswer("unavailable", "Cannot continue: the server did not answer", { cause });
  } finally {
    connection.close();
  }
}

async function connectLocal(path: string): Promise<Deno.Conn> {
  try {
    return await byShortPath(path, (short) => Deno.connect({ transport: "unix", path: short }));
  } catch (cause) {
    throw new MailError("unavailable", `Cannot reach the server at ${path}: no server is running`, {
      cause,
      hint:
        "Run this command on the server's machine, as the server's user, with the --data and --run of `mailctl serve`.",
    });
  }
}

/** Uses a path that the system takes: a long one through a link in a folder of our own, made for the moment. */
async function byShortPath<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  if (utf8(path).length <= maxPathBytes) return await use(path);
  const slash = path.lastIndexOf("/");
  const real = await Deno.realPath(path.slice(0, slash) || "/");
  const folder = await Deno.makeTempDir({ prefix: "mailctl-" }); // 0700
  try {
    await Deno.symlink(real, `${folder}/d`);
    return await use(`${folder}/d${path.slice(slash)}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function removeLeftover(path: string): Promise<void> {
  const there = await Deno.lstat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  if (there === null) return;
  if (!there.isSocket) {
    throw new MailError("configuration", `Cannot use ${path}: it is not a socket`);
  }
  if (await isAnswered(path)) {
    throw new MailError("configuration", `Cannot listen on ${path}: a running server uses it`, {
      hint: "Use --run DIR for another folder.",
    });
  }
  await Deno.remove(path);
}

/** Tells whether a program listens there: one that was killed does no more. */
async function isAnswered(path: string): Promise<boolean> {
  try {
    (await byShortPath(path, (short) => Deno.connect({ transport: "unix", path: short }))).close();
    return true;
  } catch {
    return false;
  }
}

/** Reads up to a line break. @throws where there is none within `maxLineBytes` or before the end */
async function readLine(connection: Deno.Conn): Promise<string> {
  let line = new Uint8Array(4096);
  for (let length = 0;;) {
    const count = await connection.read(line.subarray(length));
    if (count === null) throw new Error("the line was cut");
    const end = line.subarray(0, length + count).indexOf(0x0a, length);
    if (end >= 0) return new TextDecoder("utf-8", { fatal: true }).decode(line.subarray(0, end));
    length += count;
    if (length < line.length) continue;
    if (length >= maxLineBytes) throw new Error("the line is too long");
    const larger = new Uint8Array(Math.min(4 * length, maxLineBytes));
    larger.set(line);
    line = larger;
  }
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
