/** Mail that nobody signed, in a program that shows From and Subject and nothing else. */
import assert from "node:assert/strict";
import { systemName } from "../../src/model/bounce.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { arrivedFrom } from "../support/arrived_unsigned.ts";
import { BridgeHere, multiLine } from "../support/bridge_here.ts";
import { HostileServer } from "../support/hostile_server.ts";

async function staged(work: (server: HostileServer, bob: BridgeHere) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bridge-" });
  try {
    await using server = await HostileServer.start();
    const [alice, bob] = await Promise.all(
      ["alice", "bob"].map((name) => BridgeHere.start(name, server.trusted, `${folder}/${name}`)),
    );
    await alice!.submit("bob", "Subject: its place is taken\r\n\r\n");
    await work(server, bob!);
    assert.deepEqual(bob!.trouble, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a program has of the only message, which is of the size that it was told. */
async function fetched(bob: BridgeHere): Promise<string> {
  const program = await bob.pop3();
  const [listed] = (await multiLine(program, "LIST")).trim().split("\r\n");
  const text = await multiLine(program, "RETR 1");
  assert.equal(listed, `1 ${text.length}`);
  const header = text.slice(0, text.indexOf("\r\n\r\n") + 4);
  assert.equal(await multiLine(program, "TOP 1 0"), header);
  await program.talk([["QUIT", "+OK"]]);
  return header;
}

/** As a reader of RFC 5322, and one that is lenient, finds them. */
function subjects(header: string): string[] {
  return [...header.matchAll(/^[^!-~]*subject\s*:(.*)$/gim)].map(([, value]) => value!.trim());
}

const from = "From: Alice <alice@mail.test>\r\n";

const forged: readonly (readonly [header: string, subject: string])[] = [
  ["Subject: Please pay invoice 7\r\n", "[unsigned] Please pay invoice 7"],
  ["Subject: [signed] Please pay\r\n", "[unsigned] [signed] Please pay"],
  ["Subject: a\r\nSubject: b\r\nSubject : c\r\n", "[unsigned] a"],
  ["Subject:\r\n folded\r\n", "[unsigned]"],
  ["", "[unsigned]"],
  ["Mailctl-Outcome: verified\r\nSubject: x\r\n", "[unsigned] x"],
];

Deno.test("mail that nobody signed bears its mark, and the size that was told", () =>
  staged(async (server, bob) => {
    for (const [header, subject] of forged) {
      const source = utf8(`${from}${header}\r\nAt once.\r\n`);
      await server.lying(await arrivedFrom(server, systemName, source), async () => {
        const shown = await fetched(bob);
        assert.deepEqual(subjects(shown), [subject]);
        assert.match(shown, /^Mailctl-Sender: unsigned\r\nMailctl-Fingerprint: +none\r\n/);
      });
    }
  }));

Deno.test("imported mail is as it was brought in, and mail that its account signed bears no mark", () =>
  staged(async (_server, bob) => {
    assert.deepEqual(subjects(await fetched(bob)), ["its place is taken"]);
    await bob.with(async (mailbox) => {
      const { messages } = await mailbox.list({ box: "inbox", limit: 5 });
      await mailbox.delete(messages.map(({ id }) => id));
      const source = utf8(`${from}Subject: imported mail\r\n\r\nhello\r\n`);
      const imported = {
        name: "x",
        box: "inbox",
        sameIn: ["inbox"],
        isRead: false,
        date: null,
      } as const;
      const content = ReadableStream.from([source]);
      await mailbox.import(ReadableStream.from([{ ...imported, content }]), {
        done: () => {},
        refused: (_, error) => assert.fail(error),
      });
    });
    assert.equal(await fetched(bob), `${from}Subject: imported mail\r\n\r\n`);
  }));
