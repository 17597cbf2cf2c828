/** Programs that run in a folder of their own, each with its log there, and are killed and started again. */

const readyWithinMs = 90_000;
const restartMs = 2_000;
/** How mailctl.service has it: a wrong command line or setting. */
const notRestarted = new Set([64, 78]);

/** Whose rights a program has; absent: those of this process. */
export interface Ids {
  readonly uid?: number;
  readonly gid?: number;
}

export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ids?: Ids;
  /** True: it is started again where it ends by itself, as systemd would. */
  readonly isRestarted?: boolean;
}

interface Running {
  readonly program: Program;
  readonly child: Deno.ChildProcess;
  isEnded: boolean;
}

export class Programs {
  readonly folder: string;
  /** What each that ended by itself had to say. */
  readonly ended: string[] = [];
  readonly #running = new Map<string, Running>();
  #isOver = false;

  constructor(folder: string) {
    this.folder = folder;
  }

  start(program: Program): void {
    const { name, command, args, env, ids = {} } = program;
    const script = 'log=$1; shift; exec "$@" >> "$log" 2>&1';
    const PATH = `${Deno.env.get("PATH")}:/usr/sbin:/usr/bin`; // Debian's haproxy is in sbin
    const child = new Deno.Command("sh", {
      args: ["-c", script, "sh", this.#logOf(name), command, ...args],
      env: { ...env, PATH },
      cwd: this.folder,
      stdin: "null",
      stdout: "null",
      stderr: "null",
      ...ids,
    }).spawn();
    const running = { program, child, isEnded: false };
    this.#running.set(name, running);
    child.status.then(() => this.#seeEnd(running));
  }

  /** Ends a program by a signal, waits until it has ended, and returns how to start it again. */
  async stop(name: string, signal: Deno.Signal): Promise<() => void> {
    const { program, child } = this.#running.get(name)!;
    this.#running.delete(name);
    try {
      child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await child.status;
    return () => this.start(program);
  }

  /** Ends all in the reverse order. Patroni ends its PostgreSQL. */
  async stopAll(): Promise<void> {
    this.#isOver = true;
    for (const name of [...this.#running.keys()].reverse()) await this.stop(name, "SIGTERM");
  }

  /** What a program wrote. */
  log(name: string): Promise<string> {
    return Deno.readTextFile(this.#logOf(name));
  }

  /** Waits for a program. @throws {Error} with the end of its log, where it ends or takes too long */
  async until(isReady: () => Promise<boolean>, name: string): Promise<void> {
    const end = performance.now() + readyWithinMs;
    while (!await isReady()) {
      if (this.#running.get(name)?.isEnded || performance.now() > end) {
        throw new Error(`${name} is not ready: ${(await this.log(name)).slice(-2000)}`);
      }
      await pause(100);
    }
  }

  #logOf(name: string): string {
    return `${this.folder}/${name}.log`;
  }

  async #seeEnd(running: Running): Promise<void> {
    const { program } = running;
    const isOwn = () => !this.#isOver && this.#running.get(program.name) === running;
    if (!isOwn()) return;
    const { code } = await running.child.status;
    const lines = (await this.log(program.name)).trimEnd().split("\n");
    const line = lines.findLast((one) => !one.startsWith("hint:"));
    this.ended.push(`${program.name}, ${code}: ${line}`);
    if (!program.isRestarted || notRestarted.has(code)) return void (running.isEnded = true);
    await pause(restartMs);
    if (isOwn()) this.start(program);
  }
}

/** True where a page says that all is well. */
export async function answers(port: number, path: string): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      signal: AbortSignal.timeout(5_000),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // it does not listen yet, or is being killed
  }
}

export async function isOpen(address: string): Promise<boolean> {
  const [hostname = "", port] = address.split(":");
  try {
    (await Deno.connect({ hostname, port: Number(port) })).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    return false;
  }
}

export async function idsOf(user: string): Promise<Ids> {
  const [uid, gid] = await Promise.all(["-u", "-g"].map(async (which) => {
    const { stdout } = await new Deno.Command("id", { args: [which, user] }).output();
    return Number(new TextDecoder().decode(stdout));
  }));
  return { uid: uid!, gid: gid! };
}

/** Ports that nobody listens on. Below those that the kernel gives: nobody takes one while its program is down. */
export function freePorts(count: number): number[] {
  const found = new Set<number>();
  while (found.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      found.add(port);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  return [...found];
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
