/** A few pages of text over plain HTTP, for programs on the same machine. */
import { MailError } from "../model/errors.ts";
import { isLoopback } from "../model/loopback.ts";

/** What is at a path. */
export type Page = () => Promise<{ readonly status: number; readonly text: string }>;

export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves GET of each path. Port 0 takes a free one.
 * @throws {MailError} `configuration` for an address that other machines reach, `unavailable` for one in use
 */
export function servePages(
  { hostname, port }: { readonly hostname: string; readonly port: number },
  pages: Readonly<Record<string, Page>>,
): PageServer {
  if (!isLoopback(hostname)) {
    throw new MailError(
      "configuration",
      `Cannot serve metrics on ${hostname}: it is not loopback`,
      {
        hint: "Use 127.0.0.1:PORT. Other machines can reach it through a proxy.",
      },
    );
  }
  try {
    const server = Deno.serve(
      { hostname, port, onListen: () => {} },
      (request) => answer(request, pages),
    );
    return { port: server.addr.port, close: () => server.shutdown() };
  } catch (cause) {
    const isInUse = cause instanceof Deno.errors.AddrInUse;
    throw new MailError(
      isInUse ? "unavailable" : "configuration",
      `Cannot listen on ${hostname}:${port}: ${
        isInUse ? "another program uses the address" : "it cannot be used"
      }`,
      { cause },
    );
  }
}

async function answer(request: Request, pages: Readonly<Record<string, Page>>): Promise<Response> {
  const { hostname, pathname } = new URL(request.url);
  // A page in a browser can give any name the address of this machine: only its own names count.
  if (!isLoopback(hostname.replace(/^\[|\]$/g, ""))) return reply(421, "not here\n");
  if (!Object.hasOwn(pages, pathname)) return reply(404, "not found\n");
  if (request.method !== "GET" && request.method !== "HEAD") return reply(405, "GET only\n");
  const { status, text } = await pages[pathname]!();
  return reply(status, text);
}

function reply(status: number, text: string): Response {
  return new Response(text, {
    status,
    headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
  });
}
