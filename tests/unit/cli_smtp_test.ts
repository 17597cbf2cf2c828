/** SMTP on two pipes: what is answered, what is taken for a message, and that neither can be mistaken for the other. */
import assert from "node:assert/strict";
import { speakSmtp } from "../../src/cli/smtp.ts";
import { MailError } from "../../src/model/errors.ts";
import { bytesOf, collect, cut } from "../support/mime.ts";

interface Talk {
  readonly answers: string[];
  readonly messages: { readonly recipients: readonly string[]; readonly text: string }[];
}

/** Says all of it at once, cut to pieces; a recipient "never" cannot be sent to, a "half" is not read to its end. */
async function talk(said: string, size = 1_000): Promise<Talk> {
  const answers: string[] = [];
  const messages: Talk["messages"] = [];
  await speakSmtp(
    cut(bytesOf(said), size),
    (text) => Promise.resolve(void answers.push(...text.trimEnd().split("\r\n"))),
    async (recipients, message) => {
      if (recipients.includes("half")) {
        for await (const _ of message) throw new MailError("cannot_create", "no room");
      }
      if (recipients.includes("never")) throw new MailError("no_such_recipient", "no ü\r\n250 x");
      messages.push({ recipients, text: new TextDecoder().decode(await collect(message)) });
    },
  );
  return { answers, messages };
}

const start = "MAIL FROM:<a@x>\r\nRCPT TO:<bob>\r\nDATA\r\n";

const texts: readonly (readonly [sent: string, text: string])[] = [
  [".\r\n", ""],
  ["a\r\n.\r\n", "a\r\n"],
  ["..\r\n...a\r\n.b\r\n.\r\n", ".\r\n..a\r\nb\r\n"],
  ["a\n.\nb\r\n.\r\n", "a\n.\nb\r\n"],
  ["a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n"],
  ["a\r.\r\nb\r\n.\r\n", "a\r.\r\nb\r\n"],
  ["a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n"],
  ["a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n"],
  ["a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n"],
  ["QUIT\r\nRCPT TO:<eve>\r\n.\r\n", "QUIT\r\nRCPT TO:<eve>\r\n"],
];

for (const [sent, text] of texts) {
  Deno.test(`a message ends at CRLF . CRLF alone: ${JSON.stringify(sent)}`, async () => {
    for (const size of [1, 2, 3, 1_000]) {
      const { answers, messages } = await talk(`${start}${sent}NOOP\r\n`, size);
      assert.deepEqual(messages, [{ recipients: ["bob"], text }]);
      assert.deepEqual(answers.slice(-2), ["250 Taken", "250 Done"]);
    }
  });
}

const lines: readonly (readonly [said: string, answer: string])[] = [
  ["noop", "250"],
  ["HELO x", "250"],
  ["RCPT TO:<bob>", "503"],
  ["DATA", "503"],
  ["MAIL FROM:bob", "501"],
  ["MAIL FROM:<> BODY=8BITMIME", "250"],
  ["STARTTLS", "500"],
  ["AUTH x", "502"],
  ["", "500"],
  ["NOOP\n", "500"],
  [`NOOP ${"x".repeat(100_000)}`, "500"],
];

for (const [said, answer] of lines) {
  Deno.test(`a line is answered: ${JSON.stringify(said.slice(0, 30))}`, async () => {
    const line = said.endsWith("\n") ? said : `${said}\r\n`;
    const { answers } = await talk(`${line}QUIT\r\nNOOP\r\n`);
    assert.deepEqual(answers.map((each) => each.slice(0, 3)), ["220", answer, "221"]);
  });
}

Deno.test("a recipient must be one address, and 50 are enough", async () => {
  const many = "RCPT TO:<bob>\r\n".repeat(51);
  const { answers } = await talk(`MAIL FROM:<>\r\nRCPT TO:<a b>\r\nRCPT TO:<>\r\n${many}`);
  const codes = answers.map((each) => each.slice(0, 3));
  assert.deepEqual(codes.slice(0, 4), ["220", "250", "553", "501"]);
  assert.deepEqual(codes.slice(-2), ["250", "452"]);
});

Deno.test("what cannot be sent is told on one line, and the next message is a new one", async () => {
  const twice = `${start.replace("bob", "never")}x\r\n.\r\n${start}y\r\n.\r\n`;
  const { answers, messages } = await talk(twice);
  assert.ok(answers.includes("550 no ???250 x"), answers.join("\n"));
  assert.deepEqual(messages, [{ recipients: ["bob"], text: "y\r\n" }]);
});

Deno.test("a message that nobody reads to its end is not taken for commands", async () => {
  const data = `QUIT\r\n${"x".repeat(5_000)}\r\n.\r\n`;
  const { answers } = await talk(`${start.replace("bob", "half")}${data}NOOP\r\n`, 10);
  assert.deepEqual(answers.slice(-2), ["452 no room", "250 Done"]);
});

Deno.test("a message without an end is not delivered", async () => {
  await assert.rejects(talk(`${start}x\r\n`), { code: "protocol" });
  await assert.rejects(talk(`${start.replace("bob", "half")}x\r\n`), { code: "protocol" });
});
