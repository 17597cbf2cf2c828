/** PostgreSQL for tests: clusters of their own on loopback, gone when the test process ends, however it ends. */
import pg from "pg";
import { areInstalled } from "./installed.ts";
import { inMemory } from "./temporary_folder.ts";

const folderOfPrograms = debianFolder();

/** For `ignore`: whether PostgreSQL is missing, and may be. */
export const withoutPostgres = !areInstalled(
  ...["initdb", "pg_basebackup", "pg_ctl", "postgres"].map((name) => folderOfPrograms + name),
);

/** What a store may ask for stays on, as it is by default: fsync, full_page_writes, synchronous_commit. */
const settings = `
listen_addresses = '127.0.0.1'
shared_buffers = '16MB'
dynamic_shared_memory_type = mmap  # in the folder, where it goes with it
wal_retrieve_retry_interval = '100ms'  # a standby looks for a primary that restarts
`;

/** The superuser comes by the socket, whose folder is closed to others. TCP is for the owner of the databases alone. */
const access = `
local all         all            trust
local replication all            trust
host  all         mailctl 127.0.0.1/32 trust
`;

/** Stops and removes a cluster when its input ends: when the test process closes it, or is gone. */
const keeper = `
trap '' HUP INT TERM
cat
if [ -e data/postmaster.pid ]; then
  segment=$(sed -n '7s/.* //p' data/postmaster.pid) # of one that was killed it stays
  "$1pg_ctl" stop --pgdata=data --mode=immediate --silent || ipcrm --shmem-id "$segment"
fi
rm -rf "$PWD"
`;

const readyWithinMs = 60_000;
const pollMs = 10;

/** An empty database, gone when it is disposed of. */
export interface Database extends AsyncDisposable {
  /** `postgres://mailctl@127.0.0.1:PORT/NAME`. mailctl owns the database, and is no superuser. */
  readonly url: string;
  readonly name: string;
}

/** A connection to a database. */
export interface Session extends AsyncDisposable {
  /** Runs a statement; returns its rows. */
  ask<Row>(sql: string): Promise<Row[]>;
}

let shared: Promise<Cluster> | undefined;

/** The cluster of this file of tests or group, for databases. One that is killed or stopped is a `Cluster.start`. */
export function cluster(): Promise<Cluster> {
  return shared ??= Cluster.start();
}

/** Makes a database in `cluster`. */
export async function freshDatabase(): Promise<Database> {
  return await (await cluster()).freshDatabase();
}

export class Cluster implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #keeper: Deno.ChildProcess;
  readonly #variables: readonly string[];
  #server: Deno.ChildProcess | null = null;
  /** Databases that are empty, and nobody's. */
  readonly #idle: string[] = [];
  #names = 0;

  private constructor(folder: string, port: number, variables: readonly string[]) {
    this.#folder = folder;
    this.#variables = variables;
    this.port = port;
    this.#keeper = spawn("sh", ["-c", keeper, "sh", folderOfPrograms], folder, "piped");
  }

  /**
   * Makes a cluster and starts it, with variables of the form NAME=VALUE. It has no standby, and commits when its own
   * disk has it.
   */
  static async start(...variables: readonly string[]): Promise<Cluster> {
    const made = await Cluster.#make(variables);
    await made.#run("initdb", ["-D", "data", "-U", "postgres", "-E", "UTF8", ...quickly]);
    await Deno.writeTextFile(made.#path("data/postgresql.conf"), settings, { append: true });
    await Deno.writeTextFile(made.#path("data/pg_hba.conf"), access);
    await made.#start();
    await made.ask("CREATE ROLE mailctl LOGIN");
    return made;
  }

  static async #make(variables: readonly string[] = []): Promise<Cluster> {
    return new Cluster(await makeFolder(), freePort(), variables);
  }

  /** Where mailctl finds a database: `postgres://mailctl@127.0.0.1:PORT/NAME`. */
  url(database: string): string {
    return `postgres://mailctl@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes a database, or hands out an earlier one that was emptied: that spares most of the time. */
  async freshDatabase(): Promise<Database> {
    const name = this.#idle.pop() ?? await this.#createDatabase();
    return { name, url: this.url(name), [Symbol.asyncDispose]: () => this.#empty(name) };
  }

  /** Runs a statement as the superuser; returns its rows. */
  async ask<Row>(sql: string, database = "postgres"): Promise<Row[]> {
    await using session = await this.session(database);
    return await session.ask(sql);
  }

  /** Connects to a database as the superuser: for many questions, as connecting costs more than most of them. */
  async session(database: string): Promise<Session> {
    const { port } = this;
    const client = new pg.Client({ host: this.#folder, port, user: "postgres", database });
    client.on("error", () => {}); // the server ends: whoever asks next hears it
    await client.connect();
    return {
      ask: async (sql) => (await client.query(sql)).rows,
      [Symbol.asyncDispose]: () => client.end(),
    };
  }

  /**
   * Makes a standby that streams from this cluster, which from then on acknowledges no commit that the standby
   * does not have on disk.
   */
  async standby(): Promise<Cluster> {
    const made = await Cluster.#make();
    const from = ["-h", this.#folder, "-p", String(this.port), "-U", "postgres"];
    const slot = `standby_${made.port}`;
    const options = ["--write-recovery-conf", "--create-slot", `--slot=${slot}`];
    await made.#run("pg_basebackup", ["-D", "data", ...from, "--checkpoint=fast", ...options]);
    await made.#start();
    await this.ask("ALTER SYSTEM SET synchronous_standby_names = '*'");
    await this.ask("SELECT pg_reload_conf()");
    const sync = `SELECT FROM pg_stat_replication
      JOIN pg_replication_slots ON active_pid = pid
      WHERE slot_name = '${slot}' AND sync_state IN ('sync', 'quorum', 'potential')`;
    await until(async () => (await this.ask(sync)).length > 0, "the standby is not synchronous");
    return made;
  }

  /** Makes a standby a primary that takes writes when this resolves. It waits for no standby of its own. */
  async promote(): Promise<void> {
    await this.ask(`SELECT pg_promote(true, ${readyWithinMs / 1000})`);
  }

  /** Ends every process of the server at once, as a power cut would. */
  async kill9(): Promise<void> {
    const server = this.#server!;
    server.kill("SIGSTOP"); // it starts no more processes
    const { pid } = server;
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).match(/\d+/g) ?? [];
    server.kill("SIGKILL");
    for (const child of children) kill(Number(child));
    await ended(server);
    await until(() => !children.some(isRunning), "processes of PostgreSQL go on");
    this.#server = null;
  }

  /** Starts it again on the same port: after an end in good order, if it was not killed. */
  async restart(): Promise<void> {
    if (this.#server !== null) {
      this.#server.kill("SIGINT"); // closes all connections
      await ended(this.#server);
    }
    await this.#start();
  }

  /** Ends it and removes what it kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper.stdin.close();
    await ended(this.#keeper);
  }

  async #createDatabase(): Promise<string> {
    const name = this.#nextName();
    await this.ask(`CREATE DATABASE ${name} OWNER mailctl TEMPLATE template0`);
    return name;
  }

  /** Leaves nothing in a database, and gives it another name: whoever still knows the old one stays out. */
  async #empty(name: string): Promise<void> {
    if (this.#server === null) return; // it was killed
    const others = "datname = current_database() AND pid <> pg_backend_pid()";
    const hangUp = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`;
    await this.ask(`${hangUp}; DROP OWNED BY mailctl`, name);
    const next = this.#nextName();
    await this.ask(`ALTER DATABASE ${name} RESET ALL; ALTER DATABASE ${name} RENAME TO ${next}`);
    this.#idle.push(next);
  }

  #nextName(): string {
    return `test_${++this.#names}`;
  }

  async #start(): Promise<void> {
    const command = 'exec "$0" "$@" >> log 2>&1';
    const args = ["-D", "data", "-k", this.#folder, "-p", String(this.port)];
    const words = [
      "-c",
      command,
      "env",
      ...this.#variables,
      `${folderOfPrograms}postgres`,
      ...args,
    ];
    const server = this.#server = spawn("sh", words, this.#folder, "null");
    let isEnded = false;
    server.status.then(() => isEnded = true);
    await until(async () => isEnded || await this.#isReady(server.pid), "PostgreSQL is not ready");
    if (isEnded) throw new Error(`PostgreSQL did not start: ${await this.#log()}`);
  }

  async #isReady(pid: number): Promise<boolean> {
    const file = this.#path("data/postmaster.pid"); // it may be of one that was killed
    const lines = (await Deno.readTextFile(file).catch(() => "")).split("\n");
    return lines[0] === String(pid) && lines[7]?.trim() === "ready";
  }

  #log(): Promise<string> {
    return Deno.readTextFile(this.#path("log"));
  }

  #path(name: string): string {
    return `${this.#folder}/${name}`;
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    const options = { ...asOwner(this.#folder), args: [...args] };
    const { success, stderr } = await new Deno.Command(folderOfPrograms + program, options)
      .output();
    if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  }
}

/** What is made may be lost with the machine; what is written later may not. */
const quickly = ["--no-sync", "--no-locale", "--no-instructions"];

const isRoot = Deno.uid() === 0;
const nobody = 65_534;

/** Makes a folder whose owner may run PostgreSQL, which root may not. */
export async function makeFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ ...inMemory, prefix: "mailctl-postgres-" });
  if (isRoot) await Deno.chown(folder, nobody, nobody);
  return folder;
}

function asOwner(cwd: string): Deno.CommandOptions {
  const PATH = Deno.env.get("PATH") ?? "";
  const env = { PATH, TZ: "UTC", LC_ALL: "C" };
  return { cwd, clearEnv: true, env, ...isRoot ? { uid: nobody, gid: nobody } : {} };
}

/** Starts a program as whoever owns clusters, who is not root; it may go on while nobody waits. */
export function spawn(
  program: string,
  args: string[],
  folder: string,
  stdin: "piped" | "null",
): Deno.ChildProcess {
  const options = { ...asOwner(folder), args, stdin, stdout: "null", stderr: "null" } as const;
  const child = new Deno.Command(program, options).spawn();
  child.unref();
  return child;
}

/** Waits for a process that may otherwise go on while nobody waits. */
export async function ended(child: Deno.ChildProcess): Promise<void> {
  child.ref();
  await child.status;
}

/** Debian has the programs of the newest PostgreSQL there, with a slash at the end; elsewhere PATH has them. */
function debianFolder(): string {
  const folder = "/usr/lib/postgresql";
  try {
    const versions = [...Deno.readDirSync(folder)].map(({ name }) => Number(name));
    return `${folder}/${Math.max(...versions)}/bin/`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "";
  }
}

/** Below the ports that the kernel gives: nobody takes it while the server is down. */
function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** One that ended and that nobody waited for has no program any more. */
function isRunning(pid: string): boolean {
  try {
    return Deno.readLinkSync(`/proc/${pid}/exe`) !== "";
  } catch {
    return false;
  }
}

async function until(isSo: () => boolean | Promise<boolean>, failure: string): Promise<void> {
  const end = performance.now() + readyWithinMs;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(failure);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
