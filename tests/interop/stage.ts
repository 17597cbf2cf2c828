/** A real server, mailctl and second clients, each a process of its own, in a folder that is removed at the end. */
import { strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { installedPackages } from "../support/packages.ts";
import { runInProcess } from "../support/program_runner.ts";
import { programLine as mailctl } from "../support/program.ts";
import { type Argon2id, stretchTruly } from "../support/quick_argon2id.ts";
import { makeKeyFolder } from "../support/server.ts";
import { SecondClient } from "./second_client.ts";

const here = import.meta.dirname!;

/** The password of every account. */
export const password = "correct horse battery staple";

export class Stage implements AsyncDisposable {
  readonly folder: string;
  readonly #stack = new AsyncDisposableStack();
  #address = "";
  #fingerprint = "";

  private constructor(folder: string) {
    this.folder = folder;
    this.#stack.defer(() => Deno.remove(folder, { recursive: true }));
  }

  /** Installs the second client and starts a server. */
  static async open(): Promise<Stage> {
    const stage = new Stage(await Deno.makeTempDir({ prefix: "mailctl-interop-" }));
    try {
      await Promise.all([stage.#install(), stage.#serve()]);
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
    await this.#stack.disposeAsync();
  }

  /** Starts a second client, which runs until the stage ends. */
  secondClient(fingerprint = this.#fingerprint): SecondClient {
    return this.#stack.use(new SecondClient(this.folder, this.#address, fingerprint));
  }

  /** Runs mailctl as an account that is logged in. It has to succeed; gives its stdout. */
  async mailctl(...words: string[]): Promise<Uint8Array<ArrayBuffer>> {
    const place = { env: this.#environment(), cwd: this.folder };
    const { status, stdout, stderr } = await runInProcess({ ...place, args: words, stdin: "" });
    requireSuccess(status, words, Uint8Array.fromBase64(stderr));
    return Uint8Array.fromBase64(stdout);
  }

  /** Runs what asks for the password, in a process of its own: there it is stretched by Argon2id itself. */
  // deno-lint-ignore no-explicit-any -- JSON of the commands under test
  async withPassword(...args: string[]): Promise<any> {
    const words = [...args, "--json"];
    const { code, stdout, stderr } = await this.#command([...mailctl, ...words]).output();
    requireSuccess(code, words, stderr);
    return JSON.parse(new TextDecoder().decode(stdout));
  }

  /** The same, as text. */
  async text(...words: string[]): Promise<string> {
    return new TextDecoder().decode(await this.mailctl(...words));
  }

  // deno-lint-ignore no-explicit-any -- JSON of the commands under test
  async json(...words: string[]): Promise<any> {
    return JSON.parse(await this.text(...words, "--json"));
  }

  /** A password, stretched as that of an account is, in hexadecimal. In JavaScript it takes ten times as long. */
  async stretched(name: string, typed = password): Promise<string> {
    using database = new DatabaseSync(`${this.folder}/data/mailctl.db`, {
      readOnly: true,
    });
    const row = database.prepare(
      "SELECT salt AS nonce, memory_kib AS memory, passes, 1 AS parallelism FROM account WHERE name = ?",
    ).get(name);
    return (await stretchTruly(typed, row as unknown as Argon2id)).toHex();
  }

  async #install(): Promise<void> {
    await Deno.mkdir(`${this.folder}/client`);
    for await (const { name } of Deno.readDir(`${here}/client`)) {
      await Deno.copyFile(`${here}/client/${name}`, `${this.folder}/client/${name}`);
    }
    const packages = await installedPackages(here);
    await Deno.symlink(`${packages}/node_modules`, `${this.folder}/node_modules`);
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
    const server = this.#command([...mailctl, "serve", ...place, ...own], "null").spawn();
    this.#stack.defer(async () => {
      server.kill("SIGTERM");
      await server.status;
    });
    const said = await readLines(server.stdout, 3);
    this.#address = wordBehind("address", said);
    this.#fingerprint = wordBehind("fingerprint", said);
  }

  #command([program = "", ...args]: readonly string[], stderr: "piped" | "null" = "piped") {
    const common = { cwd: this.folder, clearEnv: true, env: this.#environment(), args };
    return new Deno.Command(program, { ...common, stdin: "null", stdout: "piped", stderr });
  }

  #environment(): Record<string, string> {
    const inherited = Object.entries(Deno.env.toObject())
      .filter(([name]) => !/^MAILCTL_|^DENO_TLS_/.test(name));
    return {
      ...Object.fromEntries(inherited),
      MAILCTL_HOME: `${this.folder}/home`,
      MAILCTL_SERVER: this.#address,
      MAILCTL_PASSWORD: password,
    };
  }
}

function requireSuccess(status: number, words: readonly string[], stderr: Uint8Array): void {
  strictEqual(status, 0, `mailctl ${words.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Reads so many lines and drops the rest of the stream. */
async function readLines(stream: ReadableStream<Uint8Array>, count: number): Promise<string> {
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
