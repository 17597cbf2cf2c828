/**
 * A few pages of text over plain HTTP, for programs on the same machine, and some for few on others. One request a
 * connection, accepted here: the runtime's own server takes any number of callers for any time, and fails for good when
 * file descriptors run out.
 */
import { concatBytes, utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { isLoopback } from "../model/loopback.ts";
import { type ByteSocket, closeQuietly } from "./byte_socket.ts";
import { inTime } from "./deadline.ts";
import { type IpPrefix, isWithin, parseIpAddress } from "./ip_address.ts";
import { Acceptor } from "./listen.ts";

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** What is at a path. */
export type Page = () => Promise<Answer>;

type Pages = Readonly<Record<string, Page>>;

/** Who of other machines is let in, and to which pages. */
export interface Elsewhere {
  readonly from: readonly IpPrefix[];
  readonly paths: readonly string[];
}

export interface PageServer {
  readonly port: number;
  /** Accepts no more, and closes every connection. */
  close(): void;
}

/** What a request says, as far as it counts. */
interface Asked {
  readonly method: string;
  readonly target: string;
  readonly host: string | undefined;
}

const maxHeadBytes = 16 * 1024;
/** One more makes the oldest go: who asks has an answer long before. */
const maxCallers = 50;
/** For a request and its answer, whoever is how slow. */
const callMs = 10_000;
const badRequest: Answer = { status: 400, text: "not a request\n" };

/**
 * Serves GET of each path. Port 0 takes a free one.
 * @throws {MailError} `configuration` for an address that other machines reach where none of them is let in,
 * `unavailable` for one in use. `onTrouble` hears why nothing can be accepted at the moment; it is tried again.
 */
export function servePages(
  { hostname, port }: { readonly hostname: string; readonly port: number },
  pages: Pages,
  elsewhere: Elsewhere,
  onTrouble: (error: unknown) => void,
): PageServer {
  if (!isLoopback(hostname) && elsewhere.from.length === 0) {
    throw new MailError(
      "configuration",
      `Cannot serve metrics on ${hostname}: it is not loopback`,
      { hint: "Use 127.0.0.1:PORT, or name with --forwarder who may ask for /health." },
    );
  }
  const acceptor = new Acceptor({ hostname, port, flag: "--metrics" });
  const callers = new Set<ByteSocket>();
  const drop = (socket: ByteSocket) => {
    callers.delete(socket);
    closeQuietly(socket);
  };
  const attend = async (socket: ByteSocket, remote: string) => {
    if (callers.size === maxCallers) drop(callers.values().next().value!);
    callers.add(socket);
    try {
      const answer = ({ method, target, host }: Asked) => {
        const url = URL.parse(target, `http://${host ?? "localhost"}`); // browsers name one
        return url ? answerPage({ method, url: url.href }, remote, pages, elsewhere) : badRequest;
      };
      await inTime(converse(socket, answer), callMs, () => drop(socket));
    } catch {
      // the caller went away, or was too slow
    } finally {
      drop(socket);
    }
  };
  acceptor.accept((socket) => void attend(socket, socket.remoteAddr.hostname), onTrouble);
  return {
    port: acceptor.port,
    close: () => {
      acceptor.close();
      callers.forEach(drop);
    },
  };
}

/** Hears one request, answers it, and reads past what follows: unread bytes would make the system cut the answer off. */
async function converse(
  socket: ByteSocket,
  answer: (asked: Asked) => Answer | Promise<Answer>,
): Promise<void> {
  const asked = await hear(socket);
  const { status, text } = asked ? await answer(asked) : badRequest;
  const body = utf8(text);
  const head = utf8(
    `HTTP/1.1 ${status} ${status === 200 ? "OK" : "Not OK"}\r\n` +
      "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n" +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
  );
  const bytes = asked?.method === "HEAD" ? head : concatBytes([head, body]);
  for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
  await socket.closeWrite();
  const passedOver = new Uint8Array(maxHeadBytes);
  while (await socket.read(passedOver) !== null);
}

/** Reads up to the empty line that ends a request's head (RFC 9112 2.1). Null: it is none, or too long. */
async function hear(socket: ByteSocket): Promise<Asked | null> {
  const buffer = new Uint8Array(maxHeadBytes);
  for (let length = 0; length < maxHeadBytes;) {
    const count = await socket.read(buffer.subarray(length));
    if (count === null) return null;
    length += count;
    const [head, end] = new TextDecoder().decode(buffer.subarray(0, length)).split(/\r?\n\r?\n/);
    if (end === undefined) continue;
    const [, method, target] = /^([A-Z]+) (\S+) HTTP\/1\.[01](?:\r?\n|$)/.exec(head!) ?? [];
    if (method === undefined || target === undefined) return null;
    return { method, target, host: /^host:[ \t]*(\S+)[ \t]*\r?$/im.exec(head!)?.[1] };
  }
  return null;
}

/** Answers a request from an address. */
export async function answerPage(
  request: Pick<Request, "method" | "url">,
  remote: string,
  pages: Pages,
  { from, paths }: Elsewhere,
): Promise<Answer> {
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
  return await pages[pathname]!();
}

function reply(status: number, text: string): Answer {
  return { status, text };
}
