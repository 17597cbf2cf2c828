/** Listens where hostile mail leads. */
export class Trap {
  /** Connections, also those by which nothing was asked. */
  visits = 0;
  requests = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  constructor() {
    (async () => {
      for await (const connection of this.#listener) {
        this.visits++;
        this.#hear(connection);
      }
    })();
  }

  get authority(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  close(): void {
    this.#listener.close();
  }

  async #hear(connection: Deno.Conn): Promise<void> {
    if ((await connection.read(new Uint8Array(1)).catch(() => null)) !== null) this.requests++;
    connection.close();
  }
}
