/**
 * Stands between a store and PostgreSQL, and loses answers: the database has committed, and the store does not hear of
 * it. Speaks as much of the protocol as that takes: https://www.postgresql.org/docs/current/protocol-message-formats.html.
 */
import { closeQuietly } from "../../src/net/byte_socket.ts";

/** What ends a transaction: in a text of its own, or a function that is called outside of one. */
const committing = /\bCOMMIT$|\bFROM send\(/;

/** How far one connection is; an answer that is lost takes it along. */
interface Way {
  /** Texts by the names under which they were prepared. */
  readonly statements: Map<string, string>;
  loses: boolean;
}

/** Loses the answer to every other commit, later to few, and passes on all else. */
export class DoubtfulRelay implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #to: number;
  readonly #connections = new Set<Deno.Conn>();
  readonly #running: Promise<unknown>[] = [];
  #commits = 0;
  /** Until then all answers come through. */
  isOn = false;
  /** Answers that were lost. */
  lost = 0;

  constructor(port: number) {
    this.#to = port;
    this.#running.push(this.#accept());
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) closeQuietly(connection);
    await Promise.allSettled(this.#running);
  }

  async #accept(): Promise<void> {
    for await (const store of this.#listener) this.#running.push(this.#relay(store));
  }

  async #relay(store: Deno.TcpConn): Promise<void> {
    const database = await Deno.connect({ hostname: "127.0.0.1", port: this.#to });
    for (const connection of [store, database]) connection.setNoDelay(true); // each message by itself
    this.#connections.add(store).add(database);
    const way: Way = { statements: new Map(), loses: false };
    await Promise.allSettled([this.#forth(store, database, way), this.#back(database, store, way)]);
    for (const connection of [store, database]) {
      closeQuietly(connection);
      this.#connections.delete(connection);
    }
  }

  async #forth(store: Deno.Conn, database: Deno.Conn, way: Way): Promise<void> {
    try {
      await writeAll(database, await readMessage(store, 0)); // the first has no type
      for (;;) {
        const message = await readMessage(store, 1);
        if (this.isOn && isCommit(message, way) && this.#isToLose()) way.loses = true;
        await writeAll(database, message);
      }
    } finally {
      closeQuietly(database);
    }
  }

  /** Of the first ones half: whoever makes thousands would connect as often. */
  #isToLose(): boolean {
    return this.#commits++ % (this.#commits < 64 ? 2 : 32) === 0;
  }

  async #back(database: Deno.Conn, store: Deno.Conn, way: Way): Promise<void> {
    try {
      for (;;) {
        const message = await readMessage(database, 1);
        if (!way.loses) await writeAll(store, message);
        else if (message[0] === "Z".charCodeAt(0)) { // ready for the next: it is done
          this.lost++;
          return;
        }
      }
    } finally {
      closeQuietly(store);
    }
  }
}

/** Tells whether a message of the store's ends a transaction; remembers what it prepares. */
function isCommit(message: Uint8Array, { statements }: Way): boolean {
  const text = new TextDecoder("latin1").decode(message.subarray(5));
  const [first = "", second = ""] = text.split("\0");
  switch (String.fromCharCode(message[0]!)) {
    case "Q":
      return committing.test(first);
    case "P":
      statements.set(first, second);
      return false;
    case "B":
      return committing.test(statements.get(second) ?? "");
    default:
      return false;
  }
}

async function readMessage(from: Deno.Conn, typeBytes: number): Promise<Uint8Array> {
  const head = await readFull(from, typeBytes + 4);
  const length = new DataView(head.buffer).getUint32(typeBytes);
  const rest = await readFull(from, length - 4);
  const message = new Uint8Array(head.length + rest.length);
  message.set(head);
  message.set(rest, head.length);
  return message;
}

async function readFull(from: Deno.Conn, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = await from.read(bytes.subarray(at));
    if (read === null) throw new Deno.errors.UnexpectedEof();
    at += read;
  }
  return bytes;
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}
