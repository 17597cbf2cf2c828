/** A plain TCP connection that TLS may come over later, as STARTTLS has it (RFC 3207). */
import { MailError } from "../model/errors.ts";
import { type ByteSocket, closeQuietly } from "./byte_socket.ts";
import type { Connection } from "./connection.ts";
import { secureServer } from "./tls_connection.ts";
import type { TlsIdentity } from "./tls_identity.ts";

const bufferBytes = 16 * 1024;
/** A read of less is copied and its buffer used again: a line of 30 bytes would cost 16 KiB each time. */
const maxCopiedBytes = bufferBytes / 4;

/** A connection whose stream may go on inside TLS. */
export interface PlainConnection extends Connection {
  /**
   * Does the server's half of a TLS handshake on what comes next; this connection is then the other's. No read may be
   * under way. @throws {MailError} `unavailable`
   */
  secure(identity: TlsIdentity): Promise<Connection>;
}

export class TcpConnection implements PlainConnection {
  readonly remoteAddress: string;
  readonly certificateDigest = null;
  readonly #socket: ByteSocket;
  /** For the next read; null: it needs one. */
  #buffer: Uint8Array<ArrayBuffer> | null = null;

  constructor(socket: ByteSocket, remoteAddress: string = socket.remoteAddr.hostname) {
    socket.setNoDelay(true);
    this.#socket = socket;
    this.remoteAddress = remoteAddress;
  }

  /** One read at a time. */
  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    const buffer = this.#buffer ?? new Uint8Array(bufferBytes);
    this.#buffer = null;
    try {
      const count = await this.#socket.read(buffer);
      if (count === null) return null;
      if (count > maxCopiedBytes) return buffer.subarray(0, count);
      this.#buffer = buffer;
      return buffer.slice(0, count);
    } catch {
      return null; // closed from this side, or reset from the other
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at));
    } catch (cause) {
      throw new MailError("unavailable", "Cannot continue: the connection was cut", { cause });
    }
  }

  secure(identity: TlsIdentity): Promise<Connection> {
    return secureServer(this.#socket, this.remoteAddress, identity);
  }

  close(): void {
    closeQuietly(this.#socket);
  }
}
