/**
 * Runs transcripts of the real program: `tests/dialogs/*.txt`. Each has a fresh, empty home.
 *
 *     # a comment
 *     = NAME=value         a variable for the commands that follow; without a value it is unset
 *     % server FLAGS       starts a real server, which later commands find in MAILCTL_SERVER
 *     % stop               ends it
 *     % account alice      makes an account there, without a password, and saves its login
 *     % account bob password   the same with a password: `correct horse battery`
 *     $ mailctl delete     a command, run in a fresh folder
 *     < a line of stdin    without any, stdin is empty
 *     > a line of stdout   `...` stands for any text; alone on a line, for any lines
 *     2> a line of stderr
 *     ? 64                 the exit status; 0 if it is not said
 *
 * Lines are typed as `typed_line.ts` does.
 */
import { fail } from "node:assert/strict";
import { Stage } from "./person.ts";
import { passwordLogin, saveNewAccount } from "./person_account.ts";
import type { Outcome } from "./program.ts";
import { ServerProcess } from "./program_server.ts";
import { typeLine } from "./typed_line.ts";

interface Step {
  readonly line: number;
  readonly command: string;
  readonly stdin: string[];
  readonly stdout: string[];
  readonly stderr: string[];
  status: number;
}

type Action = { readonly line: number; readonly word: string; readonly rest: string } | Step;

/** Parses a transcript. @throws {Error} naming the line that is none of the kinds above */
export function parseDialog(text: string): Action[] {
  const actions: Action[] = [];
  let step: Step | null = null;
  for (const [index, source] of text.split("\n").entries()) {
    if (/^(#|\s*$)/.test(source)) continue;
    const [, mark = "", rest = ""] = /^(\$|<|>|2>|\?|=|%)(?: (.*))?$/.exec(source) ?? [];
    const line = index + 1;
    if (mark === "$") {
      step = { line, command: rest, stdin: [], stdout: [], stderr: [], status: 0 };
      actions.push(step);
    } else if (mark === "=" || mark === "%") actions.push({ line, word: mark, rest });
    else if (step === null || mark === "") throw new Error(`line ${line}: ${source}`);
    else if (mark === "<") step.stdin.push(rest);
    else if (mark === ">") step.stdout.push(rest);
    else if (mark === "2>") step.stderr.push(rest);
    else step.status = Number(rest);
  }
  return actions;
}

/** Plays a transcript in a fresh home. @throws {AssertionError} at the first line that is not as written */
export async function playDialog(text: string): Promise<void> {
  await using scene = new Scene();
  for (const action of parseDialog(text)) {
    if ("command" in action) await scene.play(action);
    else if (action.word === "=") scene.setVariable(action.rest);
    else await scene.direct(action.rest);
  }
}

class Scene implements AsyncDisposable {
  readonly #stage = new Stage();
  readonly #home = this.#stage.home("home");
  #server: ServerProcess | null = null;

  async play({ line, command, stdin, stdout, stderr, status }: Step): Promise<void> {
    const input = stdin.map((each) => `${each}\n`).join("");
    const seen = await typeLine(this.#home, command, { stdin: input });
    const isRight = matches(stdout, seen.out) && matches(stderr, seen.err) &&
      seen.status === status;
    if (!isRight) fail(describe(line, command, seen));
  }

  setVariable(text: string): void {
    const [, name = "", value = ""] = /^([A-Z_]+)(?:=(.*))?$/.exec(text) ?? [];
    if (value === "") delete this.#home.env[name];
    else this.#home.env[name] = value.replaceAll("~", this.#home.folder);
  }

  async direct(text: string): Promise<void> {
    const [verb = "", ...args] = text.split(" ");
    const directions: Record<string, () => Promise<unknown>> = {
      server: () => this.#startServer(args),
      stop: () => this.#server!.stop(),
      account: () => this.#makeAccount(args[0]!, args[1] === "password"),
    };
    if (!Object.hasOwn(directions, verb)) throw new Error(`no such direction: % ${text}`);
    await directions[verb]!();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage[Symbol.asyncDispose]();
  }

  async #startServer(args: readonly string[]): Promise<void> {
    this.#server = this.#stage.keep(await ServerProcess.start(this.#home, { args }));
    this.#home.env["MAILCTL_SERVER"] = this.#server.address;
  }

  async #makeAccount(name: string, hasPassword: boolean): Promise<void> {
    const state = `${this.#home.folder}/home/.local/state/mailctl`;
    const login = hasPassword ? passwordLogin() : undefined;
    await saveNewAccount(state, this.#server!.trusted, name, login);
  }
}

function matches(lines: readonly string[], text: string): boolean {
  const pattern = lines.map((line) => line === "..." ? "(?:.*\n)*?" : `${linePattern(line)}\n`);
  return new RegExp(`^${pattern.join("")}$`).test(
    text === "" || text.endsWith("\n") ? text : `${text}\n`,
  );
}

function linePattern(line: string): string {
  return line.split("...").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
}

function describe(
  line: number,
  command: string,
  { out, err, status }: Outcome,
): string {
  const marked = (mark: string, text: string) => text.replace(/^(?=.)/gm, `${mark} `);
  return `line ${line}: $ ${command}\nwent like this:\n` +
    `${marked(">", out)}${marked("2>", err)}? ${status}\n`;
}
