/** In pipelines and scripts: closed ends, no home, read-only homes, and never a prompt, a colour or a table. */
import assert from "node:assert/strict";
import { Person, Stage } from "../support/person.ts";
import { SmallDisk } from "../support/program_disk.ts";
import { typeLine } from "../support/typed_line.ts";

/** A line of shell, and all that it must do. */
interface Line {
  readonly line: string;
  readonly status?: number;
  readonly out?: string | RegExp;
  readonly err?: string | RegExp;
  readonly env?: Readonly<Record<string, string | null>>;
}

const told = (text: string) => `{ ${text}; echo "status $?" >&2; }`;

const lines: Readonly<Record<string, readonly Line[]>> = {
  "a reader that leaves early": [
    { line: `${told("mailctl inbox -n 100")} | head -n 1`, out: /^6\t.*\n$/, err: "status 0\n" },
    { line: `${told("mailctl read 4 --body")} | head -c 1`, out: "x", err: "status 0\n" },
    { line: `${told("mailctl read 4 --json")} | head -c 1`, out: "{", err: "status 0\n" },
    { line: `${told("mailctl read 2 4 6")} | head -n 1`, out: /^Message:/, err: "status 0\n" },
    { line: `${told("mailctl help environment")} | true`, err: "status 0\n" },
  ],
  "ends that are closed": [
    { line: "mailctl inbox -n1 <&-", out: /^6\t/ },
    { line: "mailctl inbox -n1 >&-" },
    { line: "mailctl inbox -n1 2>&-", out: /^6\t/ },
    { line: "mailctl inbox -n1 <&- >&- 2>&-" },
    { line: "mailctl ping --server 127.0.0.1:1 2>&-", status: 69 },
    { line: "mailctl login nobody <&-", status: 64, err: /there is no terminal/ },
  ],
  "output that cannot be written": [
    { line: "mailctl inbox > /dev/full", status: 74, err: /^mailctl: Cannot write to standard/ },
    { line: "mailctl read 4 --body > /dev/full", status: 74, err: /^mailctl: Cannot write/ },
    { line: "mailctl read 4 --body -o /nowhere/x", status: 73, err: /Cannot write/ },
    { line: "mailctl read 4 --body -o /proc/x", status: 73, err: /Cannot write/ },
  ],
  "columns that scripts cut": [
    { line: "mailctl inbox | cut -f1", out: "6\n4\n2\n" },
    {
      line: "mailctl inbox | cut -f1 | xargs mailctl read --peek | grep -c ^Message:",
      out: "3\n",
    },
    { line: "mailctl inbox --from alice --unread | wc -l | tr -d ' '", out: /^[0-3]\n$/ },
    { line: "mailctl inbox | cut -f6 | sed -n 3p", out: "tab␉end␛[31m\n" },
  ],
  "no colours, also where they are forced": [
    { line: "mailctl inbox | od -c | grep -c 033", status: 1, out: "0\n" },
    {
      line: "mailctl inbox | od -c | grep -c 033",
      status: 1,
      out: "0\n",
      env: { TERM: "xterm-256color", FORCE_COLOR: "1", CLICOLOR_FORCE: "1" },
    },
  ],
  "no home": [
    { line: "mailctl help > /dev/null", env: { HOME: null } },
  ],
};

Deno.test("pipelines", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice");
  await alice!.send(["alice", "-s", "tab\tend\x1b[31m", "-m", "1"]);
  await alice!.send(["alice", "-s", "long"], { stdin: "x".repeat(3_000_000) });
  await alice!.send(["alice", "-m", "3"]);

  for (const [name, all] of Object.entries(lines)) {
    await t.step(name, async () => {
      for (const { line, status = 0, out = "", err = "", env } of all) {
        const seen = await alice!.home.shell(line, { env });
        assert.equal(seen.status, status, `${line}\n${seen.err}`);
        match(seen.out, out, line);
        match(seen.err, err, line);
      }
    });
  }

  await t.step("--json is one value, with every command", async () => {
    const commands = ["whoami", "inbox", "sent", "read 1", "read 2 4", "ping", "send alice -m x"];
    for (const command of [...commands, "delete 1", "inbox -x", "read 99", "logout"]) {
      const { out, err } = await typeLine(alice!.home, `mailctl ${command} --json`, {});
      assert.equal(typeof JSON.parse(out), "object", command);
      assert.deepEqual([out.endsWith("\n"), err], [true, ""], command);
    }
  });
});

Deno.test("homes", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const alice = await Person.join("alice", stage.home("alice"), server.trusted);
  const file = (name: string) => `${alice.home.work}/${name}`;
  Deno.writeTextFileSync(file("pw"), "correct horse battery\n", { mode: 0o600 });
  const login = "mailctl login alice --password-file pw";

  await t.step("MAILCTL_HOME keeps all in one folder, 0700 and 0600", async () => {
    const env = { MAILCTL_HOME: file("own"), HOME: null };
    assert.equal((await alice.home.shell(login, { env })).status, 0);
    assert.equal((await alice.home.shell("mailctl inbox", { env })).status, 0);
    const { out } = await alice.home.shell("find own -printf '%m %P\n' | sort -k2");
    assert.match(out, /^700 \n(700 state\n)(600 state\/\S+\n)+$/);
  });

  await t.step("what others may write or read there is refused with 78", async () => {
    const env = { MAILCTL_HOME: file("own") };
    for (
      const [path, loose, right] of [["own/state", 0o777, 0o700], [
        "own/state/logins.json",
        0o644,
        0o600,
      ]] as const
    ) {
      Deno.chmodSync(file(path), loose);
      const { status, err } = await alice.home.shell(login, { env });
      assert.equal(status, 78, `${path}: ${err}`);
      assert.match(err, /hint: Run `chmod/);
      Deno.chmodSync(file(path), right);
    }
  });

  await t.step("a home that cannot be written still reads, given password and key", async () => {
    const disk = stage.keep(await SmallDisk.mount(`${stage.folder}/disk`, 1));
    await disk.makeReadOnly();
    const env = {
      HOME: disk.folder,
      MAILCTL_PASSWORD: "correct horse battery",
      MAILCTL_USER: "alice",
    };
    const { status, err } = await alice.home.shell("mailctl inbox", { env });
    assert.deepEqual([status, err.includes("Cannot")], [0, false], err);
  });

  await t.step(
    "logout forgets: no key is left, and nothing works without the password",
    async () => {
      const state = `${alice.home.folder}/home/.local/state/mailctl`;
      const saved = Deno.readTextFileSync(`${state}/logins.json`);
      assert.equal(Deno.statSync(`${state}/logins.json`).mode! & 0o777, 0o600);
      assert.doesNotMatch(saved, /correct horse/);
      const keys = saved.match(/[A-Za-z0-9+/]{43}=/g)!;
      await alice.do(["logout"]);
      const { out } = await alice.home.shell(`cat ${state}/*`);
      assert.ok(keys.length === 2 && !keys.some((key) => out.includes(key)));
      assert.equal((await alice.run(["inbox", "--user", "alice"])).status, 64);
    },
  );
});

Deno.test("a command with nothing left to do, and no end, says that this is a bug", async () => {
  await using stage = new Stage();
  const home = stage.home("alice");
  home.runsWith(["--preload=data:application/javascript,Deno.stdin.read=()=>new Promise(()=>{})"]);
  const args = ["register", "alice", "--server", "127.0.0.1:1", "--password-stdin"];
  const { status, err } = await home.run(args);
  assert.equal(status, 70);
  assert.match(err, /^mailctl: Cannot continue: this is a bug in mailctl\n/);
});

function match(seen: string, expected: string | RegExp, line: string): void {
  if (typeof expected === "string") assert.equal(seen, expected, line);
  else assert.match(seen, expected, line);
}
