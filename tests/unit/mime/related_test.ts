/** HTML and the images that came along for it: which parts count, which do not, and how much is read. */
import assert from "node:assert/strict";
import { readRelated } from "../../../src/mime/related.ts";
import { utf8 } from "../../../src/model/bytes.ts";

const bounds = { maxHtmlBytes: 1_000, maxImageBytes: 100 };

/** A part with its header fields and its content. */
const part = (fields: string, content: string) => `--b\r\n${fields}\r\n\r\n${content}\r\n`;
const html = (text: string) => part("Content-Type: text/html", text);
const image = (id: string, content: string, more = "") =>
  part(`Content-Type: image/png${more}\r\nContent-ID: <${id}>`, content);

async function* message(parts: readonly string[], onEnd = () => {}): AsyncGenerator<Uint8Array> {
  yield utf8('Content-Type: multipart/related; boundary="b"\r\n\r\n');
  for (const each of parts) yield utf8(each);
  onEnd();
  yield utf8("--b--\r\n");
}

async function found(...parts: string[]): Promise<Record<string, string>> {
  const { images } = await readRelated(message(parts), bounds);
  return Object.fromEntries(
    [...images].map(([id, bytes]) => [id, new TextDecoder().decode(bytes)]),
  );
}

const cases: Readonly<Record<string, readonly [parts: string[], images: Record<string, string>]>> =
  {
    "a part that is referred to": [[html("<img src=cid:a@b>"), image("a@b", "A")], { "a@b": "A" }],
    "one that nothing refers to": [[html("<img src=cid:a>"), image("z", "Z"), image("a", "A")], {
      a: "A",
    }],
    "parts before the HTML": [[image("a", "A"), html("<img src=cid:a>")], { a: "A" }],
    "an id without its brackets": [
      [html("<img src=cid:a>"), part("Content-Type: image/png\r\nContent-ID: a", "A")],
      { a: "A" },
    ],
    "an escaped id": [[html('<img src="cid:a%40b&amp;c">'), image("a@b&c", "A")], { "a@b&c": "A" }],
    "a broken escape": [[html("<img src=cid:a%4>"), image("a%4", "A")], { "a%4": "A" }],
    "an attached one": [
      [
        html("<img src=cid:a>"),
        image("a", "A", "; name=x\r\nContent-Disposition: attachment; filename=x"),
      ],
      { a: "A" },
    ],
    "the first of two with one id": [
      [html("<img src=cid:a><img src=cid:c>"), image("a", "A"), image("a", "B"), image("c", "C")],
      { a: "A", c: "C" },
    ],
    "SVG": [
      [html("<img src=cid:a>"), part("Content-Type: image/svg+xml\r\nContent-ID: <a>", "A")],
      {},
    ],
    "HTML that refers to itself": [
      [part("Content-Type: text/html\r\nContent-ID: <a>", "<img src=cid:a><iframe src=cid:a>")],
      {},
    ],
    "another type, whatever its name": [
      [
        html("<img src=cid:a>"),
        part('Content-Type: application/x; name="a.png"\r\nContent-ID: <a>', "A"),
      ],
      {},
    ],
    "an image inside a message that came along": [
      [
        html("<img src=cid:a>"),
        part("Content-Type: message/rfc822", "Content-Type: image/png\r\nContent-ID: <a>\r\n\r\nA"),
      ],
      {},
    ],
    "ids that are none": [
      [
        html("<img src=cid:a><img src=cid:>"),
        part("Content-Type: image/png\r\nContent-ID: <a b>", "A"),
        image("", "B"),
        part("Content-Type: image/png", "C"),
      ],
      {},
    ],
    "one that is too large, and the next": [
      [html("<img src=cid:a><img src=cid:c>"), image("a", "A".repeat(101)), image("c", "C")],
      { c: "C" },
    ],
    "as many as there is room for": [
      [
        html("<img src=cid:a><img src=cid:c><img src=cid:d>"),
        image("a", "A".repeat(60)),
        image("c", "C".repeat(60)),
        image("d", "D".repeat(40)),
      ],
      { a: "A".repeat(60), d: "D".repeat(40) },
    ],
  };

for (const [name, [parts, images]] of Object.entries(cases)) {
  Deno.test(`images of HTML: ${name}`, async () => {
    assert.deepEqual(await found(...parts), images);
  });
}

Deno.test("images of HTML: nothing is read behind the last that is wanted", async () => {
  for (const parts of [["<p>none"], ["<img src=cid:a>", image("a", "A")]]) {
    const [text = "", ...images] = parts;
    let isRead = false;
    const long = part("Content-Type: video/mp4", "x".repeat(300_000));
    const source = message([html(text), ...images, long, long], () => (isRead = true));
    const related = await readRelated(source, bounds);
    assert.equal(related.html!.text.trim(), text);
    assert.equal(isRead, false);
  }
});
