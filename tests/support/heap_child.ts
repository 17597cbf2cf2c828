/**
 * A server with every way in, in a process of its own, and callers that leave before their TLS handshake is over. Run
 * with `--expose-gc`; it tells how much the heap grew, in bytes, once nothing more of it is given back.
 */
import { openReception, type Reception } from "../../src/gateway/reception/listen.ts";
import { makeLog } from "../../src/server/log.ts";
import type { ListenerParts } from "../../src/server/extra_listener.ts";
import { serve } from "../../src/server/serve.ts";
import type { Ready } from "../../src/server/serve_options.ts";
import { MemoryStore } from "./memory_store.ts";
import { makeKeyFolder } from "./server.ts";

declare const gc: () => void;

/** How a caller leaves: what it says before, and to whom. */
export type LeavingWay = keyof typeof ways;

const ways = {
  "the main listener": { at: "main", greeting: null },
  "SMTP over TLS": { at: "smtps", greeting: null },
  "a dropped STARTTLS": { at: "smtp", greeting: "EHLO x\r\nSTARTTLS\r\n" },
} as const;

/** What callers say of TLS: nothing, what is none, and a record that is cut off. */
const beginnings = [
  new Uint8Array(0),
  new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"),
  record(),
];

function record(): Uint8Array<ArrayBuffer> {
  return new Uint8Array([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, ...new Array(20).fill(7)]);
}

async function leave(port: number, greeting: string | null, turn: number): Promise<void> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  if (greeting !== null) {
    await heard(socket, "220 ");
    await socket.write(new TextEncoder().encode(greeting));
    await heard(socket, "220 2");
  }
  await socket.write(beginnings[turn % beginnings.length]!).catch(() => {});
  socket.close();
}

async function heard(socket: Deno.TcpConn, end: string): Promise<void> {
  const buffer = new Uint8Array(4096);
  for (let text = ""; !text.split("\r\n").some((line) => line.startsWith(end));) {
    const count = await socket.read(buffer);
    if (count === null) throw new Error(`the server said ${text}`);
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
}

async function leaveOften(port: number, greeting: string | null, count: number): Promise<void> {
  for (let at = 0; at < count; at += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, n) => leave(port, greeting, at + n)));
  }
}

/** The heap, once it is no more than `enough`, or no pass gives anything back for a while. */
async function heapBytes(enough: number): Promise<number> {
  let least = Infinity;
  for (let idle = 0; idle < 20 && least > enough; idle++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    gc();
    const { heapUsed } = Deno.memoryUsage();
    if (heapUsed < least - 64 * 1024) idle = 0;
    least = Math.min(least, heapUsed);
  }
  return least;
}

function openListener(parts: ListenerParts): Promise<Reception> {
  const listen = { hostname: "127.0.0.1", port: 0 };
  return Promise.resolve(openReception({
    ...parts,
    smtp: listen,
    submissions: listen,
    allowsPlainLocal: false,
    allowsLegacy: false,
    postmaster: null,
  }));
}

if (import.meta.main) {
  const [way, count, allowed] = [Deno.args[0] as LeavingWay, ...Deno.args.slice(1).map(Number)];
  const keys = await makeKeyFolder();
  const over = new AbortController();
  const ready = Promise.withResolvers<Ready>();
  const done = serve({
    listen: { host: "127.0.0.1", port: 0 },
    keys,
    openStore: () => Promise.resolve(new MemoryStore("mail.test")),
    openListener: openListener,
    log: makeLog({ write: () => {}, text: false, now: Date.now }),
    software: "mailctl test",
    signal: over.signal,
    onReady: ready.resolve,
  });
  const { address, extraAddresses } = await ready.promise;
  const { at, greeting } = ways[way];
  const port = Number(new Map([["main", address], ...extraAddresses]).get(at)!.split(":").at(-1));
  await leaveOften(port, greeting, 200); // what is made once is there after this
  const before = await heapBytes(0);
  await leaveOften(port, greeting, count!);
  const grown = await heapBytes(before + allowed!) - before;
  Deno.stdout.writeSync(new TextEncoder().encode(`${grown}\n`));
  over.abort();
  await done;
  await Deno.remove(keys, { recursive: true });
}
