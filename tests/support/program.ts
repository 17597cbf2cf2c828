/**
 * The real program in processes of its own, with exactly the permissions of the task `mailctl`, in homes that are
 * empty at first. Whatever is started here is ended by its id, and whatever is made is removed. But for how passwords
 * are stretched and RSA keys made, it is as people run it.
 */
import { programFlags } from "../../tools/program_flags.ts";
import { deadline } from "./deadline.ts";
import { bundledProgram } from "./program_bundle.ts";
import { runInProcess, type RunningCommand, startInProcess } from "./program_runner.ts";

const root = new URL("../../", import.meta.url).pathname;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What the program is run from. */
export type ProgramForm = "sources" | "bundle";

const places: Readonly<Record<ProgramForm, readonly string[]>> = {
  bundle: ["--no-config", await bundledProgram()],
  sources: ["--config", `${root}deno.json`, `${root}main.ts`],
};

/** A command line that runs mailctl wherever it is called, with more flags for the runtime. */
export function lineOf(form: ProgramForm, flags: readonly string[] = []): string[] {
  return [Deno.execPath(), "run", ...flags, ...programFlags, "--quiet", ...places[form]];
}

/** The command line that runs mailctl, bundled. */
export const programLine: readonly string[] = lineOf("bundle");

const quickly = `--preload=${import.meta.dirname}/quick_preload.ts`;

/** A flag for the runtime with which each server has the same RSA key, of the same length in its file. */
export const givenKey = `--preload=${import.meta.dirname}/given_key.ts`;

/** Bytes of stdin that are worth handing over to a process that runs already: it gets them in a line of JSON. */
const mostHandedOver = 4 * 1024 * 1024;

/** One that waits for as long as its own time limits allow (`replyTimeoutMs`) hangs, whatever its status is in the end. */
const longestRunMs = 45_000;

/** A script that is the program, bundled, and makes its keys quickly. */
export const programScript: string = scriptOf(lineOf("bundle", [quickly]));

/** What a process said and how it ended. */
export interface Outcome {
  readonly status: number;
  readonly bytes: Uint8Array;
  /** `bytes` as text. */
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** Without it, stdin is empty. */
  readonly stdin?: string | Uint8Array | ReadableStream<Uint8Array> | undefined;
  /** On top of the home's; null takes one away. */
  readonly env?: Readonly<Record<string, string | null>> | undefined;
}

/** A folder that a person or a server lives in: `home`, and `work` where commands are run. */
export class Home {
  readonly folder: string;
  readonly work: string;
  readonly env: Record<string, string>;
  #before: string | null = null;
  #flags: readonly string[] = [];
  #form: ProgramForm = "bundle";

  /** Makes what is missing of the home, with a `mailctl` for shells in its PATH. */
  constructor(folder: string) {
    this.folder = folder;
    this.work = `${folder}/work`;
    for (const name of ["home", "work", "bin"]) {
      Deno.mkdirSync(`${folder}/${name}`, { recursive: true, mode: 0o700 });
    }
    Deno.writeTextFileSync(`${folder}/bin/mailctl`, programScript, { mode: 0o755 });
    this.env = {
      HOME: `${folder}/home`,
      PATH: `${folder}/bin:${Deno.env.get("PATH") ?? ""}`,
      DENO_DIR: denoFolder(),
      TZ: "UTC",
      LANG: "C.UTF-8",
    };
  }

  /** Whether its programs run as anywhere: `runsIn` and `runsWith` change that. */
  get isPlain(): boolean {
    return this.#before === null && this.#flags.length === 0;
  }

  /** Runs `mailctl` with these arguments to its end, in a process of its own only where the process matters. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return deadline(this.#run(args, options), longestRunMs, `mailctl ${args[0]} has no end`);
  }

  #run(args: readonly string[], options: RunOptions): Promise<Outcome> {
    const { stdin = "", env } = options;
    const inherits = args.includes("--exec"); // what it runs writes to the stdout of the process
    const isOwn = !this.isPlain || inherits || stdin instanceof ReadableStream ||
      stdin.length > mostHandedOver;
    if (isOwn) return this.spawn(args, options);
    return this.#runInProcess(args, typeof stdin === "string" ? encoder.encode(stdin) : stdin, env);
  }

  /** The same in a process of its own: what a test of pipes, signals, memory or time has to have. */
  spawn(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return finish(this.start(args, options), options.stdin);
  }

  /** Runs a line of shell in `work`, where `mailctl` is the program. */
  shell(line: string, options: RunOptions = {}): Promise<Outcome> {
    return finish(this.startShell(line, options), options.stdin);
  }

  /** Runs `mailctl` with words of shell where nobody reads its standard output any more. */
  unread(words: string, options?: RunOptions): Promise<Outcome> {
    const pipe = "mkfifo unread; : <unread & exec 3>unread; wait; rm unread";
    return this.shell(`${pipe}; mailctl ${words} >&3`, options);
  }

  /** Starts a line of shell in `work`. */
  startShell(line: string, options: RunOptions = {}): Deno.ChildProcess {
    return this.#spawn("sh", ["-c", line], options);
  }

  /** Starts `mailctl`; the process is the program itself, so that its id can be signalled. */
  start(args: readonly string[], options: RunOptions = {}): Deno.ChildProcess {
    const [deno = "", ...words] = [...lineOf(this.#form, [quickly, ...this.#flags]), ...args];
    if (this.#before === null) return this.#spawn(deno, words, options);
    const script = `${this.#before} && exec "$@"`;
    return this.#spawn("sh", ["-c", script, "sh", deno, ...words], options);
  }

  /** Has a shell say something (`ulimit`, `umask`) before it becomes the program. */
  runsIn(before: string): void {
    this.#before = before;
  }

  /** Has the runtime take more flags, and the sources where these name modules of the program. */
  runsWith(flags: readonly string[], form: ProgramForm = "bundle"): void {
    this.#flags = flags;
    this.#form = form;
  }

  /** Starts a command that goes on in a process that has run others before, and will, unless it is killed. */
  startWarm(args: readonly string[], env?: RunOptions["env"]): Promise<RunningCommand> {
    return startInProcess({ args, env: this.environment(env), cwd: this.work, stdin: "" });
  }

  /** The environment of a process in this home. */
  environment(changes: RunOptions["env"] = {}): Record<string, string> {
    const merged = Object.entries({ ...this.env, ...changes });
    return Object.fromEntries(merged.filter((pair): pair is [string, string] => pair[1] !== null));
  }

  async #runInProcess(
    args: readonly string[],
    stdin: Uint8Array,
    env: RunOptions["env"],
  ): Promise<Outcome> {
    const { status, stdout, stderr } = await runInProcess({
      args,
      env: this.environment(env),
      cwd: this.work,
      stdin: stdin.toBase64(),
    });
    return outcomeOf(status, Uint8Array.fromBase64(stdout), Uint8Array.fromBase64(stderr));
  }

  #spawn(program: string, args: readonly string[], { stdin, env }: RunOptions): Deno.ChildProcess {
    return new Deno.Command(program, {
      args: [...args],
      cwd: this.work,
      clearEnv: true,
      env: this.environment(env),
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }
}

/** A script that runs a command line, with what it is given behind it. */
export function scriptOf(line: readonly string[]): string {
  return `#!/bin/sh\nexec ${line.map((word) => `'${word}'`).join(" ")} "$@"\n`;
}

/** Feeds a process, which need not read it all, and waits for its end. */
export async function finish(
  child: Deno.ChildProcess,
  stdin?: RunOptions["stdin"],
): Promise<Outcome> {
  const source = typeof stdin === "string" || stdin instanceof Uint8Array
    ? new Response(stdin as BodyInit).body ?? ReadableStream.from([])
    : stdin;
  const feeding = source?.pipeTo(child.stdin).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await feeding;
  return outcomeOf(code, stdout, stderr);
}

function outcomeOf(status: number, stdout: Uint8Array, stderr: Uint8Array): Outcome {
  return { status, bytes: stdout, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Reads what the kernel keeps of a process's memory, in KiB; null where the process is gone. */
export function memoryOf(pid: number, field: "VmHWM" | "VmRSS"): number | null {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/status`);
    const found = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1];
    return found === undefined ? null : Number(found);
  } catch {
    return null;
  }
}

/** Where the runtime keeps its downloads: homes of tests must not have to fetch them anew. */
export function denoFolder(): string {
  const { DENO_DIR, XDG_CACHE_HOME, HOME } = Deno.env.toObject();
  return DENO_DIR ?? `${XDG_CACHE_HOME ?? `${HOME}/.cache`}/deno`;
}

/** Reads the first lines of a stream, or as many as there are. What comes behind them is passed over. */
export async function readLines(
  stream: ReadableStream<Uint8Array>,
  count: number,
): Promise<string[]> {
  const [ours, rest] = stream.pipeThrough(new TextDecoderStream()).tee();
  rest.pipeTo(new WritableStream()).catch(() => {});
  let text = "";
  const reader = ours.getReader();
  while (text.split("\n").length <= count) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  reader.cancel().catch(() => {});
  return text.split("\n").slice(0, -1);
}
