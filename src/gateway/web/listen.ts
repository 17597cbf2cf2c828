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

/** Listens; port 0 takes a free one. @throws {MailError} `unavailable` for a port in use */
export function listen(
  port: number,
  answer: (request: Request, answering: Answering) => Response | Promise<Response>,
): Listening {
  const controller = new AbortController();
  try {
    const server = Deno.serve(
      {
        hostname: "127.0.0.1",
        port,
        signal: controller.signal,
        onListen: () => {},
        onError: () => new Response("Cannot answer\n", { status: 500 }),
      },
      (request, info) => answer(request, { over: () => info.completed }),
    );
    const close = async () => {
      controller.abort();
      await server.finished;
    };
    return { authority: `127.0.0.1:${server.addr.port}`, close };
  } catch (cause) {
    const reason = cause instanceof Deno.errors.AddrInUse
      ? "something listens there already"
      : "it cannot be used";
    throw new MailError("unavailable", `Cannot listen on 127.0.0.1:${port}: ${reason}`, { cause });
  }
}
