/** The cluster of docs/scale.md on loopback: etcd, two PostgreSQL under Patroni, three mailctl servers and HAProxy. */
import { programFlags } from "../program_flags.ts";
import { answers, freePorts, type Ids, idsOf, isOpen, type Programs, say } from "./programs.ts";

const root = new URL("../../", import.meta.url).pathname;

/** How mailctl is run, before its arguments. */
export const mailctl: readonly [string, ...string[]] = [
  Deno.execPath(),
  "run",
  "--quiet",
  ...programFlags,
  `${root}main.ts`,
];

const drain = "3s";

/** PostgreSQL and its Patroni. */
export interface Node {
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

interface Passwords {
  readonly superuser: string;
  readonly replication: string;
  readonly mailctl: string;
}

export class Cluster {
  readonly programs: Programs;
  readonly nodes: readonly Node[];
  readonly servers: readonly Server[];
  /** Where HAProxy listens: `host:port`. */
  readonly listen: string;
  readonly #port: () => number;

  private constructor(programs: Programs) {
    this.programs = programs;
    const ports = freePorts(16);
    this.#port = () => ports.pop()!;
    this.nodes = ["one", "two"].map((name) => (
      { name, data: `${programs.folder}/${name}`, database: this.#port(), api: this.#port() }
    ));
    this.servers = ["a", "b", "c"].map((name) => (
      { name, listen: `127.0.0.1:${this.#port()}`, metrics: this.#port() }
    ));
    this.listen = `127.0.0.1:${this.#port()}`;
  }

  /** Starts everything, one after the other. `balance`: how HAProxy chooses a server; absent: as its configuration says. */
  static async start(programs: Programs, balance?: string): Promise<Cluster> {
    const cluster = new Cluster(programs);
    await cluster.#startAll(balance);
    return cluster;
  }

  /** `host:port#fingerprint` of HAProxy: the servers have one key, and print it. */
  async trusted(): Promise<string> {
    const log = await this.programs.log(this.servers[0]!.name);
    return `${this.listen}#${/^fingerprint\s+(\S+)$/m.exec(log)![1]!}`;
  }

  /** The node that takes writes; null: there is none now. */
  async primary(): Promise<Node | null> {
    const are = await Promise.all(this.nodes.map(({ api }) => answers(api, "/primary")));
    return this.nodes[are.indexOf(true)] ?? null;
  }

  /** True while a standby has all that was acknowledged, so that either node may be lost. */
  async isSafe(): Promise<boolean> {
    if (await this.primary() === null) return false;
    const are = await Promise.all(this.nodes.map(({ api }) => answers(api, "/sync")));
    return are.includes(true);
  }

  /** Ends PostgreSQL of a node as a crash would. False: it did not run. */
  async crash({ data }: Node): Promise<boolean> {
    try {
      const [pid] = (await Deno.readTextFile(`${data}/postmaster.pid`)).split("\n");
      Deno.kill(Number(pid), "SIGKILL");
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return false;
    }
  }

  /** Ends a node as the loss of its machine would; what it returns starts it again. */
  async lose(node: Node): Promise<() => void> {
    const startAgain = await this.programs.stop(node.name, "SIGKILL");
    await this.crash(node);
    return startAgain;
  }

  async #startAll(balance?: string): Promise<void> {
    /** PostgreSQL does not run as root. */
    const owner = Deno.uid() === 0 ? await idsOf("postgres") : {};
    await Deno.chown(this.programs.folder, owner.uid ?? null, owner.gid ?? null);
    const etcd = await this.#startEtcd(owner);
    const passwords = { superuser: secret(), replication: secret(), mailctl: secret() };
    for (const node of this.nodes) {
      this.#startPatroni(node, { etcd, passwords, owner });
      const path = node === this.nodes[0] ? "/primary" : "/sync";
      await this.programs.until(() => answers(node.api, path), node.name);
    }
    await this.#makeDatabase(passwords);
    for (const server of this.servers) { // the first makes the key that all have
      this.#startServer(server);
      await this.programs.until(() => answers(server.metrics, "/health"), server.name);
    }
    await this.#startBalancer(balance);
    await this.programs.until(() => isOpen(this.listen), "haproxy");
  }

  async #startEtcd(ids: Ids): Promise<string> {
    say("# etcd");
    const [client, peer] = [this.#port(), this.#port()].map((each) => `http://127.0.0.1:${each}`);
    this.programs.start({
      name: "etcd",
      command: "etcd",
      args: [
        ...["--name=only", `--data-dir=${this.programs.folder}/etcd`],
        ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
        ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`],
        `--initial-cluster=only=${peer}`,
      ],
      env: {},
      ids,
    });
    await this.programs.until(() => answers(Number(new URL(client!).port), "/health"), "etcd");
    return client!.slice("http://".length);
  }

  #startPatroni(
    { name, data, database, api }: Node,
    { etcd, passwords, owner }: {
      readonly etcd: string;
      readonly passwords: Passwords;
      readonly owner: Ids;
    },
  ): void {
    say(`# PostgreSQL ${name}`);
    const env = {
      PATRONI_NAME: name,
      PATRONI_ETCD3_HOSTS: etcd,
      PATRONI_RESTAPI_LISTEN: `127.0.0.1:${api}`,
      PATRONI_RESTAPI_CONNECT_ADDRESS: `127.0.0.1:${api}`,
      PATRONI_POSTGRESQL_LISTEN: `127.0.0.1:${database}`,
      PATRONI_POSTGRESQL_CONNECT_ADDRESS: `127.0.0.1:${database}`,
      PATRONI_POSTGRESQL_DATA_DIR: data,
      PATRONI_POSTGRESQL_BIN_DIR: newestPostgres(),
      PATRONI_POSTGRESQL_PGPASS: `${this.programs.folder}/pgpass-${name}`,
      PATRONI_SUPERUSER_PASSWORD: passwords.superuser,
      PATRONI_REPLICATION_PASSWORD: passwords.replication,
    };
    const args = [`${root}docs/scale/patroni.yml`];
    this.programs.start({ name, command: "patroni", args, env, ids: owner, isRestarted: true });
  }

  /** As docs/scale.md has it. The password goes by the input, where no list of processes shows it. */
  async #makeDatabase({ superuser, mailctl }: Passwords): Promise<void> {
    const where = ["-h", "127.0.0.1", "-p", String(this.nodes[0]!.database), "-U", "postgres"];
    const child = new Deno.Command(`${newestPostgres()}/psql`, {
      args: ["-q", "-v", "ON_ERROR_STOP=1", ...where],
      env: { PGPASSWORD: superuser },
      stdin: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(
      `CREATE ROLE mailctl LOGIN PASSWORD '${mailctl}';
       CREATE DATABASE mailctl OWNER mailctl ENCODING 'UTF8' TEMPLATE template0;`,
    ));
    await writer.close();
    if (!(await child.status).success) throw new Error("The database was not made");
    const line = `*:*:mailctl:mailctl:${mailctl}\n`;
    await Deno.writeTextFile(`${this.programs.folder}/pgpass`, line, { mode: 0o600 });
  }

  #startServer({ name, listen, metrics }: Server): void {
    say(`# mailctl ${name}`);
    const { folder } = this.programs;
    const hosts = this.nodes.map(({ database }) => `127.0.0.1:${database}`).join();
    const data = `postgres://mailctl@${hosts}/mailctl`;
    const [command, ...args] = mailctl;
    this.programs.start({
      name,
      command,
      args: [
        ...args,
        ...["serve", "--domain", "example.org", "--data", data, "--keys", `${folder}/keys`],
        ...["--listen", listen, "--metrics", `127.0.0.1:${metrics}`, "--drain", drain],
        ...["--forwarder", "127.0.0.1", "--registration", "open"],
        ...["--quota", "0", "--quota-messages", "0"],
      ],
      env: { MAILCTL_HOME: `${folder}/server-${name}`, PGPASSFILE: `${folder}/pgpass` },
      isRestarted: true,
    });
  }

  async #startBalancer(balance?: string): Promise<void> {
    say("# HAProxy");
    const env: Record<string, string> = { FRONT_LISTEN: this.listen };
    for (const { name, listen, metrics } of this.servers) {
      env[`MAILCTL_${name.toUpperCase()}`] = listen;
      env[`MAILCTL_${name.toUpperCase()}_METRICS`] = String(metrics);
    }
    const text = await Deno.readTextFile(`${root}docs/scale/haproxy.cfg`);
    const file = `${this.programs.folder}/haproxy.cfg`;
    const asWritten = /^ {4}balance source\n {4}hash-type consistent$/m;
    await Deno.writeTextFile(
      file,
      balance ? text.replace(asWritten, `    balance ${balance}`) : text,
    );
    this.programs.start({ name: "haproxy", command: "haproxy", args: ["-db", "-f", file], env });
  }
}

function secret(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}

function newestPostgres(): string {
  const versions = [...Deno.readDirSync("/usr/lib/postgresql")].map(({ name }) => Number(name));
  return `/usr/lib/postgresql/${Math.max(...versions)}/bin`;
}
