/** Messages as mailboxes have them: half plain, a third with HTML beside the text, a sixth with a file. */
import { randomBytes } from "../src/model/bytes.ts";

const paragraph = "Somebody tells somebody else at some length what everybody knows already.\n";
const fileBytes = 20_000;

/** Makes a message with line breaks of LF, and of about 1 to 28 KiB. */
export function makeMessage(number: number): string {
  const text = paragraph.repeat(10 + number * 7 % 70);
  return `${headerOf(number)}${
    number % 2 === 0 ? plain(text) : number % 6 ? both(text) : file(text)
  }`;
}

/** An mbox file of them. No line of theirs begins with `From `. */
export function mboxOf(messages: readonly string[]): string {
  return messages.map((text) => `From al Thu Jan  1 00:00:00 2026\n${text}\n`).join("");
}

function headerOf(number: number): string {
  const author = `user${number % 300}@example.net`;
  return [
    `Return-Path: <${author}>`,
    `Received: from mx.example.net (mx.example.net [192.0.2.${number % 250}])`,
    `\tby mail.example.org with ESMTPS id ${number}; Thu, 1 Jan 2026 00:00:00 +0000`,
    `From: User ${number % 300} <${author}>`,
    "To: Me <me@example.org>, Other <other@example.org>",
    `Subject: What is to be said about number ${number}`,
    "Date: Thu, 1 Jan 2026 00:00:00 +0000",
    `Message-ID: <${number}.${randomBytes(8).toHex()}@example.net>`,
    "MIME-Version: 1.0\n",
  ].join("\n");
}

const type = "Content-Type: ";
const plainType = `${type}text/plain; charset=utf-8\n\n`;

function plain(text: string): string {
  return `${plainType}${text}`;
}

function both(text: string): string {
  const html = `${type}text/html; charset=utf-8\n\n<p>${text}</p>\n`;
  return `${type}multipart/alternative; boundary="b"\n\n--b\n${plainType}${text}\n--b\n${html}--b--\n`;
}

function file(text: string): string {
  const content = randomBytes(fileBytes).toBase64().replaceAll(/.{76}/g, "$&\n");
  const part =
    `${type}application/pdf; name="a.pdf"\nContent-Transfer-Encoding: base64\n\n${content}`;
  return `${type}multipart/mixed; boundary="b"\n\n--b\n${plainType}${text}\n--b\n${part}\n--b--\n`;
}
