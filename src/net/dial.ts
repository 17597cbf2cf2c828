/** Connections to a server: TLS without Nagle's delay. The session inside decides who the server is. */
import { type Bytes, equalBytes, plain } from "../model/bytes.ts";
import { asCertificateDigest, type CertificateDigest } from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import { closeQuietly } from "./byte_socket.ts";
import type { Connection } from "./connection.ts";
import { inTime } from "./deadline.ts";
import { formatHostPort } from "./host_port.ts";
import type { Dialled } from "./tls_connection.ts";

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Give up after this long, TLS included. */
  readonly timeoutMs: number;
}

/** The variable by which the runtime is told where its default certificates are; it asks once. */
export const certificateStore = "DENO_TLS_CA_STORE";

/** Variables that name certificates which the runtime adds to those, at the same time. */
const moreCertificates = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"] as const;

/** What this process believes for good: the system's authorities, or one certificate at a time and nobody else. */
let believed: "nothing yet" | "authorities" | "one certificate" = "nothing yet";

/** A TLS certificate, DER. */
export type Certificate = Bytes;

/**
 * Connects to a server that shows this very certificate. Null: it shows another by now.
 * @throws {MailError} `unavailable`
 */
export async function dialKnown(
  options: DialOptions,
  certificate: Certificate,
): Promise<Connection | null> {
  // Certificates handed in are added to the default store: only an empty one makes them the only ones.
  if (believed === "authorities") return await dialSame(options, certificate);
  Deno.env.set(certificateStore, "");
  believed = "one certificate";
  const { host, port, timeoutMs } = options;
  const tcp = await connect(options);
  try {
    const tls = await startTls(tcp, host, certificate);
    await inTime(tls.handshake(), timeoutMs, () => tls.close());
    return new DenoConnection(tls, formatHostPort(host, port), await digest(certificate));
  } catch (error) {
    if (isCertificateFailure(error)) return null;
    throw unreachable(options, error);
  }
}

/**
 * Begins TLS with whoever shows this certificate, whatever name it bears. Within the first of these calls the runtime
 * takes up what it believes besides: nothing. Programs that are started later find their variables again.
 */
function startTls(tcp: Deno.TcpConn, host: string, certificate: Certificate) {
  const named = moreCertificates.map((name) => [name, Deno.env.get(name)] as const)
    .filter(([, path]) => path !== undefined);
  for (const [name] of named) Deno.env.delete(name);
  try {
    return Deno.startTls(tcp, {
      hostname: host,
      caCerts: [pem(certificate)],
      unsafelyDisableHostnameVerification: true,
      alpnProtocols: [],
    });
  } finally {
    for (const [name, path] of named) Deno.env.set(name, path!);
  }
}

/** The same by comparing what is shown, where the default store is full. */
async function dialSame(
  options: DialOptions,
  certificate: Certificate,
): Promise<Connection | null> {
  const { connection, certificate: shown } = await dialUnknown(options);
  if (equalBytes(shown, certificate)) return connection;
  connection.close();
  return null;
}

/** Connects to a server whatever certificate it shows, and tells it. @throws {MailError} `unavailable` */
export async function dialUnknown(options: DialOptions): Promise<Dialled> {
  if (believed === "nothing yet") {
    Deno.env.set(certificateStore, "system");
    believed = "authorities";
  }
  if (believed === "one certificate") return await dialAny(options, { hasAuthorities: false });
  try {
    return await dialAny(options, { hasAuthorities: true });
  } catch (error) {
    // Where the system has no authorities, node:tls refuses every certificate, although it is told to accept any.
    const { cause } = error as MailError;
    if (!(cause instanceof Error && /certificate/.test(cause.message))) throw error;
    return await dialAny(options, { hasAuthorities: false });
  }
}

async function dialAny(
  options: DialOptions,
  by: { readonly hasAuthorities: boolean },
): Promise<Dialled> {
  const tcp = await connect(options);
  try {
    const { secureClient } = await import("./tls_connection.ts"); // node:tls costs 17 ms
    const secured = secureClient(tcp, options, by);
    return await inTime(secured, options.timeoutMs, () => tcp.close());
  } catch (error) {
    throw unreachable(options, error instanceof MailError ? error.cause : error);
  }
}

/** Tells why a server cannot be reached, naming it. */
function unreachable({ host, port }: DialOptions, cause: unknown): MailError {
  if (cause instanceof MailError) return cause;
  const reason = cause instanceof Error ? reasonOf(cause) : closed;
  return new MailError(
    "unavailable",
    `Cannot reach the server ${formatHostPort(host, port)}: ${reason}`,
    {
      cause,
      hint: reason === closed
        ? "Try again in a minute. A server that runs closes connections of an address that makes too many."
        : "Check the address, and that the server is running. If it has moved, run `mailctl login move SERVER`.",
    },
  );
}

const closed = "it closed the connection";
const closings = [
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
  Deno.errors.NotConnected,
  Deno.errors.BrokenPipe,
  Deno.errors.UnexpectedEof,
];

function reasonOf(error: Error): string {
  if (error instanceof Deno.errors.ConnectionRefused) return "no server listens there";
  if (error instanceof Deno.errors.TimedOut) return "it does not answer";
  if (/lookup|ENOTFOUND|resolve/i.test(error.message)) return "the name is not known";
  if (/ECONNREFUSED/.test(error.message)) return "no server listens there";
  if (closings.some((kind) => error instanceof kind)) return closed;
  if (/handshake eof|reset|closed|ECONNRESET|socket/i.test(error.message)) return closed;
  return /certificate|tls|InvalidContentType|corrupt/i.test(error.message)
    ? "it is not a mailctl server"
    : "the connection failed";
}

async function connect(options: DialOptions): Promise<Deno.TcpConn> {
  const { host, port, timeoutMs } = options;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const tcp = await Deno.connect({ hostname: host, port, signal });
    tcp.setNoDelay(true);
    return tcp;
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError";
    throw unreachable(options, late ? new Deno.errors.TimedOut() : error);
  }
}

/** True where TLS failed because of who answered, not because of the network. */
function isCertificateFailure(error: unknown): boolean {
  return error instanceof Error && /invalid peer certificate|UnknownIssuer/i.test(error.message);
}

async function digest(certificate: Certificate): Promise<CertificateDigest> {
  return asCertificateDigest(new Uint8Array(await crypto.subtle.digest("SHA-256", certificate)));
}

function pem(certificate: Certificate): string {
  const lines = certificate.toBase64().replace(/.{64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

class DenoConnection implements Connection {
  readonly remoteAddress: string;
  readonly certificateDigest: CertificateDigest;
  readonly #tls: Deno.TlsConn;
  #buffer: Bytes | null = null;
  #closed = false;

  constructor(tls: Deno.TlsConn, remoteAddress: string, certificateDigest: CertificateDigest) {
    this.#tls = tls;
    this.remoteAddress = remoteAddress;
    this.certificateDigest = certificateDigest;
  }

  async read(): Promise<Bytes | null> {
    this.#buffer ??= new Uint8Array(64 * 1024);
    try {
      const count = await this.#tls.read(this.#buffer);
      return count === null ? null : this.#buffer.slice(0, count);
    } catch {
      return null; // cut: the session tells it from an end, since an end is a frame
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        at += await this.#tls.write(plain(bytes.subarray(at)));
      }
    } catch (cause) {
      throw new MailError("unavailable", "Cannot continue: the connection was lost", { cause });
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeQuietly(this.#tls); // a handshake or write that failed may have done it
  }
}
