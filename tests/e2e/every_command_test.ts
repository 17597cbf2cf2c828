/** What a script may count on with every command: how a wrong word ends, and what becomes of a failure that nobody reads. */
import assert from "node:assert/strict";
import { commandTable } from "../../src/cli/command_table.ts";
import type { CliCommand } from "../../src/cli/command_module.ts";
import { password, Person, Stage } from "../support/person.ts";

/** How many arguments a command has to have. */
function least({ parameters: { positional } }: CliCommand): number {
  if (positional?.kind !== "tuple") return positional?.minimum ?? 0;
  return positional.parameters.filter(({ optional }) => !optional).length;
}

/** Commands whose arguments are not ours to define. */
const foreign = new Set(["sendmail"]);

Deno.test("every command refuses a word that is none of its own, and does nothing", async (t) => {
  await using stage = new Stage();
  const home = stage.home("nobody");
  for (const name of commandTable.names.filter((name) => !foreign.has(name))) {
    const { command } = (await commandTable.load(name))!;
    const needed = least(command);
    const switches = Object.entries(command.parameters.flags ?? {})
      .filter(([, { kind }]) => kind === "boolean").map(([flag]) => kebabCase(flag));
    const wrong: Readonly<Record<string, readonly [args: string[], reason: RegExp]>> = {
      "an empty argument": [
        Array(Math.max(1, needed)).fill(""),
        / as \S.*: it is empty$| so "" is too many$/,
      ],
      "an unknown flag": [["--nope"], /: there is no flag --nope$/],
      "an unknown flag with an empty value": [["--nope="], /: there is no flag --nope$/],
      ...Object.fromEntries(switches.map((flag) => [
        `--${flag} with an empty value`,
        [[...Array(needed).fill("1"), `--${flag}=`], new RegExp(`: --${flag} takes no value$`)],
      ])),
    };
    await t.step(name, async () => {
      for (const [what, [args, reason]] of Object.entries(wrong)) {
        if (name === "watch" && args[0] === "") continue; // what --exec runs may want it
        const { status, out, err } = await home.run([...name.split(" "), ...args]);
        assert.deepEqual([status, out], [64, ""], `${what}: ${err}`);
        assert.match(err.split("\n")[0]!, reason, what);
        for (const flag of err.match(/--\S*[A-Z]/g) ?? []) assert.fail(`${what}: ${flag}`);
      }
    });
  }
  assert.deepEqual([...Deno.readDirSync(home.work)], []);
});

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Commands that fail after they have written, and how. */
const failing: readonly (readonly [line: string, status: number, err: RegExp])[] = [
  ["send bob nobody --partial -m x", 67, /^mailctl: Cannot send to nobody/],
  ["send bob nobody --partial -m x --json", 67, /"code":"no_such_recipient"/],
  ["import bad.jsonl", 65, /Cannot import 1 of 2 messages/],
  ["queue flush --json", 67, /Cannot send 1 of 1 messages/],
  ["queue flush", 67, /Cannot send 1 of 1 messages/],
];

Deno.test("a failure is one although nobody reads what was written before it", async (t) => {
  await using stage = new Stage();
  const people = await stage.people(await stage.server(), "alice", "bob");
  const { home } = people[0]!;
  await home.run(["sendmail", "-odq", "nobody"], { stdin: "Subject: x\n\nx\n" });
  Deno.writeTextFileSync(`${home.work}/bad.jsonl`, '{"source":"YQo="}\n{"source":1}\n');
  for (const [line, status, err] of failing) {
    await t.step(line, async () => {
      const read = await home.shell(`mailctl ${line}`);
      const unread = await home.unread(line);
      assert.equal(read.status, status, read.err);
      assert.match(read.err, err);
      assert.deepEqual([unread.status, unread.err], [status, read.err]);
    });
  }
});

Deno.test("all is done although nobody reads what was done", async () => {
  await using stage = new Stage();
  const [alice] = await stage.people(await stage.server(), "alice");
  for (const name of ["a", "b"]) {
    await alice!.send(["alice", "-m", "x", "-a", `-:${name}`], { stdin: name });
  }
  const { status } = await alice!.home.unread("read 2 4 --save d");
  assert.equal(status, 0);
  assert.deepEqual([...Deno.readDirSync(`${alice!.home.work}/d`)].map(({ name }) => name).sort(), [
    "a",
    "b",
  ]);
  const { messages } = await alice!.list("inbox", "--unread");
  assert.deepEqual(messages, []);
});

Deno.test("a secret that is shown once, and that nobody reads, is said to be lost", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const alice = await Person.join("alice", stage.home("alice"), server.trusted);
  const env = { MAILCTL_PASSWORD: password };
  const made = ["app-password create a --scope smtp", "app-password create b --scope smtp --json"];
  const invites = ["", " --json"].map((json) =>
    `admin invite${json} --data ${stage.folder}/server/home/.local/share/mailctl/data`
  );
  for (const line of [...made, "account recovery", "account recovery --json", ...invites]) {
    const { status, err } = await alice.home.unread(line, { env });
    assert.equal(status, 74, err);
    assert.match(err, /nobody reads it.*lost/s);
  }
});
