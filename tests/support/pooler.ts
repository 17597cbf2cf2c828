/** PgBouncer on loopback, gone when the test process ends, however it ends. */
import { until } from "./person.ts";
import { ended, makeFolder, spawn } from "./postgres.ts";

/** What a pooler lends to a connection. */
export type Lent = "session" | "transaction" | "statement";

/** Ends it when its input ends, as that of a cluster does. */
const keeper = `
trap '' HUP INT TERM
pgbouncer --quiet settings &
cat
kill -9 $!
rm -rf "$PWD"
`;

export class Pooler implements AsyncDisposable {
  readonly port: number;
  readonly #keeper: Deno.ChildProcess;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#keeper = spawn("sh", ["-c", keeper], folder, "piped");
  }

  /** Starts one before the cluster at a port, for the owner of its databases. */
  static async start(to: number, lent: Lent): Promise<Pooler> {
    const folder = await makeFolder();
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const settings = `
      [databases]
      * = host=127.0.0.1 port=${to}
      [pgbouncer]
      listen_addr = 127.0.0.1
      listen_port = ${port}
      unix_socket_dir =
      auth_type = trust
      auth_file = users
      pool_mode = ${lent}
      default_pool_size = 40`;
    await Deno.writeTextFile(`${folder}/settings`, settings);
    await Deno.writeTextFile(`${folder}/users`, '"mailctl" ""\n');
    listener.close();
    const pooler = new Pooler(port, folder);
    await until(() => answers(port), "PgBouncer answers");
    return pooler;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper.stdin.close();
    await ended(this.#keeper);
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
