/** Random bytes as SMTP: lines and content, the same however they are cut, or a refusal of the protocol; and soon. */
import assert from "node:assert/strict";
import { type ContentPiece, encodeReply, SmtpReader } from "../../src/gateway/smtp/codec.ts";
import { SmtpRefusal } from "../../src/gateway/smtp/refusal.ts";
import { SmtpSession } from "../../src/gateway/smtp/session.ts";
import { byteString } from "../../src/mime/byte_string.ts";
import { limits } from "../../src/model/limits.ts";
import { bytesOf, seeded } from "../support/mime.ts";
import { type Random, randomRun } from "./random_value.ts";

const words = [
  ...[
    "EHLO x\r\n",
    "DATA\r\n",
    "MAIL FROM:",
    "RCPT TO:",
    "<a@b.c>",
    "AUTH PLAIN ",
    "AUTH LOGIN\r\n",
  ],
  ...[
    "\r\n",
    "\r\n.\r\n",
    ".\r\n",
    "..\r\n",
    ".",
    "\r",
    "\n",
    "\r\n.",
    " ",
    "<",
    ">",
    '"',
    "\\",
    "=",
  ],
  ...[
    "RSET\r\n",
    "*\r\n",
    "AGFsaWNlAHNlY3JldA==\r\n",
    "NOTIFY=",
    "SIZE=",
    "\xc3\xbc",
    "STARTTLS\r\n",
    "x:",
  ],
];

function randomText(random: Random): string {
  const text = Array.from({ length: random() % 40 }, () => {
    const kind = random() % 40;
    if (kind === 0) return byteString(randomRun(random, random() % 60));
    if (kind === 1) return "x".repeat(limits.maxCommandBytes - 20 + random() % 40);
    return words[random() % (random() % 3 === 0 ? words.length : 14)]!;
  });
  return text.join("");
}

/** Reads as a connection does: content comes behind DATA. Events as text, content joined. */
function read(text: string, nextSize: () => number): string[] {
  const [reader, bytes, seen] = [new SmtpReader(), bytesOf(text), [] as string[]];
  let content: string | null = null;
  const take = (): boolean => {
    if (content === null) {
      const line = reader.nextLine();
      if (line !== null) seen.push(`line ${line}`);
      if (line === "DATA") reader.startContent();
      if (line === "DATA") content = "";
      return line !== null;
    }
    const next: ContentPiece | null = reader.nextContent();
    content += next === null ? "" : byteString(next.bytes);
    if (next?.isEnd) seen.push(`content ${content}`);
    if (next?.isEnd) content = null;
    return next !== null;
  };
  try {
    for (let at = 0; at < bytes.length;) {
      const size = nextSize();
      reader.push(bytes.subarray(at, at + size));
      at += size;
      while (take());
    }
  } catch (error) {
    assert.ok(error instanceof SmtpRefusal, String(error));
    seen.push(`refused ${error.reason}`);
  }
  return content === null ? seen : [...seen, `cut ${content}`];
}

Deno.test("random lines and content are read the same however they are cut", () => {
  const random = seeded(20261129);
  const kinds = new Set<string>();
  for (let round = 0; round < 600; round++) {
    const text = randomText(random);
    const whole = read(text, () => text.length);
    for (const each of whole) {
      kinds.add(each.split(" ").slice(0, each[0] === "r" ? 2 : 1).join(" "));
    }
    assert.deepEqual(read(text, () => 1), whole, JSON.stringify(text));
    assert.deepEqual(read(text, () => 1 + random() % 9), whole, JSON.stringify(text));
  }
  assert.deepEqual([...kinds].sort(), [
    ...["content", "cut", "line", "refused bare_cr", "refused bare_lf", "refused line_too_long"],
  ]);
});

/** A session to talk to, of a policy that takes everything. */
function session(requiresLogin: boolean, defects: unknown[]): SmtpSession {
  return new SmtpSession({
    policy: {
      ...{ requiresLogin, offersNotices: true, ownDomain: "own.test" },
      ...{ maxMessageBytes: 1_000, maxRecipients: 3 },
      receive: () => ({
        authenticate: () => Promise.resolve(true),
        mail: () => Promise.resolve(),
        recipient: () => Promise.resolve(),
        message: async (_envelope, source) => `took ${(await Array.fromAsync(source)).length}`,
        leave: () => {},
      }),
    },
    ...{ hostname: "here.test", canSecure: false, isSecure: false, remoteAddress: "192.0.2.1" },
    onDefect: (error) => void defects.push(error),
    finish: () => {},
  });
}

function isOpen({ next }: SmtpSession): boolean {
  return next === "go on";
}

Deno.test("a session answers random lines with replies, and with no defect", async () => {
  const random = seeded(5);
  const defects: unknown[] = [];
  const codes = new Set<string>();
  for (let round = 0; round < 1_000; round++) {
    const talk = session(round % 2 === 0, defects);
    let said = byteString(talk.begin());
    for (let count = 0; count < 12 && isOpen(talk); count++) {
      const line = `EHLO x\r\n${randomText(random)}`.split(/\r?\n|\r/)[count === 0 ? 0 : 1]!;
      said += byteString(await talk.answer(line.slice(0, limits.maxCommandBytes)));
      if (talk.next !== "content") continue;
      const content = (async function* () {
        yield bytesOf("x".repeat(random() % 2_000));
        if (random() % 5 === 0) throw new SmtpRefusal("bare_lf");
      })();
      said += byteString(await talk.take(content));
    }
    assert.match(said, /^(?:\d{3}[ -][^\r\n]*\r\n)+$/);
    for (const [code] of said.matchAll(/^\d{3}/gm)) codes.add(code);
    talk.close();
  }
  assert.deepEqual(defects, []);
  for (const code of ["220", "250", "334", "500", "501", "503"]) assert.ok(codes.has(code), code);
});

Deno.test("no word of a reply ends it early", () => {
  const written = byteString(encodeReply([250, "a\r\n550 b", "\0c\x85"]));
  assert.equal(written, "250-a  550 b\r\n250  c \r\n");
});

Deno.test("an empty challenge has its blank", () => {
  assert.equal(byteString(encodeReply([334, ""])), "334 \r\n");
});
