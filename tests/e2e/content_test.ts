/** Any bytes in are the same bytes out: through argument, file and pipe, as body and as attachment. */
import assert from "node:assert/strict";
import { cut, readLeaves } from "../support/mime.ts";
import { type Person, Stage } from "../support/person.ts";

const text = (value: string) => new TextEncoder().encode(value);

const contents: Readonly<Record<string, Uint8Array>> = {
  "text": text("Dear Bob,\n\nsee you.\n"),
  "nothing at all": new Uint8Array(0),
  "no final newline": text("no newline"),
  "only line breaks": text("\n\r\n\r\r\n\n"),
  "a lone CR": text("one\rtwo\r."),
  "a CR at the end": text("one\r\ntwo\r"),
  "CRLF": text("one\r\ntwo\r\n"),
  "mixed ends of line": text("a\nb\r\nc\rd\n\re"),
  "NUL": text("be\0fore\0"),
  "all 256 bytes": Uint8Array.from({ length: 512 }, (_, at) => at),
  "invalid UTF-8": Uint8Array.of(0xc3, 0x28, 0xff, 0xfe, 0x80, 0xed, 0xa0, 0x80, 0x0a),
  "UTF-8 with a BOM": text("\ufeffgrüße, 漢字, 👨‍👩‍👧\n"),
  "From lines": text("From here\n>From there\n\nFrom: x\n"),
  "dots": text(".\n..\n.\r\n.x\n"),
  "blanks at ends of lines": text("a \t \nb=\n=20=3D\n \n-- \n"),
  "long lines": text(`${"x".repeat(5_000)}\n${"é".repeat(2_000)} ${"y".repeat(1_000)}`),
  "look-alike boundaries": text(
    "--=_b0\r\nContent-Type: text/html\r\n\r\n--=_b0--\r\n--\n------=_\n",
  ),
  "a look-alike header": text("Content-Transfer-Encoding: base64\nSubject: no\n\nAAAA\n"),
};

const entries = Object.entries(contents);
const hex = (bytes: Uint8Array) => bytes.toHex();

/** What an argument can carry: UTF-8 without NUL. Deno takes a CR from its end (denoland/deno#34968). */
function asArgument(bytes: Uint8Array): string | null {
  const value = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const isCarried = hex(text(value)) === hex(bytes) && !bytes.includes(0) && bytes.at(-1) !== 0x0d;
  return isCarried ? value : null;
}

/** Sends every content in one way, three at a time; returns the ids by name. */
async function sendAll(
  way: (name: string, bytes: Uint8Array, at: number) => Promise<number | null>,
): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (let at = 0; at < entries.length; at += 3) {
    await Promise.all(
      entries.slice(at, at + 3).map(async ([name, bytes], offset) => {
        const id = await way(name, bytes, at + offset);
        if (id !== null) ids.set(name, id);
      }),
    );
  }
  return ids;
}

async function bodiesByJson(person: Person, ids: Map<string, number>): Promise<void> {
  const messages = await person.read(...ids.values());
  for (const [at, name] of [...ids.keys()].entries()) {
    const { body = null, bodyBase64 = null } = messages[at]!;
    assert.ok((body === null) !== (bodyBase64 === null), name);
    const got = body === null ? Uint8Array.fromBase64(bodyBase64!) : text(body);
    assert.equal(hex(got), hex(contents[name]!), name);
  }
}

Deno.test("any bytes in are the same bytes out", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice");
  const files = `${alice!.home.work}/files`;
  Deno.mkdirSync(files);
  for (const [at, [, bytes]] of entries.entries()) Deno.writeFileSync(`${files}/${at}.bin`, bytes);

  await t.step("as an argument", async () => {
    const ids = await sendAll((_, bytes) => {
      const argument = asArgument(bytes);
      return argument === null ? Promise.resolve(null) : alice!.send(["alice", "-m", argument]);
    });
    assert.equal(ids.size, entries.length - 4);
    await bodiesByJson(alice!, ids);
  });

  await t.step("through a pipe, read with --body and --json", async () => {
    const ids = await sendAll((_, stdin) => alice!.send(["alice"], { stdin }));
    await bodiesByJson(alice!, ids);
    for (const name of ["nothing at all", "mixed ends of line", "all 256 bytes", "long lines"]) {
      const { bytes } = await alice!.do(["read", String(ids.get(name)), "--body"]);
      assert.equal(hex(bytes), hex(contents[name]!), name);
    }
  });

  await t.step("as files attached, read with --save, --attachment and --raw", async () => {
    const attach = entries.flatMap((_, at) => ["-a", `files/${at}.bin`]);
    const id = String(await alice!.send(["alice", "-m", "", ...attach]));
    const { out } = await alice!.do(["read", id, "--save", "saved"]);
    assert.equal(out, entries.map((_, at) => `saved/${at}.bin\n`).join(""));
    for (const [at, [name, bytes]] of entries.entries()) {
      const saved = Deno.readFileSync(`${alice!.home.work}/saved/${at}.bin`);
      assert.equal(hex(saved), hex(bytes), name);
    }
    for (const [at, which] of ["1", "2.bin", "9"].entries()) {
      const index = [0, 2, 8][at]!;
      const { bytes } = await alice!.do(["read", id, "--attachment", which]);
      assert.equal(hex(bytes), hex(entries[index]![1]), which);
    }
    const [first, again] = [1, 2].map(() => alice!.do(["read", id, "--raw"]));
    const source = (await first!).bytes;
    assert.equal(hex(source), hex((await again!).bytes));
    await alice!.do(["read", id, "--raw", "-o", "raw.eml"]);
    assert.equal(hex(Deno.readFileSync(`${alice!.home.work}/raw.eml`)), hex(source));
    assert.doesNotMatch(new TextDecoder("latin1").decode(source), /[^\r]\n|\r[^\n]|.{999}/);
  });

  await t.step("as files attached, in what leaves for other programs", async () => {
    const attach = entries.flatMap((_, at) => ["-a", `files/${at}.bin`]);
    const id = String(await alice!.send(["alice", "-m", "", ...attach]));
    await alice!.list("sent"); // what was never shown is not passed on
    const forwarded = (await alice!.do(["forward", id, "alice"])).out.trim();
    for (const format of ["maildir", "age"]) {
      await alice!.do(["export", id, "--format", format, "-o", format]);
    }
    const boxes = [await alice!.list("inbox"), await alice!.list("sent")];
    const there = boxes.flatMap(({ messages }) => messages.map((message) => String(message.id)));
    const { out: line } = await alice!.do(["export", id, "--format", "json"]);
    const { bytes: mbox } = await alice!.do(["export", id]);
    const forward = (await alice!.do(["read", forwarded, "--attachment", "1"])).bytes;
    await alice!.do(["delete", ...there]); // what is there is not imported beside it
    const { out: imported } = await alice!.do(["import", `age/${id}.age`, "--json"]);
    assert.equal(JSON.parse(imported).imported, 1, imported);
    const copy = String((await alice!.list("inbox")).messages[0]!.id);
    const sources: Record<string, Uint8Array> = {
      mbox,
      "json": Uint8Array.fromBase64(JSON.parse(line).source),
      "forwarded": forward,
      "age, brought in again": (await alice!.do(["read", copy, "--raw"])).bytes,
    };
    const sent = `${alice!.home.work}/maildir/.Sent/cur`;
    for (const { name } of Deno.readDirSync(sent)) {
      sources["maildir"] = Deno.readFileSync(`${sent}/${name}`);
    }
    assert.equal(Object.keys(sources).length, 5);
    for (const [form, source] of Object.entries(sources)) {
      assert.ok(!source.includes(0), form);
      const leaves = await readLeaves(cut(source, 1_000));
      const files = leaves.filter(({ part }) => part.disposition === "attachment");
      assert.deepEqual(
        files.map(({ content }) => hex(content)),
        entries.map(([, bytes]) => hex(bytes)),
        form,
      );
    }
  });

  await t.step("by --body-file, with stdin attached", async () => {
    const ids = await sendAll((_, stdin, at) =>
      alice!.send(["alice", "--body-file", `files/${at}.bin`, "-a", "-:it is.bin"], { stdin })
    );
    await bodiesByJson(alice!, ids);
    for (const [at, [name, bytes]] of entries.entries()) {
      const way = at % 2 === 0 ? ["--attachment", "it is.bin"] : ["--save", "there"];
      const { bytes: got, out } = await alice!.do(["read", String(ids.get(name)), ...way]);
      const seen = at % 2 === 0 ? got : Deno.readFileSync(`${alice!.home.work}/${out.trim()}`);
      assert.equal(hex(seen), hex(bytes), name);
    }
  });
});
