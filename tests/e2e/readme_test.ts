/** The session and the recipes in README.md, typed line by line into a shell: every line prints what it says. */
import assert from "node:assert/strict";
import { areInstalled } from "../support/installed.ts";
import { deadline } from "../support/person.ts";
import { programFlags } from "../../tools/program_flags.ts";
import { denoFolder } from "../support/program.ts";
import { bundledProgram } from "../support/program_bundle.ts";

const root = new URL("../../", import.meta.url).pathname;
const flags = programFlags.join(" ");

interface Typed {
  /** With what follows it after `> `, as a shell asks for more. */
  readonly line: string;
  /** With `...` for what differs from run to run. */
  readonly prints: readonly string[];
}

/** What comes before the recipes: they begin where two accounts are logged in. */
const beforeRecipes = `$ mailctl serve --domain example.org 2>serve.log &
address	127.0.0.1:4465
domain	example.org
fingerprint	...
$ export MAILCTL_PASSWORD='correct horse battery staple'
$ for name in ops nas; do mailctl register $name && mailctl login $name; done >/dev/null
$ unset MAILCTL_PASSWORD
`;

/** What comes before mail programs: two accounts, mail for one of them, and a patch. */
const beforeClients = `$ mailctl serve --domain example.org 2>serve.log &
address	127.0.0.1:4465
domain	example.org
fingerprint	...
$ export MAILCTL_PASSWORD='correct horse battery staple'
$ for name in alice bob; do mailctl register $name && mailctl login $name; done >/dev/null
$ unset MAILCTL_PASSWORD
$ mailctl send bob --user alice -s Hello -m "For any program."
1
$ git config --global user.name Bob; git config --global user.email bob@example.org
$ git init -q code; git -C code commit -q --allow-empty -m First; echo x > code/f; git -C code add f
$ git -C code commit -qm "Add f"; git -C code format-patch -q -1 -o ..
`;

/** The programs of those recipes. */
const clients = ["curl", "swaks", "msmtp", "mpop", "fetchmail", "getmail", "mutt"];

/** What one line may take. */
const lineMs = 120_000;

/** Reads the lines of a block and what each prints. */
async function readBlock(name: string, before = "", page = "README.md"): Promise<Typed[]> {
  const readme = await Deno.readTextFile(root + page);
  const begin = `<!-- ${name}: run by tests/e2e/readme_test.ts, line by line -->`;
  const section = readme.split(begin)[1]?.split(`<!-- /${name} -->`)[0];
  assert.ok(section, `${page} has no ${name}`);
  const blocks = [...section.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block]) => block);
  return (before + blocks.join("")).split(/^\$ /m).slice(1).map(parseTyped);
}

function parseTyped(part: string): Typed {
  const lines = part.trimEnd().split("\n");
  const more = lines.slice(1).findIndex((line) => !line.startsWith("> "));
  const typed = more < 0 ? lines.length : more + 1;
  const line = lines.slice(0, typed).map((each) => each.replace(/^> /, "")).join("\n");
  return { line, prints: lines.slice(typed) };
}

/** A shell that is typed into, with both of its outputs in one. */
class Shell {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #unread = "";

  constructor(folder: string, ports: Ports) {
    const port = ports["4465"];
    this.#process = new Deno.Command("bash", {
      args: ["-c", "exec 2>&1; exec bash"],
      cwd: folder,
      clearEnv: true, // what other tests set in this process is not for a new user
      env: {
        HOME: folder,
        PATH: `${folder}:${Deno.env.get("PATH")}`,
        DENO_DIR: denoFolder(),
        MAILCTL_HOME: `${folder}/home`,
        MAILCTL_LISTEN: `127.0.0.1:${port}`,
        MAILCTL_SERVER: `127.0.0.1:${port}`,
        MAILCTL_BRIDGE_SMTP: `127.0.0.1:${ports["4587"]}`,
        MAILCTL_BRIDGE_POP3: `127.0.0.1:${ports["4110"]}`,
        NO_COLOR: "1",
        TERM: "xterm",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#output = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async type(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Reads until so many lines are there, or the shell ends. */
  async read(lines: number): Promise<string[]> {
    while (this.#unread.split("\n").length <= lines) {
      const { value, done } = await this.#output.read();
      if (done) break;
      this.#unread += value;
    }
    const all = this.#unread.split("\n");
    this.#unread = all.slice(lines).join("\n");
    return all.slice(0, lines);
  }

  async end(): Promise<void> {
    await this.type("kill $(jobs -p) 2>/dev/null; wait; exit");
    await this.#input.close();
    await this.#process.status;
    await this.#output.cancel();
  }
}

for (const form of ["sources", "bundle"] as const) {
  Deno.test(`the session in README.md does what it says, run from the ${form}`, async () =>
    runLines(form, await readBlock("session")));
}

Deno.test("the recipes in README.md do what they say", async () => {
  const lines = await readBlock("recipes", beforeRecipes);
  assert.ok(lines.some(({ line }) => line.includes("\n")), "no recipe has a second line");
  await runLines("bundle", lines);
});

Deno.test("the sessions of an operator in docs/operating.md do what they say", async () => {
  const page = "docs/operating.md";
  const sessions = [await readBlock("invite", "", page), await readBlock("backup", "", page)];
  await runLines("bundle", sessions.flat());
});

/** A server that takes mail by SMTP, and two accounts. */
const beforeSmtp =
  `$ mailctl serve --domain example.org --smtp 127.0.0.1:2525 --smtp-tls 127.0.0.1:2465 2>log &
address	127.0.0.1:4465
domain	example.org
fingerprint	...
smtp	127.0.0.1:2525
smtps	127.0.0.1:2465
$ export MAILCTL_PASSWORD='correct horse battery staple'
$ for name in ops scans; do mailctl register $name && mailctl login $name; done >/dev/null
$ cp $MAILCTL_HOME/server/keys/self_signed.pem . && seq 3 > page.pdf
`;

Deno.test({
  name: "the recipe of a device in README.md does what it says",
  ignore: !areInstalled("swaks", "msmtp"),
  fn: runSmtpRecipe,
});

async function runSmtpRecipe(): Promise<void> {
  const ports = { 2525: freePort(), 2465: freePort() };
  const moved = (text: string) =>
    Object.entries(ports).reduce((all, [from, to]) => all.replaceAll(from, String(to)), text);
  const lines = await readBlock("smtp recipe", beforeSmtp);
  await runLines(
    "sources",
    lines.map(({ line, prints }) => ({ line: moved(line), prints: prints.map(moved) })),
  );
}

Deno.test({
  name: "the recipes for mail programs in README.md do what they say",
  ignore: !areInstalled(...clients, "git-send-email"),
  fn: async () => await runLines("sources", await readBlock("clients", beforeClients)),
});

async function runLines(form: "sources" | "bundle", lines: readonly Typed[]): Promise<void> {
  const folder = await Deno.makeTempDir();
  const ports: Ports = { "4465": freePort(), "4587": freePort(), "4110": freePort() };
  const shell = new Shell(folder, ports);
  try {
    const program = form === "sources" ? `${root}main.ts` : await bundledProgram();
    const deno = `'${Deno.execPath()}' run --quiet --config '${root}deno.json' ${flags}`;
    // A file and not a function: what is killed in the background has to be the program itself.
    await Deno.writeTextFile(`${folder}/mailctl`, `#!/bin/sh\nexec ${deno} '${program}' "$@"\n`, {
      mode: 0o755,
    });
    for (const { line, prints } of lines) {
      const here = withPorts(line, ports);
      const isLong = line.endsWith("END");
      await shell.type(line.endsWith("&") ? here : `${here}${isLong ? "\n" : "; "}echo "# done"`);
      const expected = line.endsWith("&") ? prints : [...prints, "# done"];
      const printed = await deadline(shell.read(expected.length), lineMs, `$ ${line} does not end`);
      expected.forEach((pattern, at) => assertLike(printed[at], withPorts(pattern, ports), line));
    }
  } finally {
    await shell.end();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The ports that README.md names, and those that are free. */
type Ports = Readonly<Record<"4465" | "4587" | "4110", number>>;

function withPorts(text: string, ports: Ports): string {
  return text.replace(/\b(?:4465|4587|4110)\b/g, (port) => String(ports[port as keyof Ports]));
}

function assertLike(printed: string | undefined, pattern: string, line: string) {
  const expression = pattern.split("...").map((part) => RegExp.escape(part)).join(".+");
  assert.match(printed ?? "(nothing)", new RegExp(`^${expression}$`), `$ ${line}`);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
