/** Completions in the real bash, with a real mailbox behind them: quick to give up, and deaf to what hostile mail says. */
import assert from "node:assert/strict";
import { type Home } from "../support/program.ts";
import { Stage, until } from "../support/person.ts";
import { Terminal } from "../support/program_terminal.ts";
import { typeLine } from "../support/typed_line.ts";

/** What bash offers for the last of these words. */
async function offered(home: Home, ...words: string[]): Promise<string[]> {
  const typed = words.map((word) => `'${word}'`).join(" ");
  const script =
    `source ./completion.bash; COMP_WORDS=(mailctl ${typed}); COMP_CWORD=${words.length}
    _mailctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  await Deno.writeTextFile(`${home.work}/offer.bash`, script);
  const { out, err, status } = await typeLine(home, "bash offer.bash", {});
  assert.deepEqual([status, err], [0, ""]);
  return out.split("\n").filter((line) => line !== "");
}

/** Waits until it offers these: what asks a server gives up after a second, which a busy machine may need. */
async function offers(home: Home, expected: readonly string[], ...words: string[]): Promise<void> {
  const isOffered = async () => `${await offered(home, ...words)}` === `${expected}`;
  await until(isOffered, `${expected} for ${words}`);
}

const hostile = "$(touch pwned) `touch pwned`; touch pwned\t\x1b]0;x\x07'\"\\";

Deno.test("completions", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const { home } = alice!;
  for (const subject of ["Lunch", hostile]) await bob!.send(["alice", "-s", subject, "-m", "x"]);
  await alice!.send(["bob", "-s", "Back", "-m", "x"]);
  await home.shell("mailctl completion bash >completion.bash");
  await Deno.writeTextFile(`${home.work}/a file`, "");
  await Deno.mkdir(`${home.work}/a folder`);

  await t.step("commands, flags, words and paths", async () => {
    assert.deepEqual(await offered(home, "s"), ["send", "sent", "search", "sendmail", "serve"]);
    assert.deepEqual(await offered(home, "nonsense", ""), []);
    assert.deepEqual(await offered(home, "inbox", "--un"), ["--unread"]);
    assert.deepEqual(await offered(home, "inbox", "-n", "5", "--js"), ["--json"]);
    assert.deepEqual(await offered(home, "inbox", "-n", "--"), []);
    assert.deepEqual(await offered(home, "completion", ""), ["bash", "zsh", "fish"]);
    assert.deepEqual(await offered(home, "help", "exit"), ["exit-statuses"]);
    const paths = ["a file", "a folder"]; // bash offers them in the order of the folder
    assert.deepEqual((await offered(home, "send", "-a", "a")).toSorted(), paths);
    assert.deepEqual(await offered(home, "read", "1", "--save", "a"), ["a folder"]);
    assert.deepEqual((await offered(home, "send", "--body-file", "=", "a")).toSorted(), paths);
    assert.deepEqual(await offered(home, "read", "--", "--js"), []);
  });

  await t.step("messages, correspondents and accounts", async () => {
    await offers(home, ["3", "2", "1"], "read", "");
    await offers(home, ["2"], "delete", "1", "2");
    await offers(home, ["2", "1"], "inbox", "--before", "");
    await offers(home, ["bob"], "send", "");
    await alice!.do(["folders", "create", "Bills"]);
    await alice!.do(["folders", "create", "$(touch pwned)"]);
    const folders = ["INBOX", "Sent", "Archive", "Drafts", "Trash", "Junk", "Bills"];
    await offers(home, folders, "inbox", "--folder", "");
    await offers(home, ["Bills"], "folders", "delete", "B");
    await offers(home, ["3", "2", "1", ...folders], "move", "1", "");
    await offers(home, ["+flagged", "+answered", "+forwarded"], "flag", "1", "+");
    assert.deepEqual(await offered(home, "send", "bob", "@", "b"), []); // bash splits there
    assert.deepEqual(await offered(home, "inbox", "--from", "x"), []);
    await offers(home, ["alice"], "whoami", "--user", "");
    assert.deepEqual(await offered(home, "read", "--user", "nobody", ""), []);
  });

  await t.step("at a real prompt, where hostile subjects do nothing", async () => {
    await using terminal = Terminal.open(home, "bash --norc --noprofile -i", {
      env: { PS1: "READY ", MAILCTL_SERVER: server.trusted },
    });
    await terminal.sees("READY");
    await terminal.types("source ./completion.bash\r");
    await terminal.sees("READY");
    await terminal.types("mailctl delete \t\t");
    await terminal.sees("3  2  1");
    await terminal.types("3\t; mailctl who\t--user al\t\r");
    await terminal.sees("address\talice@mail.test");
    await terminal.sees("READY");
    assert.deepEqual((await alice!.list("sent")).messages, []);
    await terminal.types("exit\r");
    await terminal.ends();
    assert.doesNotMatch(terminal.screen, /Lunch|touch/);
    assert.deepEqual([...Deno.readDirSync(home.work)].filter(({ name }) => name === "pwned"), []);
  });

  await t.step("descriptions are harmless, and one line each", async () => {
    const { out } = await alice!.do(["__complete", "message", "inbox"]);
    assert.equal(
      out,
      "2\tbob@mail.test: $(touch pwned) `touch pwned`; touch pwned␉␛]0;x␇'\"\\\n1\tbob@mail.test: Lunch\n",
    );
  });

  await t.step("a key that was not seen before is not pinned by it", async () => {
    const [carol] = await stage.people(server, "carol");
    await bob!.send(["carol", "-m", "x"]);
    for (let times = 0; times < 2; times++) {
      assert.match((await carol!.do(["__complete", "message", "read"])).out, /^1\t/);
      assert.equal((await carol!.do(["__complete", "contact", "send"])).out, "");
    }
    assert.equal((await carol!.list("inbox")).messages[0]!.outcome, "unknown");
    assert.equal((await carol!.list("inbox")).messages[0]!.outcome, "signed");
  });

  await t.step("nothing is asked, run or complained about", async () => {
    const stranger = stage.home("stranger");
    stranger.env["MAILCTL_SERVER"] = server.trusted;
    const env = { MAILCTL_USER: "alice", MAILCTL_PASSWORD_COMMAND: "touch asked" };
    for (const kind of ["message", "contact", "login", "nonsense", "constructor", ""]) {
      const { status, out, err } = await stranger.run(["__complete", kind, "read"], { env });
      assert.deepEqual([status, out, err], [0, "", ""], kind);
    }
    const broken = { ...env, MAILCTL_SERVER: ":::" };
    const { status, out, err } = await home.run(["__complete", "message"], { env: broken });
    assert.deepEqual([status, out, err], [0, "", ""]);
    assert.deepEqual([...Deno.readDirSync(stranger.work)], []);
  });

  await t.step("a server that does not answer is not waited for", async () => {
    Deno.kill(server.pid, "SIGSTOP");
    const patient = alice!.do(["inbox"]);
    try {
      const hasty = alice!.do(["__complete", "message", "read"]);
      const first = await Promise.race([patient.then(() => "patient", () => "patient"), hasty]);
      assert.deepEqual(first, await hasty, "an ordinary command gave up before it");
      assert.equal((await hasty).out, "");
    } finally {
      Deno.kill(server.pid, "SIGCONT");
    }
    assert.match((await patient).out, /^2\t/);
  });
});
