/** `import` with the real program: what comes in is what goes out again, and nothing comes in twice, whatever is killed. */
import assert from "node:assert/strict";
import { concatBytes, utf8 } from "../../src/model/bytes.ts";
import { deadline, type Person, Stage, until } from "../support/person.ts";

const pythons = new URL("mbox/python.mbox", import.meta.url).pathname; // by Python's module mailbox
const line = "From a@x.example Sat Nov 21 09:05:00 2026";

/** An mbox file of so many messages, each of so many bytes or a little more. */
function mboxOf(count: number, bytes = 10, from = 1): string {
  const numbers = Array.from({ length: count }, (_, at) => from + at);
  return numbers.map((n) => `${line}\nSubject: ${n}\n\n${"x".repeat(bytes)}\n\n`).join("");
}

async function sourcesOf(person: Person, box = "all"): Promise<string[]> {
  const { out } = await person.do(["export", "--format", "json", "--box", box]);
  return out.trimEnd().split("\n").map((line) => JSON.parse(line).source);
}

async function datesOf(person: Person): Promise<string[][]> {
  return (await person.list("inbox")).messages.map(({ date, receivedAt }) => [date, receivedAt]);
}

async function importOf(person: Person, args: readonly string[], stdin?: string | Uint8Array) {
  const { status, out, err } = await person.run(["import", "--json", ...args], { stdin });
  const counts = out === "" ? null : JSON.parse(out.split("\n")[0]!);
  return { status, counts, err };
}

Deno.test("messages come in from every form, are imported, and go out as they were", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [ann, ben, cat, dan, eve] = await stage.people(server, "ann", "ben", "cat", "dan", "eve");
  const three = { imported: 3, skipped: 0, refused: 0 };

  await t.step("an mbox file of another program", async () => {
    const { counts } = await importOf(ann!, [pythons]);
    assert.deepEqual(counts, three);
    const { messages, unread } = await ann!.list("inbox");
    assert.deepEqual(messages.map(({ id, subject, outcome }) => [id, subject, outcome]), [
      [3, "no id, no date", "imported"],
      [2, "raw 8 bit", "imported"],
      [1, "Grüße", "imported"],
    ]);
    assert.equal(unread, 2, "Status: RO is read");
    assert.deepEqual(messages[2]!.attachments.map(({ name, size }) => [name, size]), [
      ["daten.bin", 300],
    ]);
    const { bytes } = await ann!.do(["read", "1", "--raw"]);
    const text = new TextDecoder().decode(bytes);
    assert.match(text, /\r\nFrom here on\r\n>?From there\r\n\r\n\r\nü 😀\r\n/);
  });
  const sources = await sourcesOf(ann!);

  const ways: readonly (readonly [form: string, who: Person, out: string[], path: string])[] = [
    ["mbox", ben!, ["-o", "../../out.mbox"], "../../out.mbox"],
    ["maildir", cat!, ["-o", "../../Maildir"], "../../Maildir"],
    ["json", dan!, ["-o", "../../out.json"], "../../out.json"],
  ];
  for (const [form, who, out, path] of ways) {
    await t.step(`what export wrote as ${form} comes in elsewhere byte for byte`, async () => {
      await ann!.do(["export", "--format", form, ...out]);
      assert.deepEqual((await importOf(who, [path])).counts, three);
      assert.deepEqual((await sourcesOf(who)).toSorted(), sources.toSorted());
      assert.deepEqual(await datesOf(who), await datesOf(ann!), "also of a message without a date");
    });
    await t.step(`the same ${form} again is skipped`, async () => {
      const again = { imported: 0, skipped: 3, refused: 0 };
      assert.deepEqual((await importOf(who, [path])).counts, again);
    });
  }
  await t.step("a Maildir and JSON keep what was read", async () => {
    assert.equal((await cat!.list("inbox")).unread, (await ann!.list("inbox")).unread);
    assert.equal((await dan!.list("inbox")).unread, (await ann!.list("inbox")).unread);
  });
  await t.step("what is still sealed comes in again once it was deleted", async () => {
    await ann!.do(["export", "--format", "age", "-o", "sealed"]);
    assert.deepEqual((await importOf(ann!, ["sealed"])).counts, {
      ...three,
      imported: 0,
      skipped: 3,
    });
    await ann!.do(["delete", "1", "2", "3"]);
    assert.deepEqual((await importOf(ann!, ["sealed"])).counts, three);
    assert.deepEqual((await sourcesOf(ann!)).toSorted(), sources.toSorted());
    const stranger = await importOf(eve!, ["../../ann/work/sealed"]);
    assert.deepEqual([stranger.status, stranger.counts?.refused], [65, 3]);
  });
  await t.step("mail of this mailbox is not imported beside itself", async () => {
    await eve!.send(["ann", "-s", "signed", "-m", "hello\n", "-a", "-:a.bin"], { stdin: "abc" });
    for (const form of ["mbox", "json"]) {
      await ann!.do(["export", "--format", form, "-o", `own.${form}`]);
      const { counts } = await importOf(ann!, [`own.${form}`]);
      assert.deepEqual(counts, { imported: 0, skipped: 4, refused: 0 }, form);
    }
    const deleted = await ann!.newest();
    await ann!.do(["delete", String(deleted)]);
    assert.deepEqual((await importOf(ann!, ["own.mbox"])).counts, {
      ...three,
      imported: 1,
      skipped: 3,
    });
    const [newest] = (await ann!.list("inbox")).messages;
    assert.deepEqual([newest?.subject, newest?.outcome], ["signed", "imported"]);
  });
  await t.step("what was sent comes into sent, by --box or as JSON says", async () => {
    assert.deepEqual((await importOf(eve!, ["--box", "sent", pythons])).counts, three);
    assert.equal((await eve!.list("sent")).messages[0]?.outcome, "imported");
    await eve!.do(["export", "--format", "json", "--box", "sent", "-o", "sent.json"]);
    await importOf(ben!, ["../../eve/work/sent.json"]);
    assert.equal((await ben!.list("sent")).messages.length, 4);
  });
  await t.step("nobody finds it by who it says it is from, and nobody waits for it", async () => {
    const { messages } = await ben!.list("inbox", "--from", "ben");
    assert.deepEqual(messages, []);
    const waited = await ben!.run(["wait", "--unread", "--timeout", "1s"]);
    assert.deepEqual([waited.status, waited.out], [84, ""]);
  });
});

const bad: readonly (readonly [
  name: string,
  input: string | Uint8Array,
  status: number,
  counts: object | null,
])[] = [
  [
    "one line without end",
    concatBytes([utf8(`${line}\n`), new Uint8Array(60_000_000).fill(120)]),
    65,
    {
      imported: 0,
      skipped: 0,
      refused: 1,
    },
  ],
  [
    "a message over the limit between two others",
    mboxOf(1) + mboxOf(1, 40_000_000, 2) + mboxOf(1, 9, 3),
    65,
    {
      imported: 2,
      skipped: 0,
      refused: 1,
    },
  ],
  [
    "a header of 10 MB, and NULs",
    `${line}\nX: ${"\0y".repeat(5_000_000)}\n\n${line}\nSubject: last`,
    0,
    {
      imported: 2,
      skipped: 0,
      refused: 0,
    },
  ],
  ["thousands of messages with nothing in them", `${line}\n\n`.repeat(5_000), 0, {
    imported: 1,
    skipped: 4_999,
    refused: 0,
  }],
  [
    "JSON with lines that are none",
    '{"source":"YQo="}\nx\n{}\n{"source":"?"}\n\n{"source":"Ygo="}',
    65,
    {
      imported: 2,
      skipped: 0,
      refused: 3,
    },
  ],
  ["nothing", "", 0, { imported: 0, skipped: 0, refused: 0 }],
  ["what is in no form", "hello", 65, null],
];

Deno.test("hostile and broken input is refused as far as it is that, and the rest comes in", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const people = await stage.people(server, ...bad.map((_, at) => `p${at}`));
  for (const [at, [name, input, status, counts]] of bad.entries()) {
    await t.step(name, async () => {
      const result = await importOf(people[at]!, ["-"], input);
      assert.equal(result.status, status, result.err);
      if (counts !== null) assert.deepEqual(result.counts, counts);
    });
  }
});

Deno.test("an import that was killed, or two at once, stores every message once", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [ann] = await stage.people(server, "ann");
  const count = 150;
  await Deno.writeTextFile(`${ann!.home.work}/a.mbox`, mboxOf(count));
  const child = ann!.home.start(["import", "a.mbox"]);
  const total = async () => (await ann!.list("inbox")).total;
  await until(async () => await total() > 5, "the import has begun");
  child.kill("SIGKILL");
  await Promise.all([child.status, child.stdout.cancel(), child.stderr.cancel()]);
  const both = Promise.all([importOf(ann!, ["a.mbox"]), importOf(ann!, ["a.mbox"])]);
  const [one, other] = await deadline(both, 60_000, "both imports");
  assert.deepEqual([one.status, other.status], [0, 0]);
  const { messages } = await ann!.list("inbox");
  const subjects = messages.map(({ subject }) => Number(subject)).toSorted((a, b) => a - b);
  assert.deepEqual(subjects, Array.from({ length: count }, (_, at) => at + 1));
});

Deno.test("a mailbox that is full stops an import with 75, and it goes on when there is room", async () => {
  await using stage = new Stage();
  const server = await stage.server({ args: ["--quota-messages", "10"] });
  const [ann] = await stage.people(server, "ann");
  await Deno.writeTextFile(`${ann!.home.work}/a.mbox`, mboxOf(14));
  const full = await ann!.run(["import", "a.mbox"]);
  assert.deepEqual([full.status, full.out], [75, ""]);
  assert.match(full.err, /^mailctl: So far: 10 imported, 0 skipped, 0 refused\. /);
  assert.equal((await ann!.list("inbox")).total, 10);
  await ann!.do(["delete", "1", "2", "3", "4", "5", "6", "7", "8"]);
  const rest = await ann!.run(["import", "a.mbox"]);
  assert.equal(rest.status, 75, "what was deleted is stored again");
  assert.equal((await ann!.list("inbox")).total, 10);
});
