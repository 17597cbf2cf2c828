/**
 * Listening sockets that a service manager opened and handed over: sd_listen_fds(3). It holds their ports while this
 * program does not run, so that nobody else can take them. The runtime's own sockets take no file descriptor;
 * those of `node:net` do.
 */
import net from "node:net";
import { MailError } from "../model/errors.ts";
import type { ByteSocket, SocketSource } from "./byte_socket.ts";

/** The first descriptor that is handed over. */
const firstDescriptor = 3;
const maxSockets = 16;

/**
 * Takes the sockets that are meant for this process, and their variables out of the environment.
 * @throws {MailError} `configuration` for what is no listening socket
 */
export async function takeInheritedSockets(
  env: Pick<typeof Deno.env, "get" | "delete">,
  pid: number,
): Promise<SocketSource[]> {
  const [count, forPid] = [env.get("LISTEN_FDS"), env.get("LISTEN_PID")];
  for (const name of ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"]) env.delete(name);
  if (forPid !== `${pid}` || !/^\d{1,2}$/.test(count ?? "")) return [];
  const descriptors = Array.from(
    { length: Math.min(Number(count), maxSockets) },
    (_, at) => firstDescriptor + at,
  );
  return await Promise.all(descriptors.map(listenOn));
}

async function listenOn(fd: number): Promise<SocketSource> {
  // What comes before `accept` waits here; the service manager starts this program for it.
  const early: net.Socket[] = [];
  const server = net.createServer({ pauseOnConnect: true }, (socket) => void early.push(socket));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen({ fd }, resolve);
  await promise.catch((cause) => {
    throw new MailError("configuration", `Cannot use socket ${fd} of the service manager`, {
      cause,
    });
  });
  return new InheritedSocket(server, early);
}

class InheritedSocket implements SocketSource {
  readonly hostname: string;
  readonly port: number;
  readonly #server: net.Server;
  readonly #early: net.Socket[];

  constructor(server: net.Server, early: net.Socket[]) {
    const { address, port } = server.address() as net.AddressInfo;
    this.hostname = address;
    this.port = port;
    this.#server = server;
    this.#early = early;
  }

  accept(onSocket: (socket: ByteSocket) => void, onTrouble: (error: unknown) => void): void {
    const take = (socket: net.Socket) => onSocket(new NodeSocket(socket));
    this.#server.removeAllListeners("connection").on("connection", take);
    this.#server.on("error", onTrouble);
    this.#early.splice(0).forEach(take);
  }

  close(): void {
    this.#server.close();
  }
}

class NodeSocket implements ByteSocket {
  readonly remoteAddr: { readonly hostname: string };
  readonly #socket: net.Socket;
  #isEnded = false;
  #wake = () => {};

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.remoteAddr = { hostname: socket.remoteAddress ?? "" };
    socket.on("error", () => {}); // `close` follows
    socket.on("readable", () => this.#wake());
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.#isEnded = true;
        this.#wake();
      });
    }
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const { readableLength } = this.#socket;
      const waiting = Math.min(buffer.length, readableLength);
      const chunk: Uint8Array | null = this.#socket.read(waiting === 0 ? undefined : waiting);
      if (chunk !== null) {
        buffer.set(chunk);
        return chunk.length;
      }
      if (this.#isEnded) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const gone = () => reject(new Error("the connection was closed"));
    this.#socket.once("close", gone);
    this.#socket.write(bytes, (error) => {
      this.#socket.off("close", gone);
      if (error) reject(error);
      else resolve(bytes.length);
    });
    return promise;
  }

  async closeWrite(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.end(() => resolve()));
  }

  setNoDelay(noDelay = true): void {
    this.#socket.setNoDelay(noDelay);
  }

  close(): void {
    this.#socket.destroy();
  }
}
