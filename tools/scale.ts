/**
 * The cluster of docs/scale.md on this machine, in a temporary folder: etcd, two PostgreSQL under Patroni, three mailctl
 * servers and HAProxy, on loopback. Mail is sent while a server and the primary are killed. Leaves nothing behind.
 * Needs Debian's packages etcd-server, patroni, postgresql and haproxy, but none of their services.
 */
import { untilInterrupted } from "./interruption.ts";
import { programFlags } from "./program_flags.ts";

const root = new URL("../", import.meta.url).pathname;
const program = [Deno.execPath(), "run", "--quiet", ...programFlags, `${root}main.ts`];
const readyWithinMs = 90_000;

const folder = await Deno.makeTempDir({ prefix: "mailctl-scale-" });
/** PostgreSQL does not run as root. */
const owner: Ids = Deno.uid() === 0 ? await idsOf("postgres") : {};
const running: { readonly name: string; readonly child: Deno.ChildProcess }[] = [];
const ended = new Set<string>();
const ports = freePorts(16);
const port = () => ports.pop()!;
const secret = () => crypto.getRandomValues(new Uint8Array(16)).toHex();

interface Ids {
  readonly uid?: number;
  readonly gid?: number;
}

interface Node {
  readonly name: string;
  readonly data: string;
  readonly database: number;
  readonly api: number;
}

interface Server {
  readonly name: string;
  readonly listen: string;
  readonly metrics: number;
}

try {
  await Deno.chown(folder, owner.uid ?? null, owner.gid ?? null);
  await untilInterrupted(trial());
} finally {
  await end();
}

async function trial(): Promise<void> {
  const etcd = await startEtcd();
  const passwords = { superuser: secret(), replication: secret(), mailctl: secret() };
  const nodes = ["one", "two"].map((name): Node => (
    { name, data: `${folder}/${name}`, database: port(), api: port() }
  ));
  for (const node of nodes) {
    startPatroni(node, etcd, passwords);
    await until(() => answers(node.api, node === nodes[0] ? "/primary" : "/sync"), node.name);
  }
  await makeDatabase(nodes[0]!, passwords);
  const hosts = nodes.map(({ database }) => `127.0.0.1:${database}`).join();
  const servers: Server[] = [];
  for (const name of ["a", "b", "c"]) { // the first makes the key that all have
    const server = { name, listen: `127.0.0.1:${port()}`, metrics: port() };
    startServer(server, `postgres://mailctl@${hosts}/mailctl`);
    await until(() => answers(server.metrics, "/health"), name);
    servers.push(server);
  }
  const listen = startBalancer(servers);
  await until(() => isOpen(listen), "haproxy");
  const person = people(`${listen}#${await fingerprint()}`);
  await untilDone(person, "alice", "register", "alice");
  await untilDone(person, "bob", "register", "bob");
  await untilDone(person, "alice", "send", "bob", "-m", "before");
  say("kill -9 of server a");
  await kill("a");
  await untilDone(person, "alice", "send", "bob", "-m", "without a server");
  say("kill -9 of the primary, and of its Patroni");
  await kill(
    "one",
    Number((await Deno.readTextFile(`${nodes[0]!.data}/postmaster.pid`)).split("\n")[0]),
  );
  const start = performance.now();
  await untilDone(person, "alice", "send", "bob", "--key", "primary", "-m", "without the primary");
  say(`# stored after ${((performance.now() - start) / 1000).toFixed(1)} s`);
  await untilDone(person, "bob", "inbox");
}

async function startEtcd(): Promise<string> {
  const [client, peer] = [port(), port()].map((each) => `http://127.0.0.1:${each}`);
  start(
    "etcd",
    "etcd",
    [
      ...["--name=only", `--data-dir=${folder}/etcd`],
      ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
      ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`],
      `--initial-cluster=only=${peer}`,
    ],
    {},
    owner,
  );
  await until(() => answers(Number(new URL(client!).port), "/health"), "etcd");
  return client!.slice("http://".length);
}

function startPatroni(
  { name, data, database, api }: Node,
  etcd: string,
  passwords: { readonly superuser: string; readonly replication: string },
): void {
  start(name, "patroni", [`${root}docs/scale/patroni.yml`], {
    PATRONI_NAME: name,
    PATRONI_ETCD3_HOSTS: etcd,
    PATRONI_RESTAPI_LISTEN: `127.0.0.1:${api}`,
    PATRONI_RESTAPI_CONNECT_ADDRESS: `127.0.0.1:${api}`,
    PATRONI_POSTGRESQL_LISTEN: `127.0.0.1:${database}`,
    PATRONI_POSTGRESQL_CONNECT_ADDRESS: `127.0.0.1:${database}`,
    PATRONI_POSTGRESQL_DATA_DIR: data,
    PATRONI_POSTGRESQL_BIN_DIR: newestPostgres(),
    PATRONI_POSTGRESQL_PGPASS: `${folder}/pgpass-${name}`,
    PATRONI_SUPERUSER_PASSWORD: passwords.superuser,
    PATRONI_REPLICATION_PASSWORD: passwords.replication,
  }, owner);
}

/** As docs/scale.md has it. The password goes by the input, where no list of processes shows it. */
async function makeDatabase(
  { database }: Node,
  passwords: { readonly superuser: string; readonly mailctl: string },
): Promise<void> {
  const child = new Deno.Command(`${newestPostgres()}/psql`, {
    args: [
      "-q",
      "-v",
      "ON_ERROR_STOP=1",
      "-h",
      "127.0.0.1",
      "-p",
      String(database),
      "-U",
      "postgres",
    ],
    env: { PGPASSWORD: passwords.superuser },
    stdin: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(
    `CREATE ROLE mailctl LOGIN PASSWORD '${passwords.mailctl}';
     CREATE DATABASE mailctl OWNER mailctl ENCODING 'UTF8' TEMPLATE template0;`,
  ));
  await writer.close();
  if (!(await child.status).success) throw new Error("The database was not made");
  const line = `*:*:mailctl:mailctl:${passwords.mailctl}\n`;
  await Deno.writeTextFile(`${folder}/pgpass`, line, { mode: 0o600 });
}

function startServer({ name, listen, metrics }: Server, data: string): void {
  const where = ["--listen", listen, "--metrics", `127.0.0.1:${metrics}`];
  const others = ["--forwarder", "127.0.0.1", "--registration", "open"];
  start(name, program[0]!, [
    ...program.slice(1),
    ...["serve", "--domain", "example.org", "--data", data, "--keys", `${folder}/keys`],
    ...where,
    ...others,
  ], { MAILCTL_HOME: `${folder}/server-${name}`, PGPASSFILE: `${folder}/pgpass` });
}

function startBalancer(servers: readonly Server[]): string {
  const listen = `127.0.0.1:${port()}`;
  const env: Record<string, string> = { MAILCTL_LISTEN: listen };
  for (const { name, listen, metrics } of servers) {
    env[`MAILCTL_${name.toUpperCase()}`] = listen;
    env[`MAILCTL_${name.toUpperCase()}_METRICS`] = String(metrics);
  }
  start("haproxy", "haproxy", ["-db", "-f", `${root}docs/scale/haproxy.cfg`], env);
  return listen;
}

/** Runs a command as somebody, and returns its exit status. */
type Run = (who: string, ...args: readonly string[]) => Promise<number>;

/** Makes what runs commands through the balancer. */
function people(address: string): Run {
  return async (who, ...args) => {
    say(`${who}$ mailctl ${args.join(" ")}`);
    const { code } = await new Deno.Command(program[0]!, {
      args: [...program.slice(1), ...args],
      env: {
        MAILCTL_HOME: `${folder}/${who}`,
        MAILCTL_SERVER: address,
        MAILCTL_USER: who,
        MAILCTL_PASSWORD: `the long password of ${who}`,
      },
      stdin: "null",
    }).spawn().status;
    return code;
  };
}

/** Tries again, as a script would, until the command succeeds. With --key a message is stored once. */
async function untilDone(run: Run, who: string, ...args: readonly string[]): Promise<void> {
  const end = performance.now() + readyWithinMs;
  for (let status; (status = await run(who, ...args)) !== 0;) {
    say(`# status ${status}`);
    if (performance.now() > end) throw new Error(`"mailctl ${args.join(" ")}" fails`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** What the servers print: they have one key. */
async function fingerprint(): Promise<string> {
  return /^fingerprint\s+(\S+)$/m.exec(await Deno.readTextFile(`${folder}/a.log`))![1]!;
}

/** Starts a program whose output goes to a file of the folder. */
function start(
  name: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ids: Ids = {},
): void {
  say(`# ${name}`);
  ended.delete(name);
  const command = 'log=$1; shift; exec "$@" >> "$log" 2>&1';
  const PATH = `${Deno.env.get("PATH")}:/usr/sbin:/usr/bin`; // Debian's haproxy is in sbin
  const child = new Deno.Command("sh", {
    args: ["-c", command, "sh", `${folder}/${name}.log`, program, ...args],
    env: { ...env, PATH },
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    ...ids,
  }).spawn();
  child.status.then(() => ended.add(name));
  running.push({ name, child });
}

/** Ends a program, and the server that it started, as the loss of their machine would. */
async function kill(name: string, server?: number): Promise<void> {
  const [{ child }] = running.splice(running.findIndex((each) => each.name === name), 1) as [
    typeof running[number],
  ];
  child.kill("SIGKILL");
  if (server !== undefined) Deno.kill(server, "SIGKILL");
  await child.status;
}

/** Ends all in the reverse order. Patroni ends its PostgreSQL. */
async function end(): Promise<void> {
  for (const { child } of running.toReversed()) {
    try {
      child.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await child.status;
  }
  await Deno.remove(folder, { recursive: true });
}

async function answers(port: number, path: string): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // it does not listen yet
  }
}

async function isOpen(address: string): Promise<boolean> {
  const [hostname = "", port] = address.split(":");
  try {
    (await Deno.connect({ hostname, port: Number(port) })).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    return false;
  }
}

async function until(isReady: () => Promise<boolean>, name: string): Promise<void> {
  const end = performance.now() + readyWithinMs;
  while (!await isReady()) {
    if (ended.has(name) || performance.now() > end) {
      const log = await Deno.readTextFile(`${folder}/${name}.log`);
      throw new Error(`${name} is not ready: ${log.slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function idsOf(user: string): Promise<Ids> {
  const [uid, gid] = await Promise.all(["-u", "-g"].map(async (which) => {
    const { stdout } = await new Deno.Command("id", { args: [which, user] }).output();
    return Number(new TextDecoder().decode(stdout));
  }));
  return { uid: uid!, gid: gid! };
}

function newestPostgres(): string {
  const versions = [...Deno.readDirSync("/usr/lib/postgresql")].map(({ name }) => Number(name));
  return `/usr/lib/postgresql/${Math.max(...versions)}/bin`;
}

/** Ports that nobody listens on. Whoever is to have one takes it soon. */
function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  return listeners.map((listener) => {
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    return port;
  });
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
