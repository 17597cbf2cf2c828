/** FETCH of any bytes: sizes are exact, and what is told in pieces is what is told at once. */
import assert from "node:assert/strict";
import type { MimeStructure } from "../../../../../src/mime/structure.ts";
import { bytesOfString, byteString } from "../../../../../src/mime/byte_string.ts";
import { fetchText, itemsOf } from "../../../../support/imap_stage.ts";
import { MemoryFolders } from "../../../../support/memory_folders.ts";
import { seeded } from "../../../../support/mime.ts";
import { uglyMessages } from "../../../../support/ugly_messages.ts";

const pieces = [
  "Subject: ugly\r\n",
  "From: \xff <a@b>\r\n",
  "\r\n",
  "\r\n\r\n",
  "\n",
  "\r",
  "\0",
  " folded\r\n",
  "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
  'Content-Type: multipart/alternative; boundary="bb"\r\n\r\n',
  "Content-Type: message/rfc822\r\n\r\n",
  "Content-Type: text/plain; charset=utf-8\r\n\r\n",
  "Content-Transfer-Encoding: base64\r\n",
  "Content-Transfer-Encoding: quoted-printable\r\n",
  "\r\n--b\r\n",
  "\r\n--bb\r\n",
  "\r\n--b--\r\n",
  "\r\n--bb--\r\n",
  "--b",
  "text of a part",
  "QUJDRA==",
  "=3D=\r\n",
  "\xc3\xa4\xf6",
  "x".repeat(2000),
];

function generated(count: number): string[] {
  const random = seeded(12);
  const piece = () => pieces[random() % pieces.length]!;
  return Array.from({ length: count }, (_, at) => {
    const start = at % 2 === 0 ? "" : "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    return start + Array.from({ length: random() % 40 }, piece).join("");
  });
}

async function fetched(text: string, items: string): Promise<Map<string, string | null>> {
  const folders = new MemoryFolders();
  folders.pieceBytes = 777;
  folders.deliver("inbox", text);
  return itemsOf(await fetchText(folders, items));
}

/** Paths of the parts of a multipart, the inner ones as well. */
function partsOf(structure: MimeStructure, path: readonly number[] = []): number[][] {
  return structure.parts.flatMap((part, at) => {
    const own = [...path, at + 1];
    return [own, ...partsOf(part.message ?? part, own)];
  });
}

Deno.test("sizes are exact, header and text are the message, and parts stand in it in order", async () => {
  const messages = [...generated(500), ...uglyMessages.map(({ bytes }) => byteString(bytes))];
  let parts = 0;
  for (const text of messages) {
    const items = await fetched(text, "(RFC822.SIZE BODY[] RFC822.HEADER RFC822.TEXT BODY[TEXT])");
    const told = text.replaceAll("\0", "\x80"); // no literal has a NUL
    assert.equal(items.get("BODY[]"), told);
    assert.equal(items.get("RFC822.SIZE"), String(text.length));
    assert.equal(items.get("RFC822.HEADER")! + items.get("RFC822.TEXT")!, told);
    assert.equal(items.get("BODY[TEXT]"), items.get("RFC822.TEXT"));
    parts += await checkParts(text);
  }
  assert.ok(parts > 300, `only ${parts} parts`);
});

/** A part and its header stand behind one another, and behind those of the part before. */
async function checkParts(text: string): Promise<number> {
  const folders = new MemoryFolders();
  const message = folders.deliver("inbox", text);
  const { structure } = (await folders.outline(message))!;
  const paths = partsOf(structure).slice(0, 40).map((path) => path.join("."));
  if (paths.length === 0) return 0;
  const asked = paths.flatMap((path) => [`BODY[${path}.MIME]`, `BODY[${path}]`]);
  const items = itemsOf(await fetchText(folders, `(${asked.join(" ")})`));
  const told = text.replaceAll("\0", "\x80");
  let at = 0;
  for (const path of paths) {
    const header = items.get(`BODY[${path}.MIME]`)!;
    const found = told.indexOf(header + items.get(`BODY[${path}]`)!, at);
    assert.ok(found >= at, `${path} of ${JSON.stringify(text.slice(0, 300))}`);
    at = found + header.length;
  }
  return paths.length;
}

const message = "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
  "--b\r\n\r\nplain\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQFBgcICQ==\r\n--b\r\n" +
  "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A4=\r\n end \r\n\r\n--b--\r\n";

Deno.test("a section may be cut anywhere", async () => {
  for (
    const section of [
      "BODY[]",
      "BODY[HEADER]",
      "BODY[TEXT]",
      "BODY[2]",
      "BODY[2.MIME]",
      "BODY[HEADER.FIELDS (Subject)]",
      "BINARY[2]",
      "BINARY[3]",
    ]
  ) {
    const whole = (await fetched(message, section)).get(section)!;
    assert.ok(whole.length > 0);
    for (let from = 0; from <= whole.length + 1; from++) {
      const counts = [1, 2, 7, whole.length - from, whole.length].filter((count) => count > 0);
      for (const count of counts) {
        const part = await fetched(message, `${section}<${from}.${count}>`);
        assert.equal(part.get(`${section}<${from}>`), whole.slice(from, from + count));
      }
    }
  }
});

Deno.test("a decoded part is what its encoding says, and as long as it is said to be", async () => {
  const items = await fetched(message, "(BINARY[2] BINARY.SIZE[2] BINARY[3] BINARY.SIZE[3])");
  assert.equal(
    items.get("BINARY[2]"),
    byteString(bytesOfString("\0\x01\x02\x03\x04\x05\x06\x07\x08\x09")),
  );
  assert.equal(items.get("BINARY.SIZE[2]"), "10");
  assert.equal(items.get("BINARY[3]"), "\xc3\xa4 end\r\n");
  assert.equal(items.get("BINARY.SIZE[3]"), String(items.get("BINARY[3]")!.length));
});
