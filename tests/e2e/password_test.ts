/** Where passwords come from: every source works, the nearest wins, and none ever shows in a list of processes. */
import assert from "node:assert/strict";
import { SmallDisk } from "../support/program_disk.ts";
import { password, Person, Stage } from "../support/person.ts";
import { typeLine } from "../support/typed_line.ts";

const whoami = "mailctl whoami --user alice";

Deno.test("passwords", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const alice = await Person.join("alice", stage.home("alice"), server.trusted);
  const { home } = alice;
  await alice.do(["logout"]);
  const write = (name: string, text: string, mode = 0o600) => {
    Deno.writeTextFileSync(`${home.work}/${name}`, text, { mode });
    Deno.chmodSync(`${home.work}/${name}`, mode);
  };
  write("right", `${password}\n`);
  write("crlf", `${password}\r\n`);
  write("wrong", "this is not it\n");
  write("loose", `${password}\n`, 0o640);
  for (const folder of ["credential", "loose_credential", "wrong_credential"]) {
    Deno.mkdirSync(`${home.work}/${folder}`);
  }
  // Where a unit has a user of its own, systemd's file is root's, and its ACL shows as the group's bits.
  const asSystemd = Deno.uid() === 0 ? 0o440 : 0o400;
  write("credential/mailctl.password", password, asSystemd);
  write("credential/other", password, asSystemd);
  write("loose_credential/mailctl.password", password, 0o444);
  write("wrong_credential/mailctl.password", "this is not it", 0o400);
  write("notes", `${password}\r\nlogin: alice\nurl: mail.test\n`, 0o600);
  write("bytes", "", 0o600);
  Deno.writeFileSync(
    `${home.work}/bytes`,
    Uint8Array.of(0xff, 0xfe, 0xff, 0x41, 0x41, 0x41, 0x41, 0x41),
  );

  const disk = stage.keep(await SmallDisk.mount(`${stage.folder}/secrets`, 1));
  for (const mode of [0o444, 0o440, 0o644]) {
    const path = `${disk.folder}/${mode.toString(8)}`;
    Deno.writeTextFileSync(path, password, { mode });
  }
  await disk.makeReadOnly();

  const cases: readonly [string, Record<string, string>, string, number][] = [
    ["a file", {}, `${whoami} --password-file right`, 0],
    ["a file that ends in CRLF", {}, `${whoami} --password-file crlf`, 0],
    ["a file with notes below the password", {}, `${whoami} --password-file notes`, 0],
    ["stdin with notes below the password", {}, `${whoami} --password-stdin < notes`, 0],
    ["a mounted secret of 0444", {}, `${whoami} --password-file ${disk.folder}/444`, 0],
    ["a mounted secret of 0440", {}, `${whoami} --password-file ${disk.folder}/440`, 0],
    ["a mounted secret of 0644", {}, `${whoami} --password-file ${disk.folder}/644`, 0],
    ["a file by variable", { MAILCTL_PASSWORD_FILE: "right" }, whoami, 0],
    ["stdin", {}, `${whoami} --password-stdin < right`, 0],
    ["stdin without a newline", {}, `printf %s '${password}' | ${whoami} --password-stdin`, 0],
    ["the environment", { MAILCTL_PASSWORD: password }, whoami, 0],
    ["a command", { MAILCTL_PASSWORD_COMMAND: "cat right" }, whoami, 0],
    [
      "a command with notes behind the password",
      { MAILCTL_PASSWORD_COMMAND: "cat notes" },
      whoami,
      0,
    ],
    ["a command with quotes", { MAILCTL_PASSWORD_COMMAND: "sh -c 'cat \"$0\"' right" }, whoami, 0],
    ["a credential of systemd", { CREDENTIALS_DIRECTORY: `${home.work}/credential` }, whoami, 0],
    [
      "a credential of another name, by variable",
      {
        CREDENTIALS_DIRECTORY: `${home.work}/credential/`,
        MAILCTL_PASSWORD_FILE: `${home.work}/credential/other`,
      },
      whoami,
      0,
    ],
    [
      "a variable before a credential",
      { CREDENTIALS_DIRECTORY: `${home.work}/wrong_credential`, MAILCTL_PASSWORD: password },
      whoami,
      0,
    ],
    ["a wrong credential", { CREDENTIALS_DIRECTORY: `${home.work}/wrong_credential` }, whoami, 77],
    [
      "a credential that others may read",
      { CREDENTIALS_DIRECTORY: `${home.work}/loose_credential` },
      whoami,
      78,
    ],
    ["no credential of that name", { CREDENTIALS_DIRECTORY: home.work }, whoami, 64],
    [
      "a flag before a variable",
      { MAILCTL_PASSWORD: "not it at all" },
      `${whoami} --password-file right`,
      0,
    ],
    ["a file that others may read", {}, `${whoami} --password-file loose`, 78],
    ["a file that is not there", {}, `${whoami} --password-file nowhere`, 66],
    ["bytes that are no text", {}, `${whoami} --password-file bytes`, 65],
    ["a command that fails", { MAILCTL_PASSWORD_COMMAND: "false" }, whoami, 78],
    ["a command that is not there", { MAILCTL_PASSWORD_COMMAND: "nowhere" }, whoami, 78],
    ["nothing at all", {}, whoami, 64],
    ["an argument", {}, `${whoami} --password '${password}'`, 64],
    ["the wrong one", {}, `${whoami} --password-file wrong`, 77],
  ];
  for (const [name, env, line, expected] of cases) {
    await t.step(name, async () => {
      const { status, out, err } = await typeLine(home, line, { env });
      assert.equal(status, expected, err);
      assert.equal(out.startsWith("address\talice@mail.test\n"), expected === 0);
      assert.ok(!`${out}${err}`.includes(password));
    });
  }

  await t.step("a file outside the credentials has to keep its group out", async () => {
    const env = { CREDENTIALS_DIRECTORY: `${home.work}/wrong_credential` };
    const line = `${whoami} --password-file credential/mailctl.password`;
    assert.equal((await home.shell(line, { env })).status, Deno.uid() === 0 ? 78 : 0);
  });

  await t.step("the command line of a running send has neither password nor mail", async () => {
    const env = { MAILCTL_PASSWORD_COMMAND: "cat right", MAILCTL_USER: "alice" };
    const child = home.start(["send", "alice", "-a", "-:x", "-m", ""], { stdin: "", env });
    const writer = child.stdin.getWriter();
    for (let count = 0; count < 20; count++) await writer.write(new Uint8Array(64 * 1024));
    const seen = ["cmdline", "environ"]
      .map((name) => Deno.readTextFileSync(`/proc/${child.pid}/${name}`)).join();
    assert.ok(seen.includes("main.js\0send\0") && !seen.includes(password));
    await writer.close();
    const { success, stdout } = await child.output();
    assert.ok(success);
    assert.equal(new TextDecoder().decode(stdout), "1\n");
  });

  await t.step("new passwords and passphrases are credentials of their own", async () => {
    write("credential/mailctl.new-password", "another horse, another staple\n", 0o400);
    write("credential/mailctl.passphrase", "a passphrase for the file\n", 0o400);
    const env = { CREDENTIALS_DIRECTORY: `${home.work}/credential`, MAILCTL_USER: "alice" };
    const lines = ["mailctl keys export -o keys", "mailctl passwd"];
    for (const line of lines) assert.equal((await home.shell(line, { env })).err, "");
    write("credential/mailctl.password", "another horse, another staple", 0o400);
    assert.equal((await home.shell("mailctl keys import keys", { env })).err, "");
  });

  await t.step("a server's log has none of them", () => {
    assert.doesNotMatch(server.log, /correct|not it/);
  });
});
