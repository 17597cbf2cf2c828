/** Debian's Thunderbird and the bridge: it fetches byte for byte, sends, and deletes what it was told not to leave. */
import assert from "node:assert/strict";
import { byteString } from "../../src/mime/byte_string.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { TcpConnection } from "../../src/net/tcp_connection.ts";
import { multiLine } from "../support/bridge_here.ts";
import { BridgeProcess } from "../support/bridge_process.ts";
import { areInstalled } from "../support/installed.ts";
import { MailProgram } from "../support/mail_program.ts";
import { type Person, Stage } from "../support/person.ts";
import { securities, type Security, Thunderbird } from "../support/thunderbird.ts";

/** A character a byte. */
const hard = "Subject: Hard to carry\r\nTo: bob@mail.test\r\n" +
  "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
  `\xe4\xf6\xfc \xff\r\n.\r\n..x\r\nFrom here\r\n>From there\r\n${
    "y".repeat(5000)
  }\r\n\r\n\r\nend\r\n\r\n`;

const text = `\u00e4\u00f6\u00fc\n.\n..x\nFrom here\n${"long ".repeat(1000)}\nend\n`;

Deno.test({
  name: "Thunderbird fetches byte for byte, sends with an attachment, and deletes",
  ignore: !areInstalled("thunderbird"),
  fn: useThunderbird,
});

async function useThunderbird(t: Deno.TestContext): Promise<void> {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob") as [Person, Person];
  const plain = stage.keep(await BridgeProcess.start(bob));
  const secured = stage.keep(await BridgeProcess.start(bob, "--tls"));
  const thunderbird = stage.keep(await Thunderbird.start(bob.home, "bob@mail.test", "pop3"));
  await bob.send(["alice", "-m", "From now on they know each other's keys"]);
  const file = randomBytes(60_000);
  for (const { home } of [alice, bob]) await Deno.writeFile(`${home.work}/file.bin`, file);

  for (const security of Object.keys(securities) as Security[]) {
    await t.step(`security ${security}`, async () => {
      await thunderbird.use(security === "SSL/TLS" ? secured : plain, security);
      await alice.send(["bob", "-s", security, "-m", text, "-a", "file.bin"]);
      const message = Uint8Array.from(hard, (byte) => byte.charCodeAt(0));
      assert.equal((await alice.run(["sendmail", "-i", "bob"], { stdin: message })).status, 0);
      await thunderbird.fetch();
      assertSame(thunderbird.messages(), await messagesAt(plain));

      const attachment = `${bob.home.work}/file.bin`;
      await thunderbird.send({ to: "alice@mail.test", subject: security, text, attachment });
      const [got] = await alice.read(await alice.newest());
      assert.deepEqual([got!.outcome, got!.subject, got!.from], [
        "signed",
        security,
        "bob@mail.test",
      ]);
      assert.equal(got!.body?.replaceAll("\r\n", "\n").trimEnd(), text.trimEnd());
      await alice.do(["read", String(got!.id), "--save", security.replace("/", " ")]);
      const saved = await Deno.readFile(
        `${alice.home.work}/${security.replace("/", " ")}/file.bin`,
      );
      assert.deepEqual(saved, file);
    });
  }

  await t.step("what it shall not leave at the server is gone there", async () => {
    await thunderbird.fetch({ deletes: true });
    assert.equal((await bob.list("inbox")).total, 0);
    assert.equal(thunderbird.messages().length, 6);
  });
}

/** What the bridge has, a character a byte. */
async function messagesAt({ settings: { pop3, password } }: BridgeProcess): Promise<string[]> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port: pop3.port });
  const program = new MailProgram(new TcpConnection(socket));
  await program.line();
  await program.talk([["USER bob", "+OK"], [`PASS ${password}`, "+OK"]]);
  const count = Number((await program.ask("STAT"))!.split(" ")[1]);
  const messages: string[] = [];
  for (let number = 1; number <= count; number++) {
    messages.push(await multiLine(program, `RETR ${number}`));
  }
  await program.talk([["QUIT", "+OK"]]);
  program.close();
  return messages;
}

/** It ends lines with LF. */
function assertSame(stored: readonly Uint8Array[], given: readonly string[]): void {
  assert.ok(given.some((each) => each.endsWith(hard.slice(hard.indexOf("\r\n\r\n")))));
  const lines = given.map((each) => each.replaceAll("\r\n", "\n"));
  assert.deepEqual(stored.map(byteString).toSorted(), lines.toSorted());
}
