import assert from "node:assert/strict";
import type { OpenedMessage } from "../../../../../src/client/reading/opened_entry.ts";
import { readAll } from "../../../../../src/gateway/web/state/whole_message.ts";
import { utf8 } from "../../../../../src/model/bytes.ts";

/** As much of a message as is read: its MIME, a byte at a time. */
function messageOf(mime: string): OpenedMessage {
  const source = async function* () {
    for (const byte of utf8(mime.replaceAll("\n", "\r\n"))) yield Uint8Array.of(byte);
  };
  return { source } as Partial<OpenedMessage> as OpenedMessage;
}

const parts = (...all: string[]) =>
  `Content-Type: multipart/mixed; boundary=b\n\n${
    all.map((part) => `--b\n${part}\n`).join("")
  }--b--\n`;
const plain = "Content-Type: text/plain\n\nin words";
const html = "Content-Type: text/html\n\n<p>in <b>HTML</b></p>";
const file = "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nkept";

const wholes: readonly {
  readonly what: string;
  readonly mime: string;
  readonly texts: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}[] = [
  { what: "text", mime: plain, texts: ["in words"], files: {} },
  {
    what: "text and a file",
    mime: parts(plain, file),
    texts: ["in words"],
    files: { "a.txt": "kept" },
  },
  {
    what: "HTML beside text, which is a file",
    mime: parts(plain, html),
    texts: ["in words"],
    files: { "body.html": "<p>in <b>HTML</b></p>" },
  },
  {
    what: "HTML alone, which is text, and a file too",
    mime: html,
    texts: ["in HTML\n"],
    files: { "body.html": "<p>in <b>HTML</b></p>\n" },
  },
  {
    what: "a picture between the lines, which is a file without a name",
    mime: parts(plain, "Content-Type: image/png\n\npixels"),
    texts: ["in words"],
    files: { "attachment-1.png": "pixels" },
  },
  { what: "no text", mime: parts(file), texts: [], files: { "a.txt": "kept" } },
];

for (const { what, mime, texts, files } of wholes) {
  Deno.test(`nothing of a message is left out that is read whole: ${what}`, async () => {
    const whole = await readAll(messageOf(mime), 10_000);
    assert.deepEqual(
      whole.texts.map((text) => text.trimEnd()),
      texts.map((text) => text.trimEnd()),
    );
    const found = whole.files.map(({ name, bytes }) =>
      [name, new TextDecoder().decode(bytes).trimEnd()] as const
    );
    const wanted = Object.entries(files).map(([name, text]) => [name, text.trimEnd()]);
    assert.deepEqual(found, wanted);
  });
}

Deno.test("a message that goes on beyond what was said is given up", async () => {
  await assert.rejects(readAll(messageOf(plain), 20), { code: "too_large" });
});
