/**
 * The real program without a process for every command: `dispatch` runs in a process that has run other commands
 * before, which spares three quarters of what a command costs. One has one command at a time; who comes meanwhile
 * gets another. They have the permissions of the program and end with the file of tests that started them.
 */
import { programFlags } from "../../tools/program_flags.ts";
import { bundledProgram } from "./program_bundle.ts";
import {
  type CommandOutcome,
  type CommandOutput,
  type CommandRequest,
  linesOf,
} from "./program_runner_wire.ts";

const idle: Runner[] = [];

/** Runs one command to its end. @throws {Error} where the process that runs it ends */
export async function runInProcess(request: CommandRequest): Promise<CommandOutcome> {
  const runner = idle.pop() ?? await Runner.start();
  const outcome = await runner.run(request);
  if (!outcome.isEnded) idle.push(runner);
  return outcome;
}

/** A command that goes on, in a process that is its own for as long: what tests use of a `Deno.ChildProcess`. */
export interface RunningCommand {
  readonly pid: number;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly status: Promise<{ readonly code: number }>;
  kill(signal: Deno.Signal): void;
}

/** Starts a command that goes on until a signal. Once that has ended it, the process runs others. */
export async function startInProcess(request: CommandRequest): Promise<RunningCommand> {
  const runner = idle.pop() ?? await Runner.start();
  return await runner.follow(request);
}

class Runner {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #messages: AsyncIterator<string>;

  private constructor(child: Deno.ChildProcess, connection: Deno.UnixConn) {
    this.#child = child;
    this.#writer = connection.writable.getWriter();
    this.#messages = linesOf(connection.readable);
  }

  static async start(): Promise<Runner> {
    const main = await bundledProgram();
    const folder = Deno.makeTempDirSync({ prefix: "mailctl-runner-" });
    try {
      const path = `${folder}/socket`;
      using listener = Deno.listen({ transport: "unix", path });
      const child = spawn([main.slice(0, main.lastIndexOf("/")), path]);
      return new Runner(child, await listener.accept());
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  }

  async run(request: CommandRequest): Promise<CommandOutcome> {
    await this.#write(request);
    const { value, done } = await this.#messages.next();
    if (done) throw new Error(`the process ended that ran: mailctl ${request.args.join(" ")}`);
    return JSON.parse(value);
  }

  async follow(request: CommandRequest): Promise<RunningCommand> {
    const [stdout, stderr] = [new Output(), new Output()];
    const { pid } = this.#child;
    await this.#write({ ...request, goesOn: true });
    const status = this.#untilEnd({ stdout, stderr }).then((code) => ({ code }));
    const kill = (signal: Deno.Signal) => Deno.kill(pid, signal);
    return { pid, stdout: stdout.stream, stderr: stderr.stream, status, kill };
  }

  async #untilEnd(outputs: Readonly<Record<CommandOutput["stream"], Output>>): Promise<number> {
    try {
      for (;;) {
        const { value, done } = await this.#messages.next();
        if (done) return (await this.#child.status).code;
        const message: CommandOutput | CommandOutcome = JSON.parse(value);
        if ("stream" in message) {
          outputs[message.stream].write(Uint8Array.fromBase64(message.bytes));
        } else {
          if (!message.isEnded) idle.push(this);
          return message.status;
        }
      }
    } finally {
      for (const output of Object.values(outputs)) output.end();
    }
  }

  #write(request: CommandRequest): Promise<void> {
    return this.#writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
  }
}

/** What a command writes to one of its streams. Nobody has to read it to the end. */
class Output {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;

  constructor() {
    this.stream = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      cancel: () => void (this.#controller = null),
    });
  }

  write(bytes: Uint8Array<ArrayBuffer>): void {
    this.#controller?.enqueue(bytes);
  }

  end(): void {
    this.#controller?.close();
  }
}

function spawn(args: readonly string[]): Deno.ChildProcess {
  const module = new URL("program_runner_child.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...programFlags, "--quiet", "--no-config", module, ...args],
    clearEnv: true,
    env: { DENO_DIR: Deno.env.get("DENO_DIR") ?? "", HOME: Deno.env.get("HOME") ?? "" },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  child.unref();
  return child;
}
