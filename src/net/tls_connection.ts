/**
 * TLS over a plain socket where node:tls has to do it: every server's end, and a client's first contact. This runtime's TLS sockets read ahead without bound, even when paused,
 * so encrypted bytes are let in only while somebody waits for what is inside them.
 */
import { Duplex } from "node:stream";
import tls from "node:tls";
import { type Bytes, concatBytes, freeBytes, plain } from "../model/bytes.ts";
import { asCertificateDigest, type CertificateDigest } from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import { type ByteSocket, closeQuietly } from "./byte_socket.ts";
import type { Connection } from "./connection.ts";
import { formatHostPort } from "./host_port.ts";
import type { TlsIdentity } from "./tls_identity.ts";

const smallBufferBytes = 2 * 1024;
/** Holds a TLS record of any size. */
const recordBufferBytes = 17 * 1024;
const largeBufferBytes = 4 * recordBufferBytes;

/** Does the server's half of a TLS handshake. @throws {MailError} `unavailable` */
export async function secureServer(
  socket: ByteSocket,
  remoteAddress: string,
  { context, certificateDigest }: TlsIdentity,
): Promise<Connection> {
  const transport = new Transport(socket);
  const secured = new tls.TLSSocket(transport, { isServer: true, secureContext: context });
  await handshake(secured, transport, "secure");
  return new TlsConnection(secured, transport, { remoteAddress, certificateDigest });
}

/** A server over TLS, and what is known of it before the session inside. */
export interface Dialled {
  readonly connection: Connection;
  /** DER. */
  readonly certificate: Bytes;
  readonly selfSigned: boolean;
  /** True where an authority of the system vouches for the certificate and the host's name. */
  readonly verified: boolean;
}

/**
 * Does the client's half of a TLS handshake with whatever certificate is shown, and tells what is to be said of it: the
 * session inside proves who the server is. `hasAuthorities` false: this process believes none, and node:tls is not to look
 * for any. @throws {MailError} `unavailable`
 */
export async function secureClient(
  socket: Deno.TcpConn,
  { host, port }: { readonly host: string; readonly port: number },
  { hasAuthorities }: { readonly hasAuthorities: boolean },
): Promise<Dialled> {
  const transport = new Transport(socket);
  const servername = /^[\d.]+$|:/.test(host) ? "" : host;
  const secured = tls.connect({
    socket: transport,
    host,
    servername,
    rejectUnauthorized: false,
    ...(hasAuthorities ? {} : { ca: [] }),
  });
  await handshake(secured, transport, "secureConnect");
  const { raw, subject, issuer } = secured.getPeerCertificate();
  const certificate = plain(new Uint8Array(raw));
  const digest = await crypto.subtle.digest("SHA-256", certificate);
  const certificateDigest = asCertificateDigest(new Uint8Array(digest));
  const known = { remoteAddress: formatHostPort(host, port), certificateDigest };
  return {
    connection: new TlsConnection(secured, transport, known),
    certificate,
    selfSigned: JSON.stringify(subject) === JSON.stringify(issuer),
    verified: secured.authorized,
  };
}

/**
 * Waits for TLS. Where it does not come about, or breaks later, both ends are destroyed: this runtime keeps them for ever
 * otherwise. A server hears of a broken record by `_tlsError` alone.
 */
async function handshake(
  secured: tls.TLSSocket,
  transport: Transport,
  event: "secure" | "secureConnect",
): Promise<void> {
  const destroy = () => {
    secured.destroy();
    transport.destroy();
  };
  for (const failure of ["error", "_tlsError"]) secured.on(failure, destroy);
  try {
    await secure(secured, event);
  } catch (error) {
    destroy();
    throw error;
  }
}

function secure(secured: tls.TLSSocket, event: "secure" | "secureConnect"): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  secured.on("error", (cause) => reject(cut(cause)));
  secured.once("close", () => reject(cut(null)));
  secured.once("end", () => reject(cut(null))); // an end before the handshake is over comes without a close
  secured.once(event, () => resolve());
  return promise;
}

/** The encrypted bytes, let in or held back. */
class Transport extends Duplex {
  readonly #socket: ByteSocket;
  #bufferBytes = smallBufferBytes;
  /** Of the last read, for the next; null: it needs another. */
  #buffer: Bytes | null = null;
  #open = true;
  #held = false;

  constructor(socket: ByteSocket) {
    super();
    this.#socket = socket;
  }

  /** Lets bytes in from now on. */
  open(): void {
    this.#open = true;
    if (!this.#held) return;
    this.#held = false;
    this._read();
  }

  /** Lets in no more than what is being read already. */
  shut(): void {
    this.#open = false;
  }

  override _read(): void {
    if (this.#open) this.#readOnce();
    else this.#held = true;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    this.#writeAll(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error) => void): void {
    this.#socket.closeWrite().then(() => done(), () => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    closeQuietly(this.#socket);
    done(error);
  }

  /** Many connections wait for a little; few are in the middle of much, which comes faster in large pieces. */
  async #readOnce(): Promise<void> {
    const buffer = this.#buffer ?? new Uint8Array(this.#bufferBytes);
    this.#buffer = null;
    try {
      const count = await this.#socket.read(buffer);
      this.#bufferBytes = nextBufferBytes(count ?? 0);
      this.push(count === null ? null : buffer.subarray(0, count));
      const isTaken = this.readableLength === 0; // then TLS has copied it
      if (isTaken && buffer.length === this.#bufferBytes) this.#buffer = buffer;
    } catch {
      this.destroy(); // closed from this side, or reset from the other
    }
  }

  async #writeAll(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      at += await this.#socket.write(chunk.subarray(at));
    }
    if (chunk.length > recordBufferBytes) freeBytes(chunk);
  }
}

/** Makes room for the next read by what the last one brought. */
function nextBufferBytes(count: number): number {
  if (count < smallBufferBytes) return smallBufferBytes;
  return count < recordBufferBytes ? recordBufferBytes : largeBufferBytes;
}

class TlsConnection implements Connection {
  readonly remoteAddress: string;
  readonly certificateDigest: CertificateDigest;
  readonly #secured: tls.TLSSocket;
  readonly #transport: Transport;
  readonly #writers = new Set<(error: MailError) => void>();
  #received: Bytes[] = [];
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(
    secured: tls.TLSSocket,
    transport: Transport,
    known: { readonly remoteAddress: string; readonly certificateDigest: CertificateDigest },
  ) {
    this.#secured = secured;
    this.#transport = transport;
    this.remoteAddress = known.remoteAddress;
    this.certificateDigest = known.certificateDigest;
    transport.shut();
    secured.on("data", (bytes: Uint8Array) => this.#take(plain(bytes)));
    secured.on("end", () => this.#end());
    secured.on("close", () => this.#end());
    transport.on("close", () => this.#end());
    // What ended before anybody listened here is not told again.
    if (secured.readableEnded || secured.destroyed || transport.destroyed) this.#end();
  }

  async read(): Promise<Bytes | null> {
    if (this.#received.length === 0 && !this.#ended) await this.#more();
    if (this.#received.length === 0) return null;
    const received = this.#received.splice(0);
    return received.length === 1 ? received[0]! : concatBytes(received);
  }

  write(bytes: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#writers.add(reject);
    this.#secured.write(bytes, (cause) => {
      this.#writers.delete(reject);
      if (cause) reject(cut(cause));
      else resolve();
    });
    return promise;
  }

  end(): Promise<void> {
    if (this.#transport.destroyed) return Promise.resolve(); // that is told once
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#transport.once("finish", () => resolve());
    this.#transport.once("close", () => resolve());
    this.#secured.end();
    return promise;
  }

  close(): void {
    this.#secured.destroy();
    this.#transport.destroy();
    this.#end();
  }

  async #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    this.#transport.open();
    await promise;
  }

  #take(bytes: Bytes): void {
    this.#received.push(bytes);
    this.#transport.shut();
    this.#wake?.();
  }

  #end(): void {
    this.#ended = true;
    this.#wake?.();
    for (const reject of this.#writers) reject(cut(null));
    this.#writers.clear();
  }
}

function cut(cause: unknown): MailError {
  return new MailError("unavailable", "Cannot continue: the connection was cut", { cause });
}
