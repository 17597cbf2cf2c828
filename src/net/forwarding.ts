/** Connections that come through a forwarder, such as a load balancer: whose address counts, and who may tell it. */
import { MailError } from "../model/errors.ts";
import { forwardedZone, isLoopback } from "../model/loopback.ts";
import { type ByteSocket, closeQuietly } from "./byte_socket.ts";
import { inTime } from "./deadline.ts";
import { formatIpAddress, type IpPrefix, isWithin, parseIpAddress } from "./ip_address.ts";
import { badProxyHeader, maxBinaryBytes, parseProxyHeader } from "./proxy_header.ts";

export interface Forwarding {
  /** Each connection from there begins with a PROXY header, and none from elsewhere does. */
  readonly forwarders: readonly IpPrefix[];
  /** Hears of a connection that was closed for its header: it was bad, or did not come in time. */
  readonly onRefused: (forwarder: string, reason: string) => void;
  readonly timeoutMs?: number | undefined;
}

/** Takes a socket, with the address that limits and logs go by. */
type TakeSocket = (socket: ByteSocket, remoteAddress: string) => void;

/** A forwarder sends the header with its first segment. */
const headerTimeoutMs = 5_000;
/** Connections whose header is on its way. */
const maxWaiting = 1_000;

/** Reads the headers of those that have one, and nothing behind them: the socket itself is handed on. */
export class ForwardedSockets {
  readonly #forwarding: Forwarding | undefined;
  readonly #onSocket: TakeSocket;
  readonly #waiting = new Set<ByteSocket>();
  #isClosed = false;

  /** Without `forwarding` every socket has its own address. */
  constructor(forwarding: Forwarding | undefined, onSocket: TakeSocket) {
    this.#forwarding = forwarding;
    this.#onSocket = onSocket;
  }

  take(socket: ByteSocket): void {
    const { hostname } = socket.remoteAddr;
    const forwarder = this.#forwarderAt(hostname);
    if (forwarder === null) this.#onSocket(socket, hostname);
    else this.#takeForwarded(socket, forwarder);
  }

  /** Closes those that wait for their header, and whatever comes. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#waiting) closeQuietly(socket);
  }

  /** Null: it is none. */
  #forwarderAt(hostname: string): string | null {
    const { forwarders = [] } = this.#forwarding ?? {};
    if (forwarders.length === 0) return null;
    const address = parseIpAddress(hostname.replace(/%.*$/, ""));
    const isOne = address !== null && forwarders.some((prefix) => isWithin(address, prefix));
    return isOne ? formatIpAddress(address) : null;
  }

  async #takeForwarded(socket: ByteSocket, forwarder: string): Promise<void> {
    const { onRefused, timeoutMs = headerTimeoutMs } = this.#forwarding!;
    try {
      if (this.#waiting.size >= maxWaiting) throw badProxyHeader("too many others wait for theirs");
      this.#waiting.add(socket);
      const source = await inTime(readHeader(socket), timeoutMs, () => closeQuietly(socket));
      if (this.#isClosed) return closeQuietly(socket);
      this.#onSocket(socket, forwardedAddress(source ?? forwarder));
    } catch (error) {
      closeQuietly(socket);
      if (!this.#isClosed) onRefused(forwarder, reasonOf(error));
    } finally {
      this.#waiting.delete(socket);
    }
  }
}

/** No caller that a forwarder tells of is on this machine. */
function forwardedAddress(address: string): string {
  return isLoopback(address) ? `${address}${forwardedZone}` : address;
}

/** Reads a header and not a byte more. Null: it names no client. @throws {MailError} `protocol` */
async function readHeader(socket: ByteSocket): Promise<string | null> {
  const buffer = new Uint8Array(maxBinaryBytes);
  for (let length = 0;;) {
    const header = parseProxyHeader(buffer.subarray(0, length));
    if (typeof header !== "number") return header.source;
    const count = await socket.read(buffer.subarray(length, length + header));
    if (count === null) throw badProxyHeader("the connection ended before it");
    length += count;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof MailError) return error.message;
  return error instanceof Deno.errors.TimedOut
    ? "it did not come in time"
    : "the connection was cut";
}
