/** A few pages of text over plain HTTP, for programs on the same machine, and some for few on others. */
import { MailError } from "../model/errors.ts";
import { isLoopback } from "../model/loopback.ts";
import { type IpPrefix, isWithin, parseIpAddress } from "./ip_address.ts";

/** What is at a path. */
export type Page = () => Promise<{ readonly status: number; readonly text: string }>;

type Pages = Readonly<Record<string, Page>>;

/** Who of other machines is let in, and to which pages. */
export interface Elsewhere {
  readonly from: readonly IpPrefix[];
  readonly paths: readonly string[];
}

export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves GET of each path. Port 0 takes a free one.
 * @throws {MailError} `configuration` for an address that other machines reach where none of them is let in,
 * `unavailable` for one in use
 */
export function servePages(
  { hostname, port }: { readonly hostname: string; readonly port: number },
  pages: Pages,
  elsewhere: Elsewhere,
): PageServer {
  if (!isLoopback(hostname) && elsewhere.from.length === 0) {
    throw new MailError(
      "configuration",
      `Cannot serve metrics on ${hostname}: it is not loopback`,
      { hint: "Use 127.0.0.1:PORT, or name with --forwarder who may ask for /health." },
    );
  }
  try {
    const server = Deno.serve(
      { hostname, port, onListen: () => {} },
      (request, { remoteAddr }) => answerPage(request, remoteAddr.hostname, pages, elsewhere),
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

/** Answers a request from an address. */
export async function answerPage(
  request: Request,
  remote: string,
  pages: Pages,
  { from, paths }: Elsewhere,
): Promise<Response> {
  const { hostname, pathname } = new URL(request.url);
  if (isLoopback(remote)) {
    // A page in a browser can give any name the address of this machine: only its own names count.
    if (!isLoopback(hostname.replace(/^\[|\]$/g, ""))) return reply(421, "not here\n");
  } else {
    const address = parseIpAddress(remote);
    if (address === null || !from.some((prefix) => isWithin(address, prefix))) {
      return reply(403, "not for you\n");
    }
    if (!paths.includes(pathname)) return reply(404, "not found\n");
  }
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
