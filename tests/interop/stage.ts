/** A real server, mailctl and the second client, each a process of its own, in folders that are removed at the end. */
import { type Argon2id, stretchTruly } from "../support/quick_argon2id.ts";
import { strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { installedPackages } from "../support/packages.ts";
import { programLine as mailctl } from "../support/program.ts";
import { makeKeyFolder } from "../support/server.ts";

const here = new URL(".", import.meta.url).pathname;
const clientFiles = /(\.mjs|^package\.json)$/;
const password = "correct horse battery staple";

interface Finished {
  readonly success: boolean;
  readonly stdout: Uint8Array<ArrayBuffer>;
  readonly stderr: string;
}

interface RunOptions {
  readonly stdin?: string;
  readonly password?: string;
  /** What the password is stretched to, hexadecimal. */
  readonly stretched?: string | undefined;
}

/** What the second client sends. */
export interface Written {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly messageId?: string;
}

/** What the second client prints. */
export interface SecondClientAnswer {
  readonly address: string;
  readonly done: readonly Done[];
}

/** What one of its actions gave. */
interface Done {
  readonly sent?: readonly number[];
  readonly body?: string;
  readonly messages?: readonly {
    readonly id: number;
    readonly opened: "envelope" | "summary";
    readonly outcome: string;
    readonly sender?: string;
    readonly from?: string;
    readonly subject?: string;
    readonly attachments?: readonly unknown[];
  }[];
}

export class Stage implements AsyncDisposable {
  readonly folder: string;
  #server: Deno.ChildProcess | null = null;
  #hasStretched = false;
  #address = "";
  #fingerprint = "";

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Installs the second client and starts a server. */
  static async open(): Promise<Stage> {
    const stage = new Stage(
      await Deno.makeTempDir({ prefix: "mailctl-interop-" }),
    );
    try {
      await stage.#install();
      await stage.#serve();
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  get fingerprint(): string {
    return this.#fingerprint;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server?.kill("SIGTERM");
    await this.#server?.status;
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Runs mailctl, which has to succeed, and gives its stdout. */
  async mailctl(...words: string[]): Promise<Uint8Array<ArrayBuffer>> {
    const { success, stdout, stderr } = await this.#run([...mailctl, ...words]);
    strictEqual(success, true, `mailctl ${words.join(" ")}: ${stderr}`);
    return stdout;
  }

  // deno-lint-ignore no-explicit-any -- JSON of the commands under test
  async json(...words: string[]): Promise<any> {
    return JSON.parse(
      new TextDecoder().decode(await this.mailctl(...words, "--json")),
    );
  }

  /** Runs the second client. It stretches the password itself the first time, and is given the outcome from then on. */
  async secondClient(
    words: readonly string[],
    {
      stdin = "",
      fingerprint = this.#fingerprint,
      password: typed = password,
    } = {},
  ): Promise<Finished> {
    const stretched = this.#hasStretched ? await this.#stretch(words[0]!, typed) : undefined;
    this.#hasStretched = true;
    const client = [
      "node",
      "client.mjs",
      ...this.#address.split(":"),
      fingerprint,
      ...words,
    ];
    return await this.#run(client, { stdin, password: typed, stretched });
  }

  /** Stretches a password as the account of that name does. In JavaScript it takes ten times as long. */
  async #stretch(name: string, typed: string): Promise<string> {
    const row = this.#query(
      "SELECT salt AS nonce, memory_kib AS memory, passes, 1 AS parallelism FROM account WHERE name = ?",
      name.toLowerCase(),
    );
    return (await stretchTruly(typed, row as unknown as Argon2id)).toHex();
  }

  /** How many parts the server keeps of an account's keyring. */
  partsOfKeyring(name: string): number {
    const row = this.#query(
      `SELECT count(*) AS count FROM keyring JOIN account ON account.id = account_id WHERE name = ?`,
      name,
    );
    return Number(row["count"]);
  }

  /** The row that a query of the server's database has. */
  #query(sql: string, ...values: string[]) {
    using database = new DatabaseSync(`${this.folder}/data/mailctl.db`, { readOnly: true });
    return database.prepare(sql).get(...values)!;
  }

  /** Sends all of them in one session; gives the ids of the sender's copies. */
  async secondClientSends(
    name: string,
    ...messages: Written[]
  ): Promise<readonly number[]> {
    const { done } = await this.secondClientAnswer(
      [name, "send"],
      JSON.stringify(messages),
    );
    return done[0]!.sent!;
  }

  async secondClientAnswer(
    words: readonly string[],
    stdin = "",
  ): Promise<SecondClientAnswer> {
    const { success, stdout, stderr } = await this.secondClient(words, {
      stdin,
    });
    strictEqual(success, true, `client.mjs ${words.join(" ")}: ${stderr}`);
    return JSON.parse(new TextDecoder().decode(stdout));
  }

  async #install(): Promise<void> {
    for await (const { name } of Deno.readDir(here)) {
      if (clientFiles.test(name)) {
        await Deno.copyFile(here + name, `${this.folder}/${name}`);
      }
    }
    const packages = await installedPackages(here);
    await Deno.symlink(
      `${packages}/node_modules`,
      `${this.folder}/node_modules`,
    );
  }

  async #serve(): Promise<void> {
    await Deno.rename(await makeKeyFolder(), `${this.folder}/keys`);
    const own = [
      "--data",
      `${this.folder}/data`,
      "--keys",
      `${this.folder}/keys`,
    ];
    const place = ["--listen", "127.0.0.1:0", "--domain", "mail.test"];
    this.#server = this.#command([...mailctl, "serve", ...place, ...own], {
      stdin: "null",
      stderr: "null",
    }).spawn();
    const said = await readLines(this.#server.stdout, 3);
    this.#address = wordBehind("address", said);
    this.#fingerprint = wordBehind("fingerprint", said);
  }

  #command(
    [program = "", ...args]: readonly string[],
    options: Deno.CommandOptions,
  ) {
    const inherited = Object.entries(Deno.env.toObject())
      .filter(([name]) => !/^MAILCTL_|^DENO_TLS_/.test(name));
    const env = {
      ...Object.fromEntries(inherited),
      MAILCTL_HOME: `${this.folder}/home`,
      MAILCTL_SERVER: this.#address,
      MAILCTL_PASSWORD: password,
      ...options.env,
    };
    const piped = { stdout: "piped", stderr: "piped" } as const;
    const common = { args, cwd: this.folder, clearEnv: true };
    return new Deno.Command(program, { ...common, ...piped, ...options, env });
  }

  async #run(
    words: readonly string[],
    { stdin = "", password: typed = password, stretched }: RunOptions = {},
  ): Promise<Finished> {
    const env = {
      MAILCTL_PASSWORD: typed,
      ...stretched === undefined ? {} : { MAILCTL_STRETCHED: stretched },
    };
    const child = this.#command(words, { stdin: "piped", env }).spawn();
    const fed = new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {}); // it may not read
    const { success, stdout, stderr } = await child.output();
    await fed;
    return { success, stdout, stderr: new TextDecoder().decode(stderr) };
  }
}

/** Reads so many lines and drops the rest of the stream. */
async function readLines(
  stream: ReadableStream<Uint8Array>,
  count: number,
): Promise<string> {
  let said = "";
  for await (const chunk of stream) {
    said += new TextDecoder().decode(chunk);
    if (said.split("\n").length > count) return said;
  }
  throw new Error(`the server ended early: ${said}`);
}

function wordBehind(name: string, lines: string): string {
  const found = new RegExp(`^${name}\t(.+)$`, "m").exec(lines)?.[1];
  if (found === undefined) {
    throw new Error(`the server did not say its ${name}: ${lines}`);
  }
  return found;
}
