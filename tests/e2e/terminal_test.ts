/** What a person sees at a terminal: tables that fit, hostile mail made harmless, the pager, progress. */
import assert from "node:assert/strict";
import { widthOf } from "../../src/cli/terminal/width.ts";
import { Stage } from "../support/person.ts";
import { Terminal, watched } from "../support/program_terminal.ts";

// deno-lint-ignore no-control-regex
const bold = /\x1b\[(1|22)m/g;
const linesOf = (screen: string) =>
  screen.replaceAll(bold, "").split("\r\n").filter((each) => each !== "");

const hostile = "\x1b]0;owned\x07\x1b[2J\u202Egnp.exe\u202C\u200B漢字漢字漢字👨‍👩‍👧 \x9b31m end";
/** What may steer a terminal, or hide. */
// deno-lint-ignore no-control-regex
const steering = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]/;

Deno.test("a terminal", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const { home } = alice!;
  const long = "A subject that goes on and on, well over any width that a terminal might have";
  for (const subject of [long, "漢字".repeat(30), hostile, ""]) {
    await bob!.send(["alice", "-s", subject, "-m", `${hostile}\nsecond line\n`]);
  }
  await alice!.send(["bob", "-s", long, "-m", "x"]);

  await t.step("lists fit any width, and say what was left out", async () => {
    for (const columns of [40, 64, 80, 200]) {
      for (const box of ["inbox", "sent"]) {
        const { screen, status } = await watched(home, `mailctl ${box}`, { columns });
        assert.equal(status, 0);
        const lines = linesOf(screen).slice(0, -1); // the last one counts
        for (const line of lines) assert.ok(widthOf(line) <= columns, `${columns}: ${line}`);
        assert.equal(lines.length, box === "inbox" ? 5 : 2);
        assert.equal(
          screen.includes("…"),
          columns < 200 || box === "inbox" && screen.includes("…"),
        );
      }
    }
  });

  await t.step("help fits too", async () => {
    const { screen } = await watched(home, "mailctl help missing", { columns: 40 });
    for (const line of linesOf(screen)) assert.ok(line.length <= 40, line);
  });

  await t.step("what matters most is not cut off at 40 columns", async () => {
    const shown = async (line: string, columns = 40) =>
      (await watched(home, line, { columns, env: { PAGER: "cat" } })).screen;
    await bob!.do(["read", "5"]);
    assert.match(await shown("mailctl sent"), / \(read\) bob /);
    assert.match(await shown("mailctl sent", 32), / bob \(/);
    assert.match(await shown("mailctl thread 1"), /^ *1 +[?+] +\S+ +bob +A subject that g/m);
    const folder = "A folder whose name is as long as the screen is wide";
    await alice!.do(["folders", "create", folder]);
    assert.ok((await shown("mailctl folders")).includes(` ${folder}\r\n`));
    const head = linesOf(await shown("mailctl read 1 --peek")).slice(0, 8);
    for (const line of head) assert.ok(widthOf(line) <= 40 || line.startsWith("Key:"), line);
    assert.match(head.join("\n"), /^Subject: {3}A subject that goes on and\n {11}on, /m);
  });

  await t.step("a draft is told as one", async () => {
    const id = await bob!.send(["alice", "-m", "x", "--save-draft"]);
    for (const [columns, word] of [[40, "d"], [80, "draft"]] as const) {
      const { screen } = await watched(bob!.home, "mailctl drafts", { columns });
      assert.match(screen, new RegExp(`^ *${id} +${word} `, "m"));
    }
  });

  await t.step("a watch shows lines that fit too, and says how it ends", async () => {
    for (const columns of [40, 80]) {
      const { screen, status } = await watched(home, "mailctl watch --unread -n 4", { columns });
      assert.equal(status, 0);
      const [first, ...lines] = linesOf(screen);
      assert.equal(first, "mailctl: Waiting for mail. Press Ctrl-C to stop");
      assert.equal(lines.length, 4);
      for (const line of lines) {
        assert.ok(widthOf(line) <= columns, `${columns}: ${line}`);
        assert.doesNotMatch(line, steering);
      }
    }
  });

  await t.step("what is unread is bold, unless no colour is wanted", async () => {
    for (
      const [env, isBold] of [
        [{}, true],
        [{ NO_COLOR: "1" }, false],
        [{ TERM: "dumb" }, false],
      ] as const
    ) {
      const { screen } = await watched(home, "mailctl inbox", { env });
      assert.equal(bold.test(screen), isBold);
      bold.lastIndex = 0;
      if (!isBold) assert.doesNotMatch(screen, steering);
    }
  });

  await t.step("hostile subjects and bodies are shown and do nothing", async () => {
    const lines = ["mailctl inbox", "mailctl read 1 2 3 4 --peek", "mailctl read 3 --peek --body"];
    for (const line of [...lines, "mailctl read 3 --peek --raw"]) {
      const { screen, status } = await watched(home, line, { env: { PAGER: "cat" } });
      assert.equal(status, 0, screen);
      assert.doesNotMatch(screen.replaceAll(bold, ""), steering, line);
    }
    const { screen } = await watched(home, "mailctl read 3 --peek", { env: { PAGER: "cat" } });
    assert.match(screen, /^Subject: {3}␛\]0;owned␇␛\[2J\\u\{202e\}gnp/m);
    assert.match(screen, /\r\nsecond line\r\n$/);
    const json = await watched(home, "mailctl read 3 --peek --json");
    assert.doesNotMatch(json.screen, steering);
    assert.equal(JSON.parse(json.screen).subject, hostile);
  });

  await t.step("messages open in the pager, bytes do not", async () => {
    const env = { PAGER: "sed 's/^/> /'" };
    const { screen } = await watched(home, "mailctl read 4", { env });
    assert.match(screen, /^> Message: {3}4\r\n/);
    assert.match(screen, /> second line\r\n/);
    assert.doesNotMatch((await watched(home, "mailctl read 4 --body", { env })).screen, /^>/m);
    const secret = { PAGER: "env", MAILCTL_PASSWORD: "not to be seen" };
    const told = await watched(home, "mailctl read 4", { env: secret });
    assert.match(told.screen, /^PATH=/m);
    assert.doesNotMatch(told.screen, /not to be seen/);
    const none = await watched(home, "mailctl read 4", { env: { PAGER: "not-installed" } });
    assert.match(none.screen, /^Message: {3}4\r\n/);
    const early = await watched(home, "mailctl read 1 2 3 4; echo $?", { env: { PAGER: "true" } });
    assert.equal(early.screen, "0\r\n");
  });

  await t.step("no pager is chosen for a terminal that cannot show one", async () => {
    const less = 'mkdir -p bin; printf "#!/bin/sh\necho less; cat" > bin/less; chmod +x bin/less; ';
    const line = `${less}PATH=$PWD/bin:$PATH mailctl read 4`;
    assert.match((await watched(home, line)).screen, /^less\r\n/);
    for (const env of [{ TERM: "dumb" }, { TERM: "" }]) {
      assert.match((await watched(home, line, { env })).screen, /^Message: {3}4\r\n/);
    }
    const env = { TERM: "dumb", PAGER: "sed 's/^/> /'" };
    assert.match((await watched(home, line, { env })).screen, /^> Message/);
  });

  await t.step("an empty list says so", async () => {
    const of = async (line: string) => (await watched(home, line)).screen;
    assert.equal(await of("mailctl missing"), "mailctl: No messages are missing\r\n");
    const none = "mailctl: There are no application passwords\r\n";
    assert.equal(await of("mailctl app-password list"), none);
  });

  await t.step("the pager ends when the person says so; Ctrl-C is the pager's", async () => {
    const pager =
      `sh -c 'cat; trap "echo caught" INT; echo paging; read line </dev/tty; read line </dev/tty'`;
    const env = { PAGER: pager };
    await using terminal = Terminal.open(home, "trap : INT; mailctl read 1; echo status $?", {
      env,
    });
    await terminal.sees("paging");
    let isCaught = false;
    const caught = terminal.sees("caught").then(() => isCaught = true);
    while (!isCaught) { // a shell that is about to read hears nothing of it
      await terminal.types("\x03");
      await Promise.race([caught, new Promise((resolve) => setTimeout(resolve, 500))]);
    }
    await terminal.types("\r\r");
    await terminal.sees("status 0");
  });

  await t.step("an attachment that is no text is not poured over the terminal", async () => {
    const stdin = Uint8Array.of(0xff, 0xfe, 0x1b, 0x5b, 0x32, 0x4a);
    const id = await alice!.send(["alice", "-m", "", "-a", "-:x.bin"], { stdin });
    const line = `mailctl read ${id} --attachment 1`;
    const { screen, status } = await watched(home, line);
    assert.equal(status, 64);
    assert.match(screen, /on a terminal: it is not text[^]*hint: /);
    assert.equal((await watched(home, `${line} | od -An -tx1`)).screen.trim(), "ff fe 1b 5b 32 4a");
  });
});
