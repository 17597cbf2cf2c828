/** An attachment of 25 MiB, sent and read by the program; how much memory it takes, and what others notice. */
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";
import { openBareTransfer } from "./bare_transfer.ts";
import type { Client } from "../src/client/connection/client.ts";
import { type Bytes, randomBytes } from "../src/model/bytes.ts";
import { pause, peakResidentBytes, residentBytes } from "./process.ts";
import { type Figure, inTurns, report, timed } from "./report.ts";
import { openSession } from "./session.ts";
import { makeAccount, type Workplace } from "./workplace.ts";

const mebi = 1024 * 1024;
const size = 25 * mebi;
const rounds = 5;

/** Measures both ways beside sealing and opening alone; then once more with a look at both processes. */
export async function benchLarge(place: Workplace): Promise<void> {
  await makeAccount(place, "large");
  const file = `${place.folder}/attachment`;
  const content = bytesOf(size);
  await Deno.writeFile(file, content);
  const send = ["send", "large", "-s", "Large", "-m", "x", "-a", file];
  const read = ["read", "2", "--attachment", "1"]; // the sender's own copy is 1
  const { client } = await openSession(place.login("large"));
  try {
    const sending = await watch(place, client, send);
    const reading = await watch(place, client, read);
    await reportTimes(place, content, { file, send, read });
    await reportLooks(place, client, sending, reading);
  } finally {
    client.close();
  }
}

function bytesOf(count: number): Bytes {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 65_536) bytes.set(randomBytes(65_536), at);
  return bytes;
}

async function reportTimes(
  place: Workplace,
  content: Bytes,
  { file, send, read }: {
    readonly file: string;
    readonly send: readonly string[];
    readonly read: readonly string[];
  },
): Promise<void> {
  const { seal, open } = await age(content);
  const bare = await openBareTransfer(place, file, size);
  try {
    const [sent, sealed, bareSent, got, opened, bareRead] = await inTurns(rounds, [
      () => finish(place.start(place.program, send, "null")),
      seal,
      () => finish(bare.send()),
      () => finish(place.start(place.program, read, "null")),
      open,
      () => finish(bare.read()),
    ]) as [number, number, number, number, number, number];
    const [sendRow, readRow] = [
      { name: "send", value: sent, unit: "ms" },
      { name: "read to /dev/null", value: got, unit: "ms" },
    ];
    const bareName = "a program: bare TLS, one cipher, one file";
    report("An attachment of 25 MiB, the program as a process (milliseconds)", [
      { ...sendRow, floor: sealed, floorName: "sealing by age alone" },
      { ...sendRow, floor: bareSent, floorName: bareName },
      { ...readRow, floor: opened, floorName: "opening by age alone" },
      { ...readRow, floor: bareRead, floorName: bareName },
    ]);
  } finally {
    await bare.close();
  }
}

/** Sealing and opening of bytes at hand, as streams. */
async function age(content: Bytes) {
  const identity = await generateHybridIdentity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const stream = (bytes: Uint8Array) => new Blob([bytes as Bytes]).stream();
  const sealed = await new Response(await encrypter.encrypt(stream(content))).bytes();
  return {
    seal: async () => await drain(await encrypter.encrypt(stream(content))),
    open: async () => await drain(await decrypter.decrypt(stream(sealed))),
  };
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of stream);
}

async function finish(process: Deno.ChildProcess): Promise<void> {
  if (!(await process.status).success) throw new Error("The program failed");
}

/** What was seen while a program ran. */
interface Look {
  readonly clientPeakBytes: number;
  readonly serverGrowthBytes: number;
  /** The longest that somebody else waited for an answer. */
  readonly longestPingMs: number;
}

/** Runs the program and looks at it, at the server, and at how soon the server answers somebody else. */
async function watch(place: Workplace, other: Client, args: readonly string[]): Promise<Look> {
  const before = residentBytes(place.serverPid);
  const process = place.start(place.program, args, "null");
  let running = true;
  const finished = finish(process).finally(() => running = false);
  let seen: Look = { clientPeakBytes: 0, serverGrowthBytes: 0, longestPingMs: 0 };
  const look = async () => {
    const longestPingMs = await timed(() => other.call("ping", {}));
    const serverGrowthBytes = residentBytes(place.serverPid) - before;
    const clientPeakBytes = peakResidentBytes(process.pid);
    seen = highest(seen, { clientPeakBytes, serverGrowthBytes, longestPingMs });
    await pause(2);
  };
  const looking = (async () => {
    while (running) await look();
  })();
  await Promise.all([finished, looking]); // where looking fails, the server is ended and the program with it
  return seen;
}

function highest(one: Look, other: Look): Look {
  return {
    clientPeakBytes: Math.max(one.clientPeakBytes, other.clientPeakBytes),
    serverGrowthBytes: Math.max(one.serverGrowthBytes, other.serverGrowthBytes),
    longestPingMs: Math.max(one.longestPingMs, other.longestPingMs),
  };
}

async function reportLooks(place: Workplace, other: Client, sending: Look, reading: Look) {
  const idle = await watch(place, other, ["inbox"]);
  const rows = (what: string, look: Look): Figure[] => [
    {
      name: `${what}: peak memory of the client`,
      value: look.clientPeakBytes / mebi,
      unit: "MiB",
      floor: idle.clientPeakBytes / mebi,
      floorName: "the program, inbox",
    },
    {
      name: `${what}: memory the server grew by`,
      value: look.serverGrowthBytes / mebi,
      unit: "MiB",
      floor: size / mebi,
      floorName: "the attachment",
    },
    {
      name: `${what}: somebody else's longest ping`,
      value: look.longestPingMs,
      unit: "ms",
      floor: idle.longestPingMs,
      floorName: "beside inbox",
    },
  ];
  report("Memory and others meanwhile", [...rows("send", sending), ...rows("read", reading)]);
}
