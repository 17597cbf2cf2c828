/** Our SMTP in whole dialogues: its policy, its limits, and no byte that two could read in two ways. */
import assert from "node:assert/strict";
import { failures } from "../../src/model/errors.ts";
import { utf8 } from "../../src/model/bytes.ts";
import type { Connection } from "../../src/net/connection.ts";
import { SmtpStage } from "../support/smtp_stage.ts";

Deno.test("what may work later is told so, and keeps its codes in step", () => {
  for (const [code, { smtp, retry }] of Object.entries(failures)) {
    const [reply, enhanced] = smtp.split(" ");
    assert.equal(reply![0], enhanced![0], code);
    if (retry) assert.equal(reply![0], "4", code);
  }
});

const begin = [
  ["EHLO client.test", "250-here.test\n250-PIPELINING\n250-8BITMIME"],
  ["MAIL FROM:<carol@elsewhere.test> BODY=8BITMIME", "250 2.1.0"],
  ["RCPT TO:<bob@mail.test>", "250 2.1.5"],
] as const;

const bodies: Readonly<Record<string, string>> = {
  "a short one": "Subject: x\r\n\r\nhello\r\n",
  "nothing": "",
  "dots": ".\r\n..\r\n.x\r\n\r\n.\r\n",
  "8 bits and NUL": "a\0b\xff\xfe\r\n",
  "a line without end": `${"x".repeat(70_000)}\r\n`,
};

for (const [name, body] of Object.entries(bodies)) {
  for (const chunkBytes of [Infinity, 7, 1]) {
    if (body.length > 1000 && chunkBytes === 1) continue;
    Deno.test(`a message of ${name} arrives as it is, ${chunkBytes} bytes at once`, async () => {
      const stage = new SmtpStage();
      const program = await stage.connect();
      await program.talk(begin);
      assert.match((await program.ask("DATA"))!, /^354 /);
      await program.say(`${body.replace(/^\./gm, "..")}.\r\n`, chunkBytes);
      assert.equal(await program.reply(), "250 2.6.0 taken 1");
      assert.deepEqual(stage.taken, [{
        sender: "carol@elsewhere.test",
        recipients: ["bob@mail.test"],
        text: body,
      }]);
      await program.talk([["QUIT", "221 "]]);
      assert.equal(await program.rest(), "");
      await stage.over();
      assert.equal(stage.left, 1);
    });
  }
}

Deno.test("commands may be pipelined, and two messages follow each other", async () => {
  const stage = new SmtpStage();
  const program = await stage.connect({ maxReadBytes: 3 });
  const one = "MAIL FROM:<>\r\nRCPT TO:<bob>\r\nRCPT TO:<alice@mail.test>\r\nDATA\r\n";
  await program.say(`EHLO x\r\n${one}first\r\n.\r\n${one}second\r\n.\r\nQUIT\r\n`);
  const said = await program.rest();
  assert.deepEqual(said.match(/^\d+/gm)!.filter((code) => code !== "250"), ["354", "354", "221"]);
  assert.deepEqual(stage.taken.map(({ sender, recipients, text }) => [sender, recipients, text]), [
    ["", ["bob@mail.test", "alice@mail.test"], "first\r\n"],
    ["", ["bob@mail.test", "alice@mail.test"], "second\r\n"],
  ]);
});

const bare: Readonly<Record<string, string>> = {
  "a command that ends with LF": "NOOP\nNOOP\r\n",
  "a command with a CR in it": "NOOP\rRSET\r\n",
  "a message that ends with LF, dot, LF": "DATA\r\nhello\n.\nMAIL FROM:<evil@mail.test>\r\n",
  "a message that ends with LF, dot, CRLF": "DATA\r\nhello\n.\r\nMAIL FROM:<evil@mail.test>\r\n",
  "a message that ends with CRLF, dot, LF": "DATA\r\nhello\r\n.\nMAIL FROM:<evil@mail.test>\r\n",
  "a message that ends with CR, dot, CR": "DATA\r\nhello\r.\rMAIL FROM:<evil@mail.test>\r\n",
};

for (const [name, said] of Object.entries(bare)) {
  for (const chunkBytes of [Infinity, 1]) {
    Deno.test(`${name} ends the connection, ${chunkBytes} bytes at once`, async () => {
      const stage = new SmtpStage();
      const program = await stage.connect();
      await program.talk(begin);
      await program.say(said, chunkBytes).catch(() => {});
      assert.match(await program.rest(), /521 5\.5\.2 A bare (?:CR|LF) ends no line\r\n$/);
      program.close();
      await stage.over();
      assert.deepEqual(stage.taken, []);
    });
  }
}

const refusals: readonly (readonly [name: string, said: string, reply: RegExp])[] = [
  ["a recipient that does not exist", "RCPT TO:<nobody>", /^550 5\.1\.1 Cannot send to nobody@/],
  ["a defect tells nothing", "RCPT TO:<defect>", /^451 4\.3\.0 Cannot continue$/],
  ["a size over the limit", "RSET\r\nMAIL FROM:<x@y.test> SIZE=1000001", /\n552 5\.3\.4 /],
  ["a recipient of nothing", "RCPT TO:", /^501 5\.1\.3 /],
  ["a recipient that does not end", "RCPT TO:<bob@mail.test NOTIFY=NEVER", /^501 5\.1\.3 /],
  ["a second sender", "MAIL FROM:<eve@else.test>", /^503 5\.5\.1 /],
  ["a sender that is missing", "RSET\r\nMAIL FROM", /\n501 5\.1\.7 /],
  ["a message of a kind that is not there", "BDAT 10 LAST", /^500 5\.5\.2 /],
  ["DATA of something", "DATA now", /^501 5\.5\.4 /],
  ["HTTP", "POST / HTTP/1.1", /^421 /],
  ["a forwarded client", "XCLIENT ADDR=1.2.3.4", /^500 /],
  ["a wizard", "WIZ x", /^500 /],
  ["TLS where there is none", "STARTTLS", /^500 /],
  ["a password where none is needed", "AUTH PLAIN AGFsaWNlAHNlY3JldA==", /^500 /],
  ["a line without end", `NOOP ${"x".repeat(5000)}`, /^421 /],
];

for (const [name, said, reply] of refusals) {
  Deno.test(`refused: ${name}`, async () => {
    const stage = new SmtpStage();
    const program = await stage.connect();
    await program.talk(begin);
    await program.say(`${said}\r\n`);
    let heard = await program.reply();
    if (said.includes("\r\n")) heard += `\n${await program.reply()}`;
    assert.match(heard!, reply);
    assert.equal(stage.defects.length, name.startsWith("a defect") ? 1 : 0);
    program.close();
  });
}

Deno.test("a recipient too many is told so, and the others are kept", async () => {
  const stage = new SmtpStage();
  const program = await stage.connect();
  await program.talk([
    ...begin,
    ["RCPT TO:<two>", "250"],
    ["RCPT TO:<three>", "250"],
    ["RCPT TO:<four>", "452 4.5.3"],
    ["DATA", "354"],
    ["x\r\n.", "250"],
  ]);
  assert.equal(stage.taken[0]?.recipients.length, 3);
  program.close();
});

Deno.test("a message over the limit is refused, and the next one is taken", async () => {
  const stage = new SmtpStage({ maxMessageBytes: 1000 });
  const program = await stage.connect();
  await program.talk([...begin, ["DATA", "354"]]);
  await program.say(`${"x".repeat(998)}\r\n`.repeat(50) + ".\r\n");
  assert.match((await program.reply())!, /^552 5\.3\.4 /);
  await program.talk([...begin.slice(1), ["DATA", "354"], ["x\r\n.", "250"]]);
  assert.deepEqual([stage.taken.length, stage.cut], [1, 1]);
  program.close();
});

Deno.test("a message that is cut off is not taken", async () => {
  const stage = new SmtpStage();
  const program = await stage.connect();
  await program.talk([...begin, ["DATA", "354"]]);
  await program.say("Subject: half\r\n\r\nhalf a messa");
  program.close();
  await stage.over();
  assert.deepEqual([stage.taken, stage.cut], [[], 1]);
});

Deno.test("a command without its end is not carried out", async () => {
  const stage = new SmtpStage();
  const program = await stage.connect();
  await program.talk([...begin, ["DATA", "354"]]);
  await program.say("x\r\n.\r\nQUIT");
  assert.match((await program.reply())!, /^250 /);
  program.close();
  await stage.over();
  assert.equal(stage.taken.length, 1);
});

Deno.test("who is refused again and again is cut off", async () => {
  const stage = new SmtpStage();
  const program = await stage.connect();
  await program.talk(begin.slice(0, 2));
  await program.say("RCPT TO:<nobody>\r\n".repeat(100));
  const said = await program.rest();
  assert.equal(said.match(/^550/gm)?.length, 20);
  assert.match(said, /421 4\.7\.0 Too many refused commands\r\n$/);
  program.close();
});

Deno.test("with a login nothing goes without it, and three wrong passwords are the last", async () => {
  const stage = new SmtpStage({ requiresLogin: true });
  const [program, other] = [await stage.connect(), await stage.connect()];
  await program.talk([
    ["EHLO x", "250-"],
    ["MAIL FROM:<alice@mail.test>", "530 5.7.0"],
    ["AUTH CRAM-MD5", "504"],
    [`AUTH PLAIN ${btoa("\0alice\0secret")}`, "235 2.7.0"],
    ["MAIL FROM:<alice@mail.test>", "250"],
  ]);
  await other.talk([
    ["EHLO x", "250-"],
    [`AUTH PLAIN ${btoa("\0alice\0wrong")}`, "535 5.7.8"],
    ["AUTH LOGIN", "334"],
    [btoa("alice"), "334"],
    [btoa("wrong"), "535"],
    [`AUTH PLAIN ${btoa("\0bob\0secret")}`, "421 4.7.0"],
  ]);
  program.close();
});

Deno.test("who talks before the greeting and says no more behind QUIT hears every reply", async () => {
  const said = ["EHLO x\r\n", "QUIT\r\n"];
  let heard = "";
  const connection: Connection = {
    remoteAddress: "pipe",
    certificateDigest: null,
    read: () => Promise.resolve(said.length === 0 ? null : utf8(said.shift()!)),
    write: async (bytes) => {
      await new Promise((resolve) => setTimeout(resolve)); // later than the end of what is read
      if (!isClosed) heard += new TextDecoder().decode(bytes);
    },
    close: () => isClosed = true,
  };
  let isClosed = false;
  await new SmtpStage().server.speak(connection);
  assert.match(heard, /^220 [^]*\r\n221 2\.0\.0 Bye\r\n$/);
});

const logins: readonly (readonly [said: string, isFine: boolean])[] = [
  ["\0alice\0secret", true],
  ["alice\0alice\0secret", true],
  ["Alice@mail.test\0alice\0secret", true],
  ["alice\0\0secret", true], // as many programs have it
  ["bob\0alice\0secret", false],
  ["bob@mail.test\0alice\0secret", false],
  ["alic\0alice\0secret", false],
  ["alice2\0alice\0secret", false],
];

Deno.test("AUTH PLAIN logs nobody in as somebody else", async () => {
  for (const [said, isFine] of logins) {
    const program = await new SmtpStage({ requiresLogin: true }).connect();
    await program.talk([["EHLO x", "250"], [`AUTH PLAIN ${btoa(said)}`, isFine ? "235" : "535"]]);
    program.close();
  }
});
