/** The page's socket: on loopback only, and gone when nobody needs it any more. */
import { MailError } from "../../model/errors.ts";

export interface Listening {
  /** `127.0.0.1:PORT` */
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

/** Listens; port 0 takes a free one. @throws {MailError} `unavailable` for a port in use */
export function listen(
  port: number,
  answer: (request: Request, answering: Answering) => Response | Promise<Response>,
): Listening {
  try {
    const server = Deno.serve(
      {
        hostname: "127.0.0.1",
        port,
        onListen: () => {},
        onError: () => new Response("Cannot answer\n", { status: 500 }),
      },
      (request, info) => answer(request, { over: () => info.completed }),
    );
    const close = async () => {
      const { promise: isOver, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, graceMs);
      await Promise.race([server.shutdown(), isOver]);
      clearTimeout(timer);
      server.unref();
    };
    return { authority: `127.0.0.1:${server.addr.port}`, close };
  } catch (cause) {
    const reason = cause instanceof Deno.errors.AddrInUse
      ? "another program uses the address"
      : "it cannot be used";
    throw new MailError("unavailable", `Cannot listen on 127.0.0.1:${port}: ${reason}`, { cause });
  }
}
