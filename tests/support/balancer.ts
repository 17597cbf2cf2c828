/** A small load balancer: each connection goes to the next server that is well, behind a PROXY header of version 2. */
import { closeQuietly } from "../../src/net/byte_socket.ts";
import { binaryHeaderFor } from "./proxy_header.ts";

export interface Backend {
  readonly port: number;
  /** Where its /health is; null: it is taken to be well. */
  readonly metricsPort: number | null;
}

const checkEveryMs = 50;

export class Balancer implements AsyncDisposable {
  /** Connections that a server which seemed to be well did not take. */
  refused = 0;
  /** Connections that each server took, by its port. */
  readonly taken = new Map<number, number>();
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0, transport: "tcp" });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #running: Promise<unknown>[] = [];
  #backends: readonly Backend[] = [];
  #well: readonly Backend[] = [];
  #isClosed = false;
  #next = 0;
  #clients = 0;

  constructor() {
    this.#running.push(this.#accept(), this.#watch());
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Ports of the servers that are well. */
  get well(): number[] {
    return this.#well.map(({ port }) => port);
  }

  /** Has these servers from now on, which are well. */
  use(backends: readonly Backend[]): void {
    this.#well = this.#backends = backends;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#listener.close();
    for (const socket of this.#open) closeQuietly(socket);
    await Promise.allSettled(this.#running);
  }

  async #watch(): Promise<void> {
    while (!this.#isClosed) {
      const asked = this.#backends;
      const well = await Promise.all(asked.map(isWell));
      if (asked === this.#backends) this.#well = asked.filter((_, at) => well[at]);
      await new Promise((resolve) => setTimeout(resolve, checkEveryMs));
    }
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.#open.add(client);
      this.#running.push(this.#pass(client).finally(() => this.#open.delete(client)));
    }
  }

  async #pass(client: Deno.TcpConn): Promise<void> {
    const backend = this.#well[this.#next++ % this.#well.length];
    const server = backend && await Deno.connect({ hostname: "127.0.0.1", port: backend.port })
      .catch(() => null);
    if (!server) {
      this.refused++;
      return closeQuietly(client);
    }
    this.#open.add(server);
    this.taken.set(backend.port, (this.taken.get(backend.port) ?? 0) + 1);
    await server.write(binaryHeaderFor(this.#nextClient()));
    await Promise.allSettled([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
    this.#open.delete(server);
  }

  /** Each connection is another client's, so that no limit of an address is met. */
  #nextClient(): string {
    const count = this.#clients++;
    return `198.18.${count >> 8 & 255}.${count & 255}`;
  }
}

async function isWell({ metricsPort }: Backend): Promise<boolean> {
  if (metricsPort === null) return true;
  const response = await fetch(`http://127.0.0.1:${metricsPort}/health`).catch(() => null);
  await response?.body?.cancel();
  return response?.ok ?? false;
}
