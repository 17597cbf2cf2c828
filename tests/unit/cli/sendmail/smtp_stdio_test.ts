/** SMTP on two pipes, where `sendmail -bs` differs from a server's: who is meant, and what a cut does. */
import assert from "node:assert/strict";
import { speakSmtp } from "../../../../src/cli/sendmail/smtp_stdio.ts";
import { byteString } from "../../../../src/mime/byte_string.ts";
import { parseAliases } from "../../../../src/client/submission/parse_aliases.ts";
import { MailError } from "../../../../src/model/errors.ts";
import type { Connection } from "../../../../src/net/connection.ts";
import { bytesOf, collect, cut } from "../../../support/mime.ts";

interface Talk {
  readonly answers: string[];
  readonly messages: { readonly recipients: readonly string[]; readonly text: string }[];
}

const aliases = parseAliases("_apt: bob\nsystemd--x: bob\n", "/etc/aliases");

/** Says all of it at once and is gone; a recipient "never" cannot be sent to, a "half" is not read to its end. */
async function talk(said: string): Promise<Talk> {
  const input = cut(bytesOf(`EHLO x\r\n${said}`), 10);
  const messages: Talk["messages"] = [];
  let heard = "";
  const connection: Connection = {
    remoteAddress: "stdio",
    certificateDigest: null,
    read: async () => (await input.next()).value?.slice() ?? null,
    write: (bytes) => Promise.resolve(void (heard += byteString(bytes))),
    close: () => {},
  };
  await speakSmtp(connection, aliases, async (recipients, message) => {
    if (recipients.includes("half")) {
      for await (const _ of message) throw new MailError("cannot_create", "no room");
    }
    if (recipients.includes("never")) throw new MailError("no_such_recipient", "no ü\r\n250 x");
    if (recipients.includes("defect")) throw new TypeError("a defect with a secret");
    messages.push({ recipients, text: byteString(await collect(message)) });
  });
  const answers = heard.trimEnd().split("\r\n").filter((line) => line[3] !== "-");
  return { answers: answers.slice(2), messages };
}

function transfer(recipient: string, text: string): string {
  return `MAIL FROM:<root@x>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n${text}\r\n.\r\n`;
}

const recipients: readonly (readonly [said: string, meant: string])[] = [
  ["bob", "bob"],
  ["bob@localhost", "bob"],
  ["bob@LOCALHOST", "bob"],
  ["_apt", "_apt"],
  ["systemd--x@localhost", "systemd--x"],
  ["bob@mail.test", "bob@mail.test"],
  ["bob@localhost.test", "bob@localhost.test"],
];

for (const [said, meant] of recipients) {
  Deno.test(`the recipient <${said}> is ${meant}`, async () => {
    const { messages } = await talk(`${transfer(said, "x")}QUIT\r\n`);
    assert.deepEqual(messages, [{ recipients: [meant], text: "x\r\n" }]);
  });
}

Deno.test("a recipient must be one address, and 50 are enough", async () => {
  const names = Array.from({ length: 51 }, (_, at) => `RCPT TO:<bob${at}>\r\n`).join("");
  const { answers } = await talk(
    `MAIL FROM:<>\r\nRCPT TO:<a b>\r\nRCPT TO:<>\r\n${
      ["a%b@mail.test", "a%b", "bob,carol", '"bob (x)"'].map((one) => `RCPT TO:<${one}>\r\n`).join(
        "",
      )
    }${names}`,
  );
  const codes = answers.map((each) => each.slice(0, 3));
  assert.deepEqual(codes.slice(0, 3), ["250", "501", "501"]);
  for (const code of codes.slice(3, 7)) assert.match(code, /^5/);
  assert.deepEqual(codes.slice(-2), ["250", "452"]);
});

Deno.test("what cannot be sent is told on one line, and the next message is a new one", async () => {
  const { answers, messages } = await talk(transfer("never", "x") + transfer("bob", "y"));
  assert.ok(answers.includes("550 5.1.1 no ???250 x"), answers.join("\n"));
  assert.deepEqual(messages, [{ recipients: ["bob"], text: "y\r\n" }]);
});

Deno.test("a message that nobody reads to its end is not taken for commands", async () => {
  const { answers } = await talk(`${transfer("half", `QUIT\r\n${"x".repeat(5_000)}`)}NOOP\r\n`);
  assert.deepEqual(answers.slice(-2).map((each) => each.slice(0, 3)), ["451", "250"]);
});

Deno.test("a message without an end is not delivered, and ends with its own status", async () => {
  for (const missing of [1, 2, 3, 5]) {
    await assert.rejects(talk(transfer("bob", "x\r\ny").slice(0, -missing)), { code: "protocol" });
  }
});

Deno.test("a defect is told to nobody who speaks SMTP, and is the program's own failure", async () => {
  await assert.rejects(talk(`${transfer("defect", "x")}QUIT\r\n`), TypeError);
});
