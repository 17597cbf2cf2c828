/** What the mailbox in the browser costs: a list and a message, as the pages that `mailctl web` gives. */
import { cpuSeconds } from "./process.ts";
import { inTurns, print, report } from "./report.ts";
import { fillMailbox } from "./session.ts";
import { makeAccount, type Workplace } from "./workplace.ts";

const messages = 200;
const rounds = 40;

/** Gives the pages of the files that are named, as they are. */
const bareServer = `
const pages = Deno.args.map((path) => Deno.readFileSync(path));
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log("address\\thttp://127.0.0.1:" + port + "/"),
}, (request) => {
  const page = pages[Number(new URL(request.url).pathname.slice(1))];
  return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
});
`;

/** Measures both pages beside a server that has them at hand. */
export async function benchPage(place: Workplace): Promise<void> {
  await makeAccount(place, "surfer");
  await fillMailbox(place.login("surfer"), messages);
  const web = place.start(place.program, ["web", "--no-open"], "piped");
  try {
    const visit = await enter(await addressOf(web));
    const list = await visit("inbox"); // opens and remembers the envelopes
    const message = `message?id=${/message\?id=(\d+)/.exec(list)![1]}`;
    const paths = [`${place.folder}/list.html`, `${place.folder}/message.html`];
    await Deno.writeTextFile(paths[0]!, list);
    await Deno.writeTextFile(paths[1]!, await visit(message));
    const program = `${place.folder}/page_floor.js`;
    await Deno.writeTextFile(program, bareServer);
    const bare = place.start(program, paths, "piped");
    try {
      const floor = await addressOf(bare);
      const bareVisit = (path: string) => textOf(`${floor}${path}`, {});
      await measure([web.pid, place.serverPid], { visit, message, bareVisit });
    } finally {
      bare.kill("SIGKILL");
      await bare.status;
    }
  } finally {
    web.kill("SIGINT");
    await web.status;
  }
}

/** Gets a page by its path behind the prefix. */
type Visit = (path: string) => Promise<string>;

interface Pages {
  readonly visit: Visit;
  readonly message: string;
  readonly bareVisit: Visit;
}

async function measure(
  pids: readonly number[],
  { visit, message, bareVisit }: Pages,
): Promise<void> {
  const busy = new Map<string, number>();
  const seconds = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const counted = async (path: string) => {
    const before = seconds();
    await visit(path);
    busy.set(path, (busy.get(path) ?? 0) + seconds() - before);
  };
  const [list, bareList, one, bareOne] = await inTurns(rounds, [
    () => counted("inbox"),
    () => bareVisit("0"),
    () => counted(message),
    () => bareVisit("1"),
  ]) as [number, number, number, number];
  const floorName = "a bare server with the page at hand";
  report(`The mailbox in the browser, ${messages} messages in it (milliseconds)`, [
    { name: "the list", value: list, unit: "ms", floor: bareList, floorName },
    { name: "a message", value: one, unit: "ms", floor: bareOne, floorName },
  ]);
  const eachMs = (path: string) => (busy.get(path)! * 1000 / rounds).toFixed(1);
  print(`  Processor time of web and server: ${eachMs("inbox")} ms the list, `);
  print(`${eachMs(message)} ms a message\n`);
}

/** Comes in by the link, which is good once. */
async function enter(link: string): Promise<Visit> {
  const response = await fetch(link);
  await response.text();
  const cookie = response.headers.get("set-cookie")!.split(";")[0]!;
  return (path) => textOf(new URL(path, link).href, { cookie });
}

async function textOf(address: string, headers: Record<string, string>): Promise<string> {
  const response = await fetch(address, { headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`${address} failed: ${response.status}`);
  return text;
}

async function addressOf(process: Deno.ChildProcess): Promise<string> {
  let text = "";
  for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    const address = /^address\t(\S+)\n/m.exec(text)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error(`The process did not start: ${text}`);
}
