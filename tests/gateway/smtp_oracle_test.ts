/**
 * The same dialogues to npm smtp-server and to ours: the codes of their replies are the same, but where a table says why
 * they are not. The library is here alone; the program does not contain it.
 */
import assert from "node:assert/strict";
import { SMTPServer, type SMTPServerOptions } from "npm:smtp-server@3.21.6";
import { limits } from "../../src/model/limits.ts";
import { TcpConnection } from "../../src/net/tcp_connection.ts";
import { MailProgram } from "../support/mail_program.ts";
import { pipe } from "../support/pipe.ts";
import { SmtpStage } from "../support/smtp_stage.ts";

const maxBytes = 1_000;

interface TestedServer {
  connect(): Promise<MailProgram>;
  close(): Promise<void>;
}

/** The library, with what the stage's policy does as its handlers. */
async function npmServer(requiresLogin: boolean): Promise<TestedServer> {
  const fail = (code: number, text: string) =>
    Object.assign(new Error(text), { responseCode: code });
  const options: SMTPServerOptions = {
    name: "here.test",
    banner: "mailctl",
    logger: false,
    disableReverseLookup: true,
    disabledCommands: ["STARTTLS", "HELP", "WIZ", "XCLIENT", ...(requiresLogin ? [] : ["AUTH"])],
    authMethods: ["PLAIN", "LOGIN"],
    allowInsecureAuth: true,
    authOptional: !requiresLogin,
    maxAllowedUnauthenticatedCommands: limits.maxRefusedCommands,
    hideENHANCEDSTATUSCODES: false,
    hideDSN: false,
    size: maxBytes,
    rejectOversized: true,
    onAuth: ({ username, password }, _session, done) =>
      done(null, username === "alice" && password === "secret" ? { user: username } : {}),
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith("nobody") ? fail(550, "no such account") : null),
    onData: (stream, _session, done) => {
      stream.resume();
      stream.on("end", () => done(null, "taken"));
    },
  };
  const server = new SMTPServer(options);
  server.on("error", () => {});
  const net = server.listen(0, "127.0.0.1");
  await new Promise((resolve) => net.once("listening", resolve));
  const { port } = net.address() as { port: number };
  return {
    connect: async () =>
      new MailProgram(new TcpConnection(await Deno.connect({ hostname: "127.0.0.1", port }))),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function ourServer(requiresLogin: boolean): TestedServer {
  const stage = new SmtpStage({ requiresLogin, offersNotices: true, maxMessageBytes: maxBytes });
  return {
    connect: () => {
      const [ours, theirs] = pipe();
      stage.server.speak(ours);
      return Promise.resolve(new MailProgram(theirs));
    },
    close: () => stage.server.finish(),
  };
}

/** The reply code of each line, with its enhanced code; what is not answered any more has none. */
async function talk(listener: TestedServer, lines: readonly string[]): Promise<string[]> {
  const program = await listener.connect();
  const codes: string[] = [];
  await program.reply();
  for (const line of lines) {
    await program.say(`${line}\r\n`).catch(() => {});
    const reply = await program.reply();
    codes.push(/^\d{3}(?: \d\.\d+\.\d+(?= ))?/.exec(reply ?? "")?.[0] ?? "none");
    if (reply === null) break;
  }
  program.close();
  return codes;
}

const sender = "MAIL FROM:<mia@out.test>";
const recipient = "RCPT TO:<bob@mail.test>";

/** Dialogues behind EHLO, where nobody has to log in. */
const open: readonly (readonly string[])[] = [
  ["NOOP", "noop ", "RSET", "VRFY", "VRFY bob", "HELP", "EXPN bob", "FOO", "", " NOOP", "QUIT"],
  ["HELO x", "EHLO", "HELO", "EHLO [127.0.0.1]", `EHLO ${"x".repeat(301)}`, "HELO a_b", "EHLO ü"],
  Array(12).fill("FOO"),
  [recipient, "DATA", sender, "DATA", sender, recipient, "RSET", recipient, "DATA"],
  [sender, recipient, "EHLO again", recipient],
  [sender, recipient, "DATA", "Subject: x\r\n\r\n..x\r\n.", "DATA", sender, recipient, "DATA", "."],
  [sender, recipient, "DATA", `${"x".repeat(maxBytes)}\r\n.`, sender, recipient, "DATA", "x\r\n."],
  [sender, "RCPT TO:<nobody@mail.test>", "DATA", recipient, "DATA", "x\r\n.", "QUIT"],
  ["STARTTLS", "AUTH PLAIN AGFsaWNlAHNlY3JldA==", "BDAT 3 LAST", "XCLIENT ADDR=1.2.3.4", "WIZ x"],
  ["GET / HTTP/1.1"],
  ["POST /x HTTP/1.0"],
  [`NOOP ${"x".repeat(20_000)}`],
  ["MAIL", "RCPT", "DATA"],
];

/** What stands behind MAIL FROM, each on a transaction of its own. */
const senders = [
  ...[
    ":<>",
    ": <>",
    ":",
    "",
    ":<mia@out.test",
    ":mia@out.test>",
    ":<mia>@out.test",
    " <a@out.test>",
  ],
  ...[":<mia@out.test> ", ":<@a.test,@b.test:mia@out.test>", ":<mia@>", ":<@out.test>", ":<a@b@c>"],
  ...[":<mia@[127.0.0.1]>", ":<mia@[IPv6:::1]>", ":<mia@[1.2.3]>", ":<mia@[x]>", ":<mia@-.test>"],
  ...[
    ":<mia@.out.test>",
    ":<mia@out..test>",
    ":<mia@out test>",
    ":<m\x01a@out.test>",
    ":<m<a@out.test>",
  ],
  ...[
    `:<${"x".repeat(300)}@out.test>`,
    `:<x@${"out.".repeat(70)}test>`,
    ":<a+b=c@out.test>",
    ":<ü@ü.test>",
  ],
  ...[":<mia\u200b@out.test>", ":<SRS0=x=y@out.test>", ":<prvs=1234@out.test>", ":<a%b@out.test>"],
].map((text) => `MAIL FROM${text}`);

const senderParameters = [
  ...["SIZE=1000", "SIZE=1001", "SIZE=", "SIZE", "SIZE=-1", "SIZE=1e3", `SIZE=${"9".repeat(21)}`],
  ...["SIZE=1 SIZE=2", "BODY=7BIT", "BODY=8bitmime", "BODY=BINARYMIME", "BODY", "SMTPUTF8"],
  ...[
    "SMTPUTF8=1",
    "AUTH=<>",
    "RET=FULL",
    "ret=hdrs",
    "RET=ALL",
    "RET",
    "ENVID=x",
    "ENVID",
  ],
].map((text) => `${sender} ${text}`);

const recipients = [
  ...["<>", "", "<bob@mail.test", "<bob @mail.test>", "<@a.test:bob@mail.test>", "<a@b@mail.test>"],
  ...["<bob@mail.test>\0", "<postmaster@mail.test>", "<POSTMASTER>", '<"bob"@mail.test>'],
  ...[
    "<bob@mail.test> NOTIFY=NEVER",
    "<bob@mail.test> NOTIFY=SUCCESS,DELAY",
    "<bob@mail.test> NOTIFY=X",
  ],
  ...[
    "<bob@mail.test> NOTIFY=NEVER,DELAY",
    "<bob@mail.test> ORCPT=rfc822;b@x",
    "<bob@mail.test> ORCPT=b",
  ],
  ...["<bob@mail.test> NOTIFY", "<bob@mail.test> NOTIFY=DELAY NOTIFY=DELAY", '<"a@b"@mail.test>'],
].map((text) => `RCPT TO:${text}`);

const plain = (text: string) => btoa(text);
const right = `AUTH PLAIN ${plain("\0alice\0secret")}`;

/** Dialogues behind EHLO, where everybody has to log in. */
const locked: readonly (readonly string[])[] = [
  [sender, recipient, "DATA", right, right, sender, recipient],
  ["AUTH", "AUTH FOO", "AUTH CRAM-MD5", "AUTH XOAUTH2 x", `auth plain ${plain("\0alice\0secret")}`],
  ["AUTH PLAIN", plain("\0alice\0secret"), "NOOP"],
  ["AUTH PLAIN", "*", "AUTH LOGIN", "*", "AUTH LOGIN", plain("alice"), "*", "NOOP"],
  ["AUTH LOGIN", plain("alice"), plain("secret"), sender],
  [`AUTH LOGIN ${plain("alice")}`, plain("secret"), sender],
  ["AUTH LOGIN", plain("alice"), plain("wrong"), "AUTH LOGIN", ""],
  [`AUTH PLAIN ${plain("\0alice\0wrong")}`, `AUTH PLAIN ${plain("alice")}`, "AUTH PLAIN ="],
  [
    `AUTH PLAIN ${plain("\0al\x01ice\0secret")}`,
    `${right} more`,
    `AUTH PLAIN ${plain("a\0b\0c\0d")}`,
  ],
  [`AUTH PLAIN ${plain("alice\0\0secret")}`],
  Array(limits.maxRefusedCommands).fill("NOOP"),
];

/** What ours does otherwise, and on purpose: the last line's reply of the library, ours, and why. */
const differences: readonly (readonly [lines: readonly string[], npm: string, ours: string])[] = [
  // What devices send, and Postfix and Exim take.
  [["MAIL FROM:mia@out.test"], "501 5.1.7", "250 2.1.0"],
  [[sender, "RCPT TO:bob@mail.test"], "501 5.1.3", "250 2.1.5"],
  [["MAIL FROM:mia@out.test <mia@out.test>"], "501 5.1.7", "250 2.1.0"],
  [['MAIL FROM:<"mia smith"@out.test>'], "501 5.1.7", "250 2.1.0"],
  [['MAIL FROM:<"mia@home"@out.test>'], "501 5.1.7", "250 2.1.0"],
  [["MAIL FROM:<mia..x@out.test>"], "501 5.1.7", "250 2.1.0"],
  [["MAIL FROM:<mia.@out.test>"], "501 5.1.7", "250 2.1.0"],
  [["MAIL FROM:<mia@out.test.>"], "501 5.1.7", "250 2.1.0"],
  [["MAIL FROM:<mia@host_1.out.test>"], "501 5.1.7", "250 2.1.0"],
  [["EHLO My Scanner"], "501", "250"],
  // Addresses without a domain are of the server's own.
  [["MAIL FROM:<mia>"], "501 5.1.7", "250 2.1.0"],
  [[sender, "RCPT TO:<bob>"], "501 5.1.3", "250 2.1.5"],
  // What is asked for and not understood is not passed over.
  [[`${sender} FOO=1`], "250 2.1.0", "555 5.5.4"],
  [[`${sender} MT-PRIORITY=3`], "250 2.1.0", "555 5.5.4"],
  [[sender, `${recipient} RET=FULL`], "250 2.1.5", "555 5.5.4"],
  [[`${sender} ENVID=a+b`], "250 2.1.0", "501 5.5.4"],
  [[`${sender} ENVID=a+0D+0Ab`], "501 5.1.7", "501 5.5.4"],
  [[sender, recipient, "DATA now"], "354", "501 5.5.4"],
  // No byte that two programs could read in two ways.
  [["NOOP\nNOOP"], "250 2.0.0", "521 5.5.2"],
  [["NOOP\rNOOP"], "500 5.5.2", "521 5.5.2"],
  [[sender, recipient, "DATA", "x\n.\r\nx\r\n."], "250 2.6.0", "521 5.5.2"],
  [[`NOOP ${"x".repeat(5_000)}`], "250 2.0.0", "421 4.4.2"],
];

for (
  const [name, requiresLogin, dialogues] of [
    ["open", false, [
      ...open,
      ...[...senders, ...senderParameters].map((line) => [line]),
      ...recipients.map((line) => [sender, line]),
    ]],
    ["locked", true, locked],
  ] as const
) {
  Deno.test(`npm smtp-server and ours answer alike: ${name}`, async () => {
    const [npm, ours] = [await npmServer(requiresLogin), ourServer(requiresLogin)];
    const heard = await Promise.all(dialogues.map(async (lines) => {
      const said = ["EHLO x", ...lines];
      return { lines, answers: await Promise.all([talk(npm, said), talk(ours, said)]) };
    }));
    for (const { lines, answers: [theirs, own] } of heard) {
      assert.deepEqual(own, theirs, JSON.stringify(lines).slice(0, 300));
    }
    await Promise.all([npm.close(), ours.close()]);
  });
}

Deno.test("npm smtp-server and ours differ where it is meant, and as it is meant", async () => {
  const [npm, ours] = [await npmServer(false), ourServer(false)];
  await Promise.all(differences.map(async ([lines, ...wanted]) => {
    const said = ["EHLO x", ...lines];
    const [theirs, own] = await Promise.all([talk(npm, said), talk(ours, said)]);
    assert.deepEqual([theirs.at(-1), own.at(-1)], wanted, JSON.stringify(lines).slice(0, 300));
    assert.deepEqual(theirs.slice(0, -1), own.slice(0, -1));
  }));
  await Promise.all([npm.close(), ours.close()]);
});
