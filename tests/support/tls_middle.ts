/** Somebody on the way to a server who ends TLS, shows a certificate, and passes on what is inside. */
import tls from "node:tls";
import type { TlsCertificate } from "../../src/crypto/certificate.ts";
import { plain } from "../../src/model/bytes.ts";
import { limits } from "../../src/model/limits.ts";
import type { Connection } from "../../src/net/connection.ts";
import { FrameDecoder, type FrameKind } from "../../src/wire/frame.ts";

export class TlsMiddle implements Disposable {
  /** What the client said in all, on one connection. */
  frames: FrameKind[] = [];
  /** What it had said when the server's answer to its exchange came by. */
  firstFlight: readonly FrameKind[] = [];
  readonly #dial: () => Promise<Connection>;
  readonly #server: tls.Server;
  readonly #open = new Set<tls.TLSSocket>();

  /** `dial` connects to the true server. */
  constructor(shown: TlsCertificate, dial: () => Promise<Connection>) {
    this.#dial = dial;
    const { certificate: cert, privateKey: key } = shown;
    this.#server = tls.createServer({ cert, key, minVersion: "TLSv1.3" }, (socket) => {
      socket.on("error", () => {});
      this.#open.add(socket);
      this.#pass(socket).catch(() => socket.destroy());
    });
    this.#server.on("tlsClientError", () => {}); // a caller that believes nothing of this
  }

  /** Listens on loopback, and tells the port. */
  listen(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#server.listen(0, "127.0.0.1", () => {
      resolve((this.#server.address() as { port: number }).port);
    });
    return promise;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  async #pass(socket: tls.TLSSocket): Promise<void> {
    const server = await this.#dial();
    const frames: FrameKind[] = this.frames = [];
    const decoder = new FrameDecoder(limits.maxHandshakeFrameBytes);
    socket.on("data", (bytes: Uint8Array) => {
      decoder.push(plain(bytes.slice()));
      for (let frame; (frame = decoder.next()) !== null;) frames.push(frame.kind);
      server.write(bytes).catch(() => {});
    });
    socket.on("close", () => server.close());
    for (let told = 0;; told++) {
      const bytes = await server.read();
      if (bytes === null) return void socket.end();
      if (told === 1) this.firstFlight = [...frames];
      socket.write(bytes);
    }
  }
}
