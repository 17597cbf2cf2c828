/** The page's socket: on loopback only, and gone when nobody needs it any more. */
import { randomBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";

export interface Listening {
  /** `127.x.y.z:PORT` */
  readonly authority: string;
  close(): Promise<void>;
}

/** What is known of an answer on its way. */
export interface Answering {
  /** Settles when the browser has all of it, or has left. */
  readonly over: () => Promise<void>;
}

/** What is under way may come to its end, as far as somebody takes it: the last word to open pages does. */
const graceMs = 1_000;
/** Before it listens again where that failed. */
const pauseMs = 100;

type Answer = (request: Request, answering: Answering) => Response | Promise<Response>;

const known = "127.0.0.1";

/**
 * Listens at 127.0.0.1, or for port 0 at any free port of an address that nobody guesses: whoever had a port of
 * 127.0.0.1 before may have left a service worker in the browser, which is given all that comes from that address and
 * port for good. @throws {MailError} `unavailable` for a port in use
 */
export function listen(port: number, answer: Answer): Listening {
  try {
    return listenAt(port === 0 ? ownAddress() : known, port, answer);
  } catch (cause) {
    // macOS has no other address of loopback.
    if (port === 0 && cause instanceof Deno.errors.AddrNotAvailable) {
      return listenAt(known, port, answer);
    }
    const reason = cause instanceof Deno.errors.AddrInUse
      ? "another program uses the address"
      : "it cannot be used";
    throw new MailError("unavailable", `Cannot listen on ${known}:${port}: ${reason}`, { cause });
  }
}

/** Away from the ends of 127.0.0.0/8, which systems use themselves. */
function ownAddress(): string {
  const [a = 0, b, c] = randomBytes(3);
  return `127.${128 | a & 63}.${b}.${c}`;
}

function listenAt(hostname: string, port: number, answer: Answer): Listening {
  const serveAt = (port: number) =>
    Deno.serve(
      {
        hostname,
        port,
        onListen: () => {},
        onError: () => new Response("Cannot answer\n", { status: 500 }),
      },
      (request, info) => answer(request, { over: () => info.completed }),
    );
  let server = serveAt(port);
  const { port: taken } = server.addr;
  let isClosed = false;
  const goOn = async () => {
    for (;;) {
      await server.finished.catch(() => {}); // out of file descriptors: the connections that are there go on
      if (isClosed) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      try {
        if (!isClosed) server = serveAt(taken);
      } catch {
        // not yet
      }
    }
  };
  void goOn();
  const close = async () => {
    isClosed = true;
    const { promise: isOver, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    await Promise.race([server.shutdown(), isOver]);
    clearTimeout(timer);
    server.unref();
  };
  return { authority: `${hostname}:${taken}`, close };
}
