/** A stretch of network between a client and a server of this machine that can be cut at a chosen moment. */
export class Relay implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0, transport: "tcp" });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #running: Promise<unknown>[] = [];
  #stalled: Promise<void> = Promise.resolve();

  /** Bytes that went to the server, and to clients. */
  up = 0;
  down = 0;

  constructor(port: number) {
    this.#running.push(this.#accept(port));
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Lets nothing through until what it returns is called. What was sent meanwhile comes then. */
  stall(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stalled = promise;
    return resolve;
  }

  /** Cuts every connection that is open now. */
  cut(): void {
    for (const connection of this.#open) quietly(() => connection.close());
    this.#open.clear();
  }

  /** Cuts all, and lets nobody through any more. */
  remove(): void {
    this.cut();
    quietly(() => this.#listener.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.remove();
    await Promise.allSettled(this.#running);
  }

  #passing(count: (bytes: number) => void): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      transform: async (chunk, controller) => {
        await this.#stalled;
        count(chunk.length);
        controller.enqueue(chunk);
      },
    });
  }

  async #accept(port: number): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      this.#open.add(client).add(server);
      const [up, down] = [
        this.#passing((count) => this.up += count),
        this.#passing((count) => this.down += count),
      ];
      this.#running.push(
        client.readable.pipeThrough(up).pipeTo(server.writable).catch(() => {}),
        server.readable.pipeThrough(down).pipeTo(client.writable).catch(() => {}),
      );
    }
  }
}

/** What is closed already cannot be closed again, which is all the same here. */
function quietly(close: () => void): void {
  try {
    close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
