/** What is a file: one rule, for every way in which programs leave out that a part is one. */
import assert from "node:assert/strict";
import { attachmentsOf } from "../../../src/mime/attachments.ts";
import { parseParts } from "../../../src/mime/parse.ts";
import { referencesOf, withRoles } from "../../../src/mime/role.ts";
import { limits } from "../../../src/model/limits.ts";
import { cut, lines } from "../../support/mime.ts";

const mixed = "Content-Type: multipart/mixed; boundary=b";
const html = "Content-Type: text/html";

/** Parts by their header fields and one line of content. */
function message(kind: string, ...parts: readonly (readonly string[])[]): Uint8Array {
  return lines(
    `Content-Type: multipart/${kind}; boundary=b`,
    "",
    ...parts.flatMap((part) => ["--b", ...part.slice(0, -1), "", part.at(-1)!]),
    "--b--",
  );
}

const messages:
  readonly (readonly [what: string, message: Uint8Array, roles: string, files: string])[] = [
    [
      "a PDF shown in place",
      message(
        "mixed",
        ["first"],
        ["Content-Type: application/pdf", "Content-Disposition: inline; filename=a.pdf", "%PDF"],
        ["second"],
      ),
      "body file body",
      "a.pdf",
    ],
    [
      "parts that say nothing of themselves but their type",
      message(
        "mixed",
        ["text"],
        ["Content-Type: application/pdf; name=scan.pdf", "%PDF"],
        ["Content-Type: audio/wav", "RIFF"],
        ["Content-Type: application/ms-tnef; name=winmail.dat", "x"],
      ),
      "body file file file",
      "scan.pdf attachment-2.wav winmail.dat",
    ],
    [
      "text that is data, or has a name",
      message(
        "mixed",
        ["Content-Type: text/csv", "1;2"],
        ["Content-Type: text/plain; name=job.log", "log"],
        ["Content-Type: text/plain", "Content-Disposition: inline; filename=note.txt", "note"],
        ["Content-Type: text/x-patch", "diff"],
        ["note"],
      ),
      "file file file body body",
      "attachment-1.csv job.log note.txt",
    ],
    [
      "a message that was forwarded",
      message("mixed", ["see"], ["Content-Type: message/rfc822", "Subject: inner"]),
      "body file",
      "attachment-1.eml",
    ],
    [
      "a digest",
      message("digest", ["Subject: one"], ["Subject: two"]),
      "file file",
      "attachment-1.eml attachment-2.eml",
    ],
    [
      "an invitation",
      message(
        "alternative",
        ["You are invited."],
        ["Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR"],
      ),
      "body file",
      "attachment-1.ics",
    ],
    [
      "a bounce",
      message(
        "report; report-type=delivery-status",
        ["It could not be delivered."],
        ["Content-Type: message/delivery-status", "Action: failed"],
        ["Content-Type: message/rfc822", "Subject: lost"],
      ),
      "body file file",
      "attachment-1.txt attachment-2.eml",
    ],
    [
      "what PGP encrypted",
      message(
        "encrypted",
        ["Content-Type: application/pgp-encrypted", "Version: 1"],
        [
          "Content-Type: application/octet-stream",
          "Content-Disposition: inline; filename=encrypted.asc",
          "-----BEGIN",
        ],
      ),
      "file file",
      "attachment-1.asc encrypted.asc",
    ],
    [
      "pictures, of which the HTML shows one",
      message(
        "related",
        [html, "<img src=cid:a@b>"],
        ["Content-Type: image/png; name=a.png", "Content-ID: <a@b>", "PNG"],
        ["Content-Type: image/png; name=z.png", "Content-ID: <z@b>", "PNG"],
      ),
      "body related file",
      "z.png",
    ],
    [
      "a picture that is marked as a file, and shown",
      message(
        "related",
        [html, "<img src=cid:a>"],
        [
          "Content-Type: image/png",
          "Content-ID: <a>",
          "Content-Disposition: attachment; filename=a.png",
          "PNG",
        ],
      ),
      "body file",
      "a.png",
    ],
    [
      "a scan that is all of the message",
      lines("Content-Type: image/tiff", "", "II*"),
      "file",
      "attachment-1.tif",
    ],
    [
      "text that is all of the message",
      lines("Content-Type: text/plain; name=a.txt", "", "x"),
      "body",
      "",
    ],
    [
      "data that is all of the message",
      lines("Content-Type: text/csv", "", "1;2"),
      "file",
      "attachment-1.csv",
    ],
    [
      "bytes that are the body, as send writes them",
      message("mixed", [
        "Content-Type: application/octet-stream",
        "Content-Disposition: inline",
        "\x01",
      ], ["see"]),
      "body body",
      "",
    ],
    ["nothing", lines(mixed, "", "--b--"), "", ""],
  ];

for (const [what, bytes, roles, files] of messages) {
  Deno.test(`parts and their roles: ${what}`, async () => {
    for (const size of [1, 64, bytes.length]) {
      const found: string[] = [];
      for await (const { role } of withRoles(parseParts(cut(bytes, size)))) found.push(role);
      assert.equal(found.join(" "), roles);
      const names: string[] = [];
      for await (const { name } of attachmentsOf(parseParts(cut(bytes, size)))) names.push(name);
      assert.equal(names.join(" "), files);
    }
  });
}

Deno.test("a part keeps its bytes, whatever its role", async () => {
  const long = `<img src=cid:a>${"x".repeat(2_000_000)}`;
  for await (const { content } of withRoles(parseParts(cut(lines(html, "", long), 65_536)))) {
    let bytes = 0;
    for await (const piece of content) bytes += piece.length;
    assert.equal(bytes, long.length + 1);
  }
});

Deno.test("HTML refers to no more parts than a message has", () => {
  const html = Array.from({ length: 100_000 }, (_, at) => `cid:${at} `).join("");
  assert.equal(referencesOf(html).size, limits.maxMimeParts);
});
