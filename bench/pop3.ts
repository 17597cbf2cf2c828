/** A mailbox of 1,000 messages, fetched by a mail program through the bridge. */
import type { JsonOf } from "../src/cli/schema/schemas.ts";
import { Pop3Talk } from "./pop3_talk.ts";
import { cpuSeconds } from "./process.ts";
import { inTurns, print, report } from "./report.ts";
import { fillMailbox } from "./session.ts";
import { makeAccount, type Workplace } from "./workplace.ts";

const messages = 1000;
const rounds = 3;

/** Speaks as much POP3 as the talk needs, and has one message so many times, in the clear. */
const bareServer = `
const [path, count] = [Deno.args[0], Number(Deno.args[1])];
const message = Deno.readTextFileSync(path);
const ids = Array.from({ length: count }, (_, at) => (at + 1) + " id" + at + "\\r\\n").join("");
const encoder = new TextEncoder();
const say = async (connection, text) => {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
};
const speak = async (connection) => {
  await say(connection, "+OK\\r\\n");
  const buffer = new Uint8Array(4096);
  for (let length; (length = await connection.read(buffer)) !== null;) {
    const command = new TextDecoder().decode(buffer.subarray(0, length));
    if (command.startsWith("UIDL")) await say(connection, "+OK\\r\\n" + ids + ".\\r\\n");
    else if (command.startsWith("RETR")) await say(connection, message);
    else await say(connection, "+OK\\r\\n");
    if (command.startsWith("QUIT")) return connection.close();
  }
};
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(JSON.stringify({ pop3: { port: listener.addr.port }, user: "x", password: "x" }));
for await (const connection of listener) speak(connection).catch(() => {});
`;

type Facts = Pick<JsonOf<"bridge">, "user" | "password"> & {
  readonly pop3: { readonly port: number };
};

/** Measures listing and fetching beside a server that has the same text at hand. */
export async function benchPop3(place: Workplace): Promise<void> {
  await makeAccount(place, "reader");
  await fillMailbox(place.login("reader"), messages);
  const ports = ["--smtp", "127.0.0.1:0", "--pop3", "127.0.0.1:0"];
  const bridge = place.start(place.program, ["bridge", "--json", ...ports], "piped");
  try {
    const facts = await factsOf(bridge);
    await fetchAll(facts); // from now on all are read, and their envelopes remembered
    const path = `${place.folder}/message.txt`;
    const first = await open(facts);
    await Deno.writeTextFile(path, await first.retrieve(1));
    await first.quit();
    const program = `${place.folder}/pop3_floor.js`;
    await Deno.writeTextFile(program, bareServer);
    const bare = place.start(program, [path, String(messages)], "piped");
    try {
      await measure(place, { facts, pid: bridge.pid }, await factsOf(bare));
    } finally {
      bare.kill("SIGKILL");
      await bare.status;
    }
  } finally {
    bridge.kill("SIGTERM");
    await bridge.status;
  }
}

async function measure(
  place: Workplace,
  bridge: { readonly facts: Facts; readonly pid: number },
  bare: Facts,
): Promise<void> {
  const busy = { list: 0, fetch: 0, server: 0 };
  const counted = async (what: "list" | "fetch", work: () => Promise<void>) => {
    const [own, server] = [cpuSeconds(bridge.pid), cpuSeconds(place.serverPid)];
    await work();
    busy[what] += cpuSeconds(bridge.pid) - own;
    if (what === "fetch") busy.server += cpuSeconds(place.serverPid) - server;
  };
  const [listed, rawListed, fetched, rawFetched] = await inTurns(rounds, [
    () => counted("list", () => list(bridge.facts)),
    () => list(bare),
    () => counted("fetch", () => fetchAll(bridge.facts)),
    () => fetchAll(bare),
  ]) as [number, number, number, number];
  const floorName = "a bare server with the text at hand";
  const [ownMs, rawMs] = [(fetched - listed) / messages, (rawFetched - rawListed) / messages];
  report(`${messages.toLocaleString("en")} messages by POP3 through the bridge`, [
    { name: "log in and list", value: listed, unit: "ms", floor: rawListed, floorName },
    { name: "fetch a message", value: ownMs, unit: "ms", floor: rawMs, floorName },
  ]);
  const eachMs = (seconds: number) => (seconds * 1000 / rounds / messages).toFixed(2);
  print(`  Messages fetched a second: ${(1000 / ownMs).toFixed(0)}\n`);
  print(`  Processor time a message: the bridge ${eachMs(busy.list)} ms to list, `);
  print(`${eachMs(busy.fetch - busy.list)} ms to fetch; the server ${eachMs(busy.server)} ms\n`);
}

async function list(facts: Facts): Promise<void> {
  const talk = await open(facts);
  const count = await talk.list();
  await talk.quit();
  if (count !== messages) throw new Error(`The mailbox has ${count} messages`);
}

/** Logs in, lists, and fetches every message, as a mail program does. */
async function fetchAll(facts: Facts): Promise<void> {
  const talk = await open(facts);
  await talk.list();
  for (let number = 1; number <= messages; number++) await talk.retrieve(number);
  await talk.quit();
}

function open({ pop3, user, password }: Facts): Promise<Pop3Talk> {
  return Pop3Talk.open(pop3.port, user, password);
}

async function factsOf(process: Deno.ChildProcess): Promise<Facts> {
  let text = "";
  for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes("\n")) return JSON.parse(text);
  }
  throw new Error(`The process did not start: ${text}`);
}
