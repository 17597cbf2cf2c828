/** People at their own machines, and the stage that they and a server share. All of it is gone afterwards. */
import { type EntryId, entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { Home, type Outcome, type RunOptions } from "./program.ts";
import { password, passwordLogin, saveNewAccount } from "./person_account.ts";
import { type ServerFlags, ServerProcess } from "./program_server.ts";

export { deadline } from "./deadline.ts";
export { password };

/** Somebody with an account, logged in on a machine that is theirs alone. */
export class Person {
  readonly name: string;
  readonly home: Home;

  private constructor(name: string, home: Home) {
    this.name = name;
    this.home = home;
  }

  /** Gives somebody an account and a saved login, but no password. `server` is `host:port#fingerprint`. */
  static async register(name: string, home: Home, server: string): Promise<Person> {
    home.env["MAILCTL_SERVER"] = server;
    await saveNewAccount(`${home.folder}/home/.local/state/mailctl`, server, name);
    return new Person(name, home);
  }

  /** Gives somebody an account with `password` and a saved login, as `register` and `login` would. */
  static async join(name: string, home: Home, server: string): Promise<Person> {
    home.env["MAILCTL_SERVER"] = server;
    const state = `${home.folder}/home/.local/state/mailctl`;
    await saveNewAccount(state, server, name, passwordLogin(name));
    return new Person(name, home);
  }

  /** Runs a command, however it ends. */
  run(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    return this.home.run(args, options);
  }

  /** Runs a command that must succeed without a word, and returns what it wrote. */
  async do(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    const outcome = await this.home.run(args, options);
    assert.deepEqual([outcome.status, outcome.err], [0, ""], `mailctl ${args.join(" ")}`);
    return outcome;
  }

  /** Sends, and returns the id of the own copy. */
  async send(args: readonly string[], options?: RunOptions): Promise<EntryId> {
    return entryId(Number((await this.do(["send", ...args], options)).out));
  }

  /** Lists a box as `--json` has it. */
  async list(box: "inbox" | "sent", ...args: string[]): Promise<ListedJson> {
    return JSON.parse((await this.do([box, "--json", "-n", "10000", ...args])).out);
  }

  /** Reads messages as `--json` has them. */
  async read(...ids: number[]): Promise<MessageJson[]> {
    const value = JSON.parse((await this.do(["read", "--json", ...ids.map(String)])).out);
    return Array.isArray(value) ? value : [value];
  }

  /** The id of the newest message in the inbox. */
  async newest(): Promise<EntryId> {
    return entryId((await this.list("inbox")).messages[0]!.id);
  }
}

export interface ListedJson {
  readonly total: number;
  readonly unread: number;
  readonly messages: readonly MessageJson[];
}

export interface MessageJson {
  readonly id: number;
  readonly outcome: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly subject: string | null;
  readonly date: string;
  readonly receivedAt: string;
  readonly messageId: string;
  readonly inReplyTo: string | null;
  readonly attachments: readonly { readonly name: string; readonly size: number }[];
  readonly deliveries: readonly { readonly recipient: string; readonly state: string }[];
  readonly body?: string | null;
  readonly bodyBase64?: string | null;
}

/** A temporary folder with homes in it, and what runs there. */
export class Stage implements AsyncDisposable {
  readonly folder: string = Deno.makeTempDirSync({ prefix: "mailctl-e2e-" });
  readonly #running: AsyncDisposable[] = [];

  home(name: string): Home {
    return new Home(`${this.folder}/${name}`);
  }

  async server(query: ServerFlags & { readonly name?: string } = {}): Promise<ServerProcess> {
    return this.keep(await ServerProcess.start(this.home(query.name ?? "server"), query));
  }

  /** Brings people to a server, each with a home of the same name. */
  people(server: { readonly trusted: string }, ...names: string[]): Promise<Person[]> {
    return Promise.all(names.map((name) => Person.register(name, this.home(name), server.trusted)));
  }

  /** Logs somebody who has a password in on another machine of theirs. */
  async elsewhere({ name, home }: Person, where: string): Promise<Home> {
    const other = this.home(where);
    other.env["MAILCTL_SERVER"] = home.env["MAILCTL_SERVER"]!;
    const env = { MAILCTL_PASSWORD: password };
    assert.equal((await other.run(["login", name], { env })).status, 0);
    return other;
  }

  /** Sees to it that something is ended before the folder is removed. */
  keep<T extends AsyncDisposable>(what: T): T {
    this.#running.push(what);
    return what;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#running.reverse()) await each[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Looks until something is so; fails after a minute. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`${what} did not happen within a minute`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
