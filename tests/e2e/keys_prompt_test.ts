/** Passwords, codes and passphrases at a terminal: asked for one after the other, hidden, and the terminal as it was. */
import assert from "node:assert/strict";
import { password, Person, Stage } from "../support/person.ts";
import { Terminal } from "../support/program_terminal.ts";

const fresh = "staple staple staple";

Deno.test("a lost password, at a terminal", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const { home } = await Person.join("alice", stage.home("alice"), server.trusted);
  let code = "";

  /** Answers questions in their order and returns what was on the screen. */
  async function talk(line: string, answers: readonly (readonly [string, string])[], status = 0) {
    const restored = `before=$(stty -g); ${line}; echo "status $?"; ` +
      `[ "$before" = "$(stty -g)" ] && echo restored`;
    await using terminal = Terminal.open(home, restored);
    for (const [question, answer] of answers) {
      await terminal.sees(question);
      await terminal.types(`${answer}\r`);
    }
    await terminal.sees(`status ${status}`);
    await terminal.sees("restored");
    await terminal.ends();
    for (const [, answer] of answers) assert.ok(!terminal.screen.includes(answer), "it was shown");
    return terminal.screen;
  }

  await t.step("a code is shown with a word on what it is", async () => {
    const screen = await talk("mailctl account recovery", [["Password: ", password]]);
    assert.match(screen, /Keep this code: it is shown only once/);
    code = /(?:[0-9A-Z]{4}-){8}[0-9A-Z]{4}/.exec(screen)![0];
  });

  await t.step("a typing error is told before a new password is asked for", async () => {
    const wrong = code.replace(/^./, code.startsWith("7") ? "8" : "7");
    const screen = await talk("mailctl account recover alice", [["Recovery code: ", wrong]], 65);
    assert.match(screen, /typing error/);
    assert.doesNotMatch(screen, /New password/);
  });

  await t.step("the code, and the new password twice", async () => {
    const screen = await talk("mailctl account recover alice", [
      ["Recovery code: ", code.toLowerCase()],
      ["New password: ", fresh],
      ["Once more: ", `${fresh}!`],
      ["New password: ", fresh],
      ["Once more: ", fresh],
    ]);
    assert.match(screen, /two entries differ/);
    assert.match(screen, /alice@mail\.test/);
    assert.equal((await home.run(["inbox"])).status, 0, "the saved login goes on working");
  });

  await t.step(
    "a passphrase is asked for twice where it is new, and once where it is not",
    async () => {
      await talk("mailctl keys export -o alice.age", [
        ["New passphrase: ", fresh],
        ["Once more: ", fresh],
      ]);
      const screen = await talk("mailctl keys import alice.age", [
        ["Passphrase: ", fresh],
        ["Password: ", fresh],
      ]);
      assert.match(screen, /imported\s+0/);
    },
  );
});
