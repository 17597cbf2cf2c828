/** Questions to a person at a terminal: passwords hidden, servers asked about, Ctrl-C, the terminal as it was. */
import assert from "node:assert/strict";
import { password, Stage } from "../support/person.ts";
import { Terminal, watched } from "../support/program_terminal.ts";

const restored = (line: string) =>
  `trap : INT; stty -ixon; before=$(stty -g); ${line}; echo "status $?"; ` +
  `[ "$before" = "$(stty -g)" ] && echo restored`;

Deno.test("questions at a terminal", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [bob] = await stage.people(server, "bob");
  const home = stage.home("alice");
  home.env["MAILCTL_SERVER"] = server.address;

  await t.step("an unknown server is asked about; no is a refusal", async () => {
    await using terminal = Terminal.open(home, "mailctl ping; echo status $?");
    await terminal.sees(server.fingerprint);
    await terminal.sees("[yes/no] ");
    await terminal.types("perhaps\r");
    await terminal.sees("Please answer yes or no");
    await terminal.types("no\r");
    await terminal.sees("status 79");
    assert.equal(await terminal.ends(), 0);
  });

  await t.step("yes is remembered", async () => {
    await using terminal = Terminal.open(home, "mailctl ping");
    await terminal.sees("[yes/no] ");
    await terminal.types("yes\r");
    await terminal.sees("round trip");
    assert.equal(await terminal.ends(), 0);
    assert.equal((await home.run(["ping"])).status, 0);
  });

  await t.step("a new password is asked for twice, and never shown", async () => {
    await using terminal = Terminal.open(home, restored("mailctl register alice"));
    await terminal.sees("New password: ");
    await terminal.types(`${password}\r`);
    await terminal.sees("Once more: ");
    await terminal.types("something else\r");
    await terminal.sees("entries differ");
    await terminal.sees("New password: ");
    await terminal.types(`x\x15correct hors\x7fse battery\r`); // Ctrl-U and a correction
    await terminal.sees("Once more: ");
    await terminal.types(`${password}\r`);
    await terminal.sees("alice@mail.test");
    await terminal.sees("status 0");
    await terminal.sees("restored");
    await terminal.ends();
    assert.doesNotMatch(terminal.screen, /correct|battery|something/);
  });

  await t.step(
    "a change of password asks for the old one, then twice for the new one",
    async () => {
      const answers = [["Password: ", password], ["New password: ", "staple staple"], [
        "Once more: ",
        "staple staple",
      ]] as const;
      for (const swap of [false, true]) {
        await using terminal = Terminal.open(home, restored("mailctl passwd --user alice"));
        for (const [question, answer] of answers) {
          await terminal.sees(question);
          const swapped = answer === password ? "staple staple" : password;
          await terminal.types(`${swap ? swapped : answer}\r`);
        }
        await terminal.sees("status 0");
        await terminal.sees("restored");
        assert.doesNotMatch(terminal.screen, /battery|staple/);
      }
    },
  );

  await t.step("a password is asked for once, also behind a pipe", async () => {
    const lines = [
      "mailctl login alice",
      "echo | mailctl send alice -s 'from a pipe' --user alice",
    ];
    for (const line of lines) {
      await home.run(["logout", "--all"]);
      await using terminal = Terminal.open(home, restored(line));
      await terminal.sees("Password: ");
      await terminal.types(`${password}\r`);
      await terminal.sees("status 0");
      await terminal.sees("restored");
      assert.doesNotMatch(terminal.screen, /correct|battery/);
    }
    await home.run(["logout", "--all"]);
  });

  for (const [signal, status] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const) {
    for (const input of ["", "echo | "]) {
      const from = input === "" ? "" : ", behind a pipe";
      await t.step(`${signal} at a hidden question restores the terminal${from}`, async () => {
        const line = `${input}sh -c 'echo $$ > pid; exec mailctl send alice -m x --user alice'`;
        await using terminal = Terminal.open(home, restored(line));
        await terminal.sees("Password: ");
        Deno.kill(Number(Deno.readTextFileSync(`${home.work}/pid`)), signal);
        await terminal.sees(`status ${status}`);
        await terminal.sees("restored");
      });
    }
  }

  await t.step(
    "Ctrl-C at any question ends with 130 and leaves the terminal as it was",
    async () => {
      const lines = [
        ["mailctl login alice", "Password: "],
        ["mailctl register carol", "New password: "],
        [`HOME=$PWD/nowhere mailctl ping`, "[yes/no] "],
        ["echo | mailctl send alice --user alice", "Password: "],
      ] as const;
      for (const [line, question] of lines) {
        await using terminal = Terminal.open(home, restored(line));
        await terminal.sees(question);
        await terminal.types("secret\x03");
        await terminal.sees("status 130");
        await terminal.sees("restored");
        if (question !== "[yes/no] ") assert.doesNotMatch(terminal.screen, /secret/);
      }
    },
  );

  await t.step("a script is never asked: its standard error is no terminal", async () => {
    const { screen, status } = await watched(
      home,
      "echo | mailctl send bob --user alice 2>err; cat err",
    );
    assert.equal(status, 0);
    assert.match(screen, /there is no terminal/);
  });

  await t.step("a body typed at the terminal ends with Ctrl-D", async () => {
    await using terminal = Terminal.open(bob!.home, "mailctl send bob -s typed");
    await terminal.sees("End it with Ctrl-D");
    await terminal.types("one\rtwo\r\x04");
    assert.equal(await terminal.ends(), 0);
    const [message] = await bob!.read(await bob!.newest());
    assert.equal(message!.body, "one\ntwo\n");
  });
});
