/** A shell that the sessions of documents are typed into, with the program as `mailctl`. */
import assert from "node:assert/strict";
import { deadline } from "./person.ts";
import { denoFolder, lineOf, type ProgramForm, programScript, scriptOf } from "./program.ts";
import { typedScript } from "./typed_program.ts";

/** What one line may take. */
const lineMs = 120_000;

interface Typed {
  /** With what follows it after `> `, as a shell asks for more. */
  readonly line: string;
  /** With `...` for what differs from run to run. */
  readonly prints: readonly string[];
}

/** Ports that documents name, and those that are free here. */
type Ports = Readonly<Record<string, number>>;

/** Types a session line by line, in a home of its own. @throws where a line prints something else than it says */
export async function typeSession(session: string, form: ProgramForm): Promise<void> {
  const folder = await Deno.makeTempDir();
  const ports = freePorts();
  const shell = new Shell(folder, ports);
  try {
    await writeProgram(folder, form);
    for (const typed of parseSession(here(session, ports))) await typeLine(shell, typed);
  } finally {
    await shell.end();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Files and not a function: what is killed in the background has to be the program itself. */
async function writeProgram(folder: string, form: ProgramForm): Promise<void> {
  const mode = 0o755;
  if (form === "sources") {
    return await Deno.writeTextFile(`${folder}/mailctl`, scriptOf(lineOf(form)), { mode });
  }
  await Deno.writeTextFile(`${folder}/.program`, programScript, { mode });
  await Deno.writeTextFile(`${folder}/mailctl`, typedScript(`${folder}/.program`), { mode });
}

async function typeLine(shell: Shell, { line, prints }: Typed): Promise<void> {
  const isBackground = line.endsWith("&");
  const isLong = line.endsWith("END");
  await shell.type(isBackground ? line : `${line}${isLong ? "\n" : "; "}echo "# done"`);
  const expected = isBackground ? prints : [...prints, "# done"];
  const printed = await deadline(shell.read(expected.length), lineMs, `$ ${line} does not end`);
  expected.forEach((pattern, at) => assertLike(printed[at], pattern, line));
}

function parseSession(session: string): Typed[] {
  return session.split(/^\$ /m).slice(1).map(parseTyped);
}

/** A comment at the end of a line is for the reader: typed, it would hide what the test puts behind it. */
function parseTyped(part: string): Typed {
  const lines = part.trimEnd().split("\n");
  const more = lines.slice(1).findIndex((line) => !/^>( |$)/.test(line));
  const typed = more < 0 ? lines.length : more + 1;
  const line = lines.slice(0, typed).map((each) => each.replace(/^>( |$)| {2,}# .*$/g, "")).join(
    "\n",
  );
  return { line, prints: lines.slice(typed) };
}

class Shell {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #unread = "";

  constructor(folder: string, ports: Ports) {
    const port = ports["4465"];
    this.#process = new Deno.Command("setsid", { // all that it starts ends with it
      // Both outputs in one; what is typed is the shell's alone.
      args: ["bash", "-c", "exec 2>&1; exec bash /dev/fd/9 9<&0 0</dev/null"],
      cwd: folder,
      clearEnv: true, // what other tests set in this process is not for a new user
      env: {
        HOME: folder,
        PATH: `${folder}:${Deno.env.get("PATH")}`,
        DENO_DIR: denoFolder(),
        MAILCTL_HOME: `${folder}/home`,
        MAILCTL_LISTEN: `127.0.0.1:${port}`,
        MAILCTL_SERVER: `127.0.0.1:${port}`,
        MAILCTL_BRIDGE_SMTP: `127.0.0.1:${ports["4587"]}`,
        MAILCTL_BRIDGE_IMAP: `127.0.0.1:${ports["4143"]}`,
        MAILCTL_BRIDGE_POP3: `127.0.0.1:${ports["4110"]}`,
        NO_COLOR: "1",
        TERM: "xterm",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#output = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async type(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Reads until so many lines are there, or the shell ends. */
  async read(lines: number): Promise<string[]> {
    while (this.#unread.split("\n").length <= lines) {
      const { value, done } = await this.#output.read();
      if (done) break;
      this.#unread += value;
    }
    const all = this.#unread.split("\n");
    this.#unread = all.slice(lines).join("\n");
    return all.slice(0, lines);
  }

  /** Ends it with all that it started. It may be in the middle of a line that has no end. */
  async end(): Promise<void> {
    Deno.kill(-this.#process.pid, "SIGKILL");
    await this.#process.status;
    await Promise.allSettled([this.#input.close(), this.#output.cancel()]);
  }
}

function freePorts(): Ports {
  const names = ["4465", "4587", "4143", "4110", "2525", "2465", "8765", "9464"];
  const listeners = names.map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = names.map((name, at) => [name, listeners[at]!.addr.port]);
  for (const listener of listeners) listener.close();
  return Object.fromEntries(ports);
}

/** A session with ports that are free here. What a server does for others than this machine it does on loopback. */
function here(session: string, ports: Ports): string {
  return session.replace(/\b\d{4}\b/g, (port) => String(ports[port] ?? port))
    .replaceAll("0.0.0.0:", "127.0.0.1:");
}

function assertLike(printed = "(nothing)", pattern: string, line: string): void {
  const expression = pattern.split("...").map((part) => RegExp.escape(part)).join(".+");
  const isLike = new RegExp(`^${expression}$`).test(printed);
  assert.ok(isLike, `$ ${line}\nprinted:   ${printed}\nexpected:  ${pattern}`);
}
