/** What a connection that does nothing costs the server. */
import type { Client } from "../src/client/connection/client.ts";
import { decodePem } from "../src/crypto/certificate.ts";
import type { Connection } from "../src/net/connection.ts";
import { dialKnown } from "../src/net/dial.ts";
import { openSockets, settledResidentBytes } from "./process.ts";
import { report } from "./report.ts";
import { openSession } from "./session.ts";
import { makeAccount, type Workplace } from "./workplace.ts";

const connections = 500;
/** Opened first and kept: what a process needs once is not a connection's. */
const warm = 50;
const timeoutMs = 10_000;
/** An account may have 100 connections: the oldest is closed for one more. */
const accounts = 10;

/** Listens in the way that is named first, with the certificate of the file named second. */
const bareListener = `
import tls from "node:tls";
const pem = Deno.readTextFileSync(Deno.args[1]);
const block = (label) => new RegExp("-----BEGIN " + label + "-----[^-]*-----END " + label + "-----").exec(pem)[0] + "\\n";
const identity = { cert: block("CERTIFICATE"), key: block("PRIVATE KEY") };
if (Deno.args[0] === "node") {
  const server = tls.createServer({ ...identity, minVersion: "TLSv1.3" }, (socket) => socket.resume());
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
} else {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...identity });
  console.log(listener.addr.port);
  for await (const connection of listener) connection.read(new Uint8Array(2048)).catch(() => {});
}
`;

/** Measures logged-in connections beside bare ones of both of the runtime's TLS servers. */
export async function benchIdle(place: Workplace): Promise<void> {
  const names = Array.from({ length: accounts }, (_, at) => `idle-${at}`);
  for (const name of names) await makeAccount(place, name);
  let next = 0;
  const session = async () => {
    const { client } = await openSession(place.login(names[next++ % accounts]!));
    return client;
  };
  const own = await bytesEach<Client>(place.serverPid, session);
  const node = await benchBare(place, "node");
  const deno = await benchBare(place, "deno");
  const name = "logged in and idle";
  const rows = [
    { floor: node, floorName: "a bare connection, node:tls" },
    { floor: deno, floorName: "a bare connection, Deno.listenTls" },
  ];
  report(
    `Memory of a connection on the server, of ${connections} (KiB)`,
    rows.map((row) => ({ name, value: own, unit: "KiB", ...row })),
  );
}

/** KiB of memory that each connection costs a process. */
async function bytesEach<Open extends { close(): void }>(
  pid: number,
  open: () => Promise<Open>,
): Promise<number> {
  const opened: Open[] = [];
  try {
    while (opened.length < warm) opened.push(await open());
    const before = await settledResidentBytes(pid);
    while (opened.length < warm + connections) opened.push(await open());
    const grown = await settledResidentBytes(pid) - before;
    const sockets = openSockets(pid);
    if (sockets < opened.length) throw new Error(`Only ${sockets} sockets are left`);
    return grown / connections / 1024;
  } finally {
    for (const one of opened) one.close();
  }
}

async function benchBare(place: Workplace, way: "node" | "deno"): Promise<number> {
  const program = `${place.folder}/${way}_listener.js`;
  const pem = `${place.folder}/server/server/keys/self_signed.pem`;
  await Deno.writeTextFile(program, bareListener);
  const certificate = decodePem("CERTIFICATE", await Deno.readTextFile(pem));
  const process = place.start(program, [way, pem], "piped");
  try {
    const port = await firstNumber(process.stdout);
    const options = { host: "127.0.0.1", port, timeoutMs };
    return await bytesEach<Connection>(
      process.pid,
      async () => (await dialKnown(options, certificate))!,
    );
  } finally {
    process.kill("SIGKILL");
    await process.status;
  }
}

async function firstNumber(stdout: ReadableStream<Uint8Array>): Promise<number> {
  for await (const text of stdout.pipeThrough(new TextDecoderStream())) return Number(text);
  throw new Error("The listener did not start");
}
