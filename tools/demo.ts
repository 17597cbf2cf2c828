/**
 * The whole path on this machine: a real server in a temporary folder, two people, and a message with an attachment
 * through a pipe. Every line after a `$` is run by the shell as it stands. Leaves nothing behind.
 */
import { untilInterrupted } from "./interruption.ts";
import { programFlags } from "./program_flags.ts";

const root = new URL("../", import.meta.url).pathname;

/** What the demonstration types, in order. A line of two parts is run by the person named before it. */
const script: readonly (readonly [who: string, line: string])[] = [
  ["alice", "mailctl register alice"],
  ["alice", "mailctl login alice"],
  ["bob", "mailctl register bob"],
  ["bob", "mailctl login bob"],
  ["alice", "mkdir photos && seq 1000 > photos/one.txt && date > photos/two.txt"],
  [
    "alice",
    "tar -cz photos | mailctl send bob -s 'The photos' -m 'As promised.' -a -:photos.tar.gz",
  ],
  ["bob", "mailctl ping"],
  ["bob", "mailctl inbox"],
  ["bob", "mailctl read 1"],
  ["bob", "mailctl read 1 --attachment photos.tar.gz | tar -tz"],
  ["bob", "mailctl read 1 --json"],
  ["bob", "mailctl send alice -s 'Re: The photos' --reply-to 1 -m 'Got them.'"],
  ["alice", "mailctl sent"],
  ["alice", "mailctl inbox"],
];

const program = [Deno.execPath(), "run", "--quiet", ...programFlags, `${root}main.ts`]
  .map(quote).join(" ");

await withTemporaryFolder(async (folder) => {
  say(`# everything happens in ${folder} and is removed afterwards`);
  const server = await startServer(folder);
  try {
    await untilInterrupted(typeAll(folder, server.address));
  } finally {
    await server.stop();
  }
});
say("\n# done: the server has stopped, and the folder is gone");

/** Starts `mailctl serve` on a free port and waits until it says that it is ready. */
async function startServer(folder: string) {
  const line = "mailctl serve --listen 127.0.0.1:0 --domain example.org";
  say(`\nserver$ ${line} &`);
  const command = new Deno.Command("sh", {
    args: ["-c", `exec ${line.replace("mailctl", program)}`],
    env: { MAILCTL_HOME: `${folder}/server` },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
  const process = command.spawn();
  const printed = await readReady(process.stdout);
  say(printed.trimEnd());
  const value = (name: string) => new RegExp(`^${name}\\s+(\\S+)`, "m").exec(printed)?.[1];
  return {
    address: `${value("address")}#${value("fingerprint")}`,
    async stop() {
      process.kill("SIGTERM");
      await process.status;
    },
  };
}

/** Reads what the server prints until its fingerprint is there, which comes last. */
async function readReady(output: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of output.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (/^fingerprint\s+\S{64}$/m.test(text)) return text;
  }
  throw new Error(`The server ended: ${text}`);
}

async function typeAll(folder: string, server: string): Promise<void> {
  for (const [who, line] of script) await type(folder, who, server, line);
}

/** Shows a line as it would be typed, runs it as that person, and shows what it prints. */
async function type(folder: string, who: string, server: string, line: string): Promise<void> {
  say(`\n${who}$ ${line}`);
  const home = `${folder}/${who}`;
  await Deno.mkdir(home, { recursive: true, mode: 0o700 });
  const { code } = await new Deno.Command("sh", {
    args: ["-c", `mailctl() { ${program} "$@"; }\n${line}`],
    cwd: home,
    env: {
      MAILCTL_HOME: `${home}/.mailctl`,
      MAILCTL_SERVER: server,
      MAILCTL_PASSWORD: `the long password of ${who}`,
    },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`"${line}" ended with the status ${code}`);
}

async function withTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-demo-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
