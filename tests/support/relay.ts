import { byteString } from "../../src/mime/byte_string.ts";

/** The same URL, by way of a relay to its port. */
export function through(url: string, { port }: { readonly port: number }): string {
  const address = new URL(url);
  address.port = String(port);
  return address.href;
}

/** A stretch of network between a client and a server of this machine that can be cut at a chosen moment. */
export class Relay implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0, transport: "tcp" });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #running: Promise<unknown>[] = [];
  #stalled: Promise<void> = Promise.resolve();
  #cutting: Cut | null = null;
  #ways = new Set<Way>();
  readonly #end = Promise.withResolvers<void>();

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

  /** Lets nothing through any more on what is open now, and does not say so: as a network that dies. */
  freeze(): void {
    for (const way of this.#ways) way.thawed = this.#end.promise;
    this.#ways.clear();
  }

  /**
   * Cuts the next connection on which `text` comes from one side, and passes no byte of that chunk on. Resolves when
   * that has happened.
   * @param text one character a byte
   */
  cutAt(text: string, from: "server" | "client" = "server"): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#cutting = { text, from, done: resolve };
    return promise;
  }

  /** Cuts every connection that is open now. */
  cut(): void {
    for (const connection of this.#open) quietly(() => connection.close());
    this.#open.clear();
  }

  /** Cuts all, and lets nobody through any more. */
  remove(): void {
    this.cut();
    this.#end.resolve();
    quietly(() => this.#listener.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.remove();
    await Promise.allSettled(this.#running);
  }

  #gate(way: Way): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    return new TransformStream({
      transform: async (chunk, controller) => {
        await this.#stalled;
        await way.thawed;
        controller.enqueue(chunk);
      },
    });
  }

  /** Fails the stream that has what is to be cut, which may come in any number of chunks. */
  #knife(from: Cut["from"], cut: () => void): TransformStream<Uint8Array, Uint8Array> {
    let before = "";
    return new TransformStream({
      transform: (chunk, controller) => {
        const cutting = this.#cutting?.from === from ? this.#cutting : null;
        const text = cutting === null ? "" : before + byteString(chunk);
        if (cutting !== null && text.includes(cutting.text)) {
          this.#cutting = null;
          cut();
          cutting.done();
          return controller.error(new Error("cut"));
        }
        before = text.slice(-(cutting?.text.length ?? 0));
        controller.enqueue(chunk);
      },
    });
  }

  async #accept(port: number): Promise<void> {
    for await (const client of this.#listener) {
      try {
        this.#join(client, await Deno.connect({ hostname: "127.0.0.1", port }));
      } catch (error) {
        if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
        client.close(); // the server is down, and may come back
      }
    }
  }

  #join(client: Deno.TcpConn, server: Deno.TcpConn): void {
    this.#open.add(client).add(server);
    const cut = () => {
      for (const connection of [client, server]) quietly(() => connection.close());
    };
    const way: Way = { thawed: Promise.resolve() };
    this.#ways.add(way);
    const up = client.readable.pipeThrough(this.#gate(way)).pipeThrough(this.#knife("client", cut))
      .pipeThrough(counting((count) => this.up += count)).pipeTo(server.writable);
    const down = server.readable.pipeThrough(this.#gate(way)).pipeThrough(
      this.#knife("server", cut),
    )
      .pipeThrough(counting((count) => this.down += count)).pipeTo(client.writable);
    this.#running.push(...[up, down].map((way) => way.catch(() => {})));
  }
}

/** One connection, both ways. */
interface Way {
  thawed: Promise<void>;
}

interface Cut {
  readonly text: string;
  readonly from: "server" | "client";
  readonly done: () => void;
}

function counting(count: (bytes: number) => void): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(chunk, controller) {
      count(chunk.length);
      controller.enqueue(chunk);
    },
  });
}

/** What is closed already cannot be closed again, which is all the same here. */
function quietly(close: () => void): void {
  try {
    close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
