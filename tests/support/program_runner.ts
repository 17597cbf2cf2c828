/**
 * The real program without a process for every command: `dispatch` runs in a process that has run other commands
 * before, which spares three quarters of what a command costs. One has one command at a time; who comes meanwhile
 * gets another. They have the permissions of the program and end with the file of tests that started them.
 */
import { programFlags } from "../../tools/program_flags.ts";
import { bundledProgram } from "./program_bundle.ts";
import { type CommandOutcome, type CommandRequest, linesOf } from "./program_runner_wire.ts";

const idle: Runner[] = [];

/** Runs one command to its end. @throws {Error} where the process that runs it ends */
export async function runInProcess(request: CommandRequest): Promise<CommandOutcome> {
  const runner = idle.pop() ?? await Runner.start();
  const outcome = await runner.run(request);
  if (!outcome.isEnded) idle.push(runner);
  return outcome;
}

class Runner {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #outcomes: AsyncIterator<string>;

  private constructor(connection: Deno.UnixConn) {
    this.#writer = connection.writable.getWriter();
    this.#outcomes = linesOf(connection.readable);
  }

  static async start(): Promise<Runner> {
    const main = await bundledProgram();
    const folder = Deno.makeTempDirSync({ prefix: "mailctl-runner-" });
    try {
      const path = `${folder}/socket`;
      using listener = Deno.listen({ transport: "unix", path });
      spawn([main.slice(0, main.lastIndexOf("/")), path]);
      return new Runner(await listener.accept());
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  }

  async run(request: CommandRequest): Promise<CommandOutcome> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    const { value, done } = await this.#outcomes.next();
    if (done) throw new Error(`the process ended that ran: mailctl ${request.args.join(" ")}`);
    return JSON.parse(value);
  }
}

function spawn(args: readonly string[]): void {
  const child = new URL("program_runner_child.ts", import.meta.url).pathname;
  new Deno.Command(Deno.execPath(), {
    args: ["run", ...programFlags, "--quiet", "--no-config", child, ...args],
    clearEnv: true,
    env: { DENO_DIR: Deno.env.get("DENO_DIR") ?? "", HOME: Deno.env.get("HOME") ?? "" },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn().unref();
}
