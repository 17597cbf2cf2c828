/** FETCH: what each item says, what it opens for that, and what becomes of messages that are gone or break off. */
import assert from "node:assert/strict";
import { CutShort } from "../../../../../src/gateway/cut_short.ts";
import { fetchMessages } from "../../../../../src/gateway/imap/items/fetch.ts";
import { readFetch } from "../../../../../src/gateway/imap/items/fetch_request.ts";
import { Bad, No } from "../../../../../src/gateway/imap/refusal.ts";
import { byteString } from "../../../../../src/mime/byte_string.ts";
import { MailError } from "../../../../../src/model/errors.ts";
import { turnsDuring } from "../../../../support/counted.ts";
import { commandText, fetchText, sequenced } from "../../../../support/imap_stage.ts";
import { MemoryFolders } from "../../../../support/memory_folders.ts";

const header = "From: alice@example.org\r\nSubject: Two\r\n parts\r\n" +
  'Content-Type: multipart/mixed; boundary="b"\r\n\r\n';
const partHeader = "Content-Transfer-Encoding: base64\r\nContent-Type: image/png\r\n\r\n";
const innerHeader = "Subject: inner\r\nX-Odd: yes\r\n\r\n";
const inner = `${innerHeader}in=C3=A4side`;
const text = "--b\r\n\r\nplain text\r\n" +
  `--b\r\n${partHeader}AAECAwQ=\r\n` +
  `--b\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n` +
  "--b\r\nContent-Transfer-Encoding: x-own\r\n\r\n???\r\n--b--\r\n";
const whole = header + text;

function stage(): MemoryFolders {
  const folders = new MemoryFolders();
  folders.uidNext = 7;
  folders.deliver("inbox", whole, { isSeen: true, flags: ["flagged"], keywords: ["work"] });
  return folders;
}

const literal = (bytes: string) => `{${bytes.length}}\r\n${bytes}`;
const envelope = '(NIL "Two parts" ((NIL NIL "alice" "example.org")) ' +
  '((NIL NIL "alice" "example.org")) ((NIL NIL "alice" "example.org")) NIL NIL NIL NIL NIL)';
const flags = "(\\Flagged \\Seen work $MailctlVerified)";

/** Item -> what the answer says of it. */
const table: readonly (readonly [item: string, answer: string])[] = [
  ["FLAGS", `FLAGS ${flags}`],
  ["uid", "UID 7"],
  ["INTERNALDATE", 'INTERNALDATE " 2-Jan-2026 03:04:05 +0000"'],
  ["RFC822.SIZE", `RFC822.SIZE ${whole.length}`],
  ["ENVELOPE", `ENVELOPE ${envelope}`],
  ["MODSEQ", "MODSEQ (2)"],
  ["EMAILID", "EMAILID (M1)"],
  ["THREADID", "THREADID NIL"],
  ["RFC822", `RFC822 ${literal(whole)}`],
  ["RFC822.HEADER", `RFC822.HEADER ${literal(header)}`],
  ["RFC822.TEXT", `RFC822.TEXT ${literal(text)}`],
  ["BODY[]", `BODY[] ${literal(whole)}`],
  ["body.peek[]", `BODY[] ${literal(whole)}`],
  ["BODY[HEADER]", `BODY[HEADER] ${literal(header)}`],
  ["BODY[TEXT]", `BODY[TEXT] ${literal(text)}`],
  ["BODY[1]", `BODY[1] ${literal("plain text")}`],
  ["BODY[1.mime]", `BODY[1.MIME] ${literal("\r\n")}`],
  ["BODY[2]", `BODY[2] ${literal("AAECAwQ=")}`],
  ["BODY[2.MIME]", `BODY[2.MIME] ${literal(partHeader)}`],
  ["BODY[2.TEXT]", "BODY[2.TEXT] NIL"],
  ["BODY[3]", `BODY[3] ${literal(inner)}`],
  ["BODY[3.HEADER]", `BODY[3.HEADER] ${literal(innerHeader)}`],
  ["BODY[3.TEXT]", `BODY[3.TEXT] ${literal("in=C3=A4side")}`],
  ["BODY[3.1]", `BODY[3.1] ${literal("in=C3=A4side")}`],
  [
    "BODY[3.HEADER.FIELDS (x-odd)]",
    `BODY[3.HEADER.FIELDS (x-odd)] ${literal("X-Odd: yes\r\n\r\n")}`,
  ],
  ["BODY[5]", "BODY[5] NIL"],
  ["BODY[1.1]", "BODY[1.1] NIL"],
  ["BODY[9.9.9]<0.10>", "BODY[9.9.9]<0> NIL"],
  [
    "BODY[HEADER.FIELDS (SUBJECT Date)]",
    `BODY[HEADER.FIELDS (SUBJECT Date)] ${literal("Subject: Two\r\n parts\r\n\r\n")}`,
  ],
  [
    'BODY[header.fields.not ("subject" {Content-Type})]',
    `BODY[HEADER.FIELDS.NOT (subject Content-Type)] ${literal("From: alice@example.org\r\n\r\n")}`,
  ],
  ['BODY[HEADER.FIELDS ("a b")]<2.9>', 'BODY[HEADER.FIELDS ("a b")]<2> {0}\r\n'],
  ["BODY[]<0.4>", `BODY[]<0> ${literal("From")}`],
  ["BODY[HEADER]<6.5>", `BODY[HEADER]<6> ${literal("alice")}`],
  ["BODY[1]<6.4294967295>", `BODY[1]<6> ${literal("text")}`],
  ["BODY[1]<10.1>", "BODY[1]<10> {0}\r\n"],
  ["BODY[]<99999.1>", "BODY[]<99999> {0}\r\n"],
  ["BINARY[1]", `BINARY[1] ${literal("plain text")}`],
  ["BINARY.PEEK[2]", `BINARY[2] ~${literal("\0\x01\x02\x03\x04")}`],
  ["BINARY[2]<1.3>", `BINARY[2]<1> ${literal("\x01\x02\x03")}`],
  ["BINARY[2]<9.3>", "BINARY[2]<9> {0}\r\n"],
  ["BINARY.SIZE[2]", "BINARY.SIZE[2] 5"],
  ["BINARY.SIZE[9]", "BINARY.SIZE[9] 0"],
  ["BINARY[9]", "BINARY[9] NIL"],
  ["BINARY[3]", `BINARY[3] ${literal(inner)}`],
  ["BINARY[]", `BINARY[] ${literal(whole)}`],
  ["BINARY.SIZE[]", `BINARY.SIZE[] ${whole.length}`],
  ["(UID FLAGS)", `UID 7 FLAGS ${flags}`],
  [
    "(BODY[1] UID BODY[2])",
    `BODY[1] ${literal("plain text")} UID 7 BODY[2] ${literal("AAECAwQ=")}`,
  ],
  ["(UID uid BODY.PEEK[1] BODY[1])", `UID 7 BODY[1] ${literal("plain text")}`],
  [
    "FAST",
    `FLAGS ${flags} INTERNALDATE " 2-Jan-2026 03:04:05 +0000" RFC822.SIZE ${whole.length}`,
  ],
  [
    "all",
    `FLAGS ${flags} INTERNALDATE " 2-Jan-2026 03:04:05 +0000" RFC822.SIZE ${whole.length} ENVELOPE ${envelope}`,
  ],
];

for (const [item, answer] of table) {
  Deno.test(`FETCH ${item} is answered`, async () => {
    assert.equal(await fetchText(stage(), item), `* 1 FETCH (${answer})\r\n`);
  });
}

Deno.test("BODY, BODYSTRUCTURE and FULL tell the structure", async () => {
  assert.match(
    await fetchText(stage(), "BODY"),
    /^\* 1 FETCH \(BODY \(\("text" "plain" .* "mixed"\)\)\r\n$/i,
  );
  assert.match(await fetchText(stage(), "BODYSTRUCTURE"), /BODYSTRUCTURE \(.*"boundary" "b"/i);
  assert.match(await fetchText(stage(), "FULL"), /FLAGS .* INTERNALDATE .* ENVELOPE .* BODY \(/);
});

Deno.test("UID FETCH has the UID, CHANGEDSINCE the MODSEQ, and flags are told where a message was just seen", async () => {
  const folders = stage();
  assert.equal(
    await fetchText(folders, "EMAILID", { isUid: true, isUtf8: false }),
    "* 1 FETCH (UID 7 EMAILID (M1))\r\n",
  );
  assert.equal(
    await fetchText(folders, "(MODSEQ UID)", { isUid: true, withModseq: true }),
    "* 1 FETCH (UID 7 MODSEQ (2))\r\n",
  );
  assert.equal(
    await fetchText(folders, "UID (CHANGEDSINCE 1)"),
    "* 1 FETCH (UID 7 MODSEQ (2))\r\n",
  );
  const condstore = { withModseq: true };
  assert.equal(await fetchText(folders, "UID", condstore), "* 1 FETCH (UID 7)\r\n");
  const seen = sequenced(folders).map((each) => ({ ...each, tellsFlags: true }));
  assert.equal(await fetchText(folders, "UID", {}, seen), `* 1 FETCH (UID 7 FLAGS ${flags})\r\n`);
  assert.equal(await fetchText(folders, "FLAGS", {}, seen), `* 1 FETCH (FLAGS ${flags})\r\n`);
  assert.equal(
    await fetchText(folders, "UID", condstore, seen),
    `* 1 FETCH (UID 7 FLAGS ${flags} MODSEQ (2))\r\n`,
  );
});

/** Item -> whether it marks the message as seen. */
for (
  const [item, setsSeen] of [
    ["(UID FLAGS ENVELOPE BODY BODYSTRUCTURE)", false],
    ["BODY.PEEK[]", false],
    ["BODY[HEADER.FIELDS (From)]", true],
    ["BODY[]", true],
    ["(BODY.PEEK[] BODY[])", true],
    ["RFC822", true],
    ["RFC822.TEXT", true],
    ["RFC822.HEADER", false],
    ["BINARY[1]", true],
    ["BINARY.PEEK[1]", false],
    ["BINARY.SIZE[1]", false],
  ] as const
) {
  Deno.test(`FETCH ${item} ${setsSeen ? "marks as seen" : "changes nothing"}`, () => {
    assert.equal(readFetch(commandText(item), { isUid: false, isUtf8: false }).setsSeen, setsSeen);
  });
}

Deno.test("the modifiers of CONDSTORE and QRESYNC are read", () => {
  const read = (text: string) => {
    const { usesModseq, changedSince, vanished } = readFetch(commandText(text), {
      isUid: true,
      isUtf8: false,
    });
    return [usesModseq, changedSince, vanished];
  };
  assert.deepEqual(read("FLAGS"), [false, null, false]);
  assert.deepEqual(read("(MODSEQ)"), [true, null, false]);
  assert.deepEqual(read("(FLAGS) (CHANGEDSINCE 12345)"), [true, 12345, false]);
  assert.deepEqual(read("FAST (changedsince 9 vanished)"), [true, 9, true]);
  assert.throws(
    () =>
      readFetch(commandText("FLAGS (CHANGEDSINCE 1 VANISHED)"), { isUid: false, isUtf8: false }),
    Bad,
  );
});

/** What is no FETCH: BAD. */
for (
  const written of [
    "",
    "()",
    "(FLAGS",
    "(FLAGS) ",
    "FLAGS UID",
    "(FAST)",
    "NONSENSE",
    "constructor",
    "BODY[",
    "BODY[]<",
    "BODY[]<0>",
    "BODY[]<0.0>",
    "BODY[]<-1.5>",
    "BODY[]<0.5",
    "BODY[0]",
    "BODY[1.0]",
    "BODY[1.]",
    "BODY[.1]",
    "BODY[4294967296]",
    "BODY[MIME]",
    "BODY[HEADERS]",
    "BODY[HEADER.FIELDS]",
    "BODY[HEADER.FIELDS ()]",
    "BODY[HEADER.FIELDS From]",
    "BODY[1HEADER]",
    "BINARY[TEXT]",
    "BINARY[1.MIME]",
    "BINARY.SIZE[1]<0.5>",
    "BINARY",
    "BODY.PEEK",
    "ENVELOPE[]",
    "FLAGS (CHANGEDSINCE)",
    "FLAGS (CHANGEDSINCE x)",
    "FLAGS (VANISHED)",
    "FLAGS ()",
    "FLAGS (SINCE 5)",
  ]
) {
  Deno.test(`FETCH ${written} is BAD`, () => {
    assert.throws(() => readFetch(commandText(written), { isUid: true, isUtf8: false }), Bad);
  });
}

/** Items -> how often facts, outlines and contents are asked for, of two messages. */
for (
  const [items, asked] of [
    ["(UID INTERNALDATE MODSEQ EMAILID)", [0, 0, 0]],
    ["(FLAGS UID RFC822.SIZE)", [1, 0, 0]],
    ["(ENVELOPE BODYSTRUCTURE RFC822.HEADER BODY[HEADER.FIELDS (To)])", [0, 2, 0]],
    ["BODY[]", [1, 0, 2]],
    ["(RFC822.HEADER RFC822.TEXT)", [0, 2, 2]],
    ["(RFC822.SIZE BODY[1] BODY[2] BODY[3.HEADER] BINARY[2] BINARY.SIZE[2])", [1, 2, 2]],
    ["(BODY[9] BODY[1]<99.5>)", [0, 2, 2]],
  ] as const
) {
  Deno.test(`FETCH ${items} opens no more than it needs`, async () => {
    const folders = stage();
    folders.deliver("inbox", whole);
    const counts = [0, 0, 0];
    for (const [at, name] of (["facts", "outline", "content"] as const).entries()) {
      const original = folders[name].bind(folders) as (...parameters: unknown[]) => unknown;
      Object.assign(folders, {
        [name]: (...parameters: unknown[]) => (counts[at]!++, original(...parameters)),
      });
    }
    await fetchText(folders, items);
    assert.deepEqual(counts, asked);
  });
}

Deno.test("facts are asked for in portions, and the first one is answered before the second is asked for", async () => {
  const folders = new MemoryFolders();
  for (let at = 0; at < 1_450; at++) folders.deliver("inbox", "\r\n");
  const asked: number[] = [];
  const facts = folders.facts.bind(folders);
  folders.facts = (messages) => (asked.push(messages.length), facts(messages));
  const request = readFetch(commandText("RFC822.SIZE"), { isUid: false, isUtf8: false });
  const answer = fetchMessages(folders, sequenced(folders), request, {
    isUtf8: false,
    withModseq: false,
  });
  const first = byteString((await answer.next()).value as Uint8Array);
  assert.deepEqual(asked, [200]);
  assert.equal(first.split("\r\n").length, 201);
  for await (const _ of answer);
  assert.deepEqual(asked, [200, 1_000, 250]);
});

for (const items of ["FLAGS", "ENVELOPE", "BODY[]", "BODY[TEXT]", "BINARY[1]"]) {
  Deno.test(`FETCH ${items} leaves out a message that is gone`, async () => {
    const folders = stage();
    const gone = folders.deliver("inbox", whole);
    folders.deliver("inbox", whole);
    const messages = sequenced(folders);
    folders.lose(gone.id);
    const answer = await fetchText(folders, items, {}, messages);
    assert.deepEqual([...answer.matchAll(/\* (\d) FETCH/g)].map(([, number]) => number), [
      "1",
      "3",
    ]);
  });
}

const large = "x".repeat(3 * 1024 * 1024);

Deno.test("a large message goes while its size is known already: it is left out", async () => {
  const folders = new MemoryFolders();
  folders.pieceBytes = 65_536;
  folders.deliver("inbox", `Subject: 1\r\n\r\n${large}`);
  folders.content = async function* () {
    yield* [];
    throw new MailError("no_such_message", "The message is gone");
  };
  assert.equal(await fetchText(folders, "(UID BODY[])"), "");
});

Deno.test("large contents are streamed: header, text and parts by themselves, decoded twice", async () => {
  const folders = new MemoryFolders();
  folders.pieceBytes = 65_536;
  const encoded = btoa(large);
  const head = "Content-Transfer-Encoding: base64\r\n\r\n";
  folders.deliver("inbox", head + encoded);
  const answer = await fetchText(folders, "(BODY[HEADER] BODY[TEXT] BINARY[1] BODY[]<30.1500000>)");
  assert.equal(
    answer,
    `* 1 FETCH (BODY[HEADER] ${literal(head)} BODY[TEXT] ${literal(encoded)} ` +
      `BINARY[1] ${literal(large)} BODY[]<30> ${
        literal((head + encoded).slice(30, 1_500_030))
      })\r\n`,
  );
});

/** What breaks off, and what is told then: bytes may have been said. */
for (
  const [what, size, error] of [
    ["a small body that does not verify", 10_000, MailError],
    ["a large body that does not verify", large.length, CutShort],
  ] as const
) {
  Deno.test(`${what} ends the answer with ${error.name}`, async () => {
    const folders = new MemoryFolders();
    folders.deliver("inbox", `Subject: 1\r\n\r\n${large.slice(0, size)}`);
    const content = folders.content.bind(folders);
    folders.content = async function* (message, from, to) {
      let left = 5;
      for await (const piece of content(message, from, to)) {
        if (left-- === 0) throw new MailError("bad_signature", "The body was changed");
        yield piece;
      }
    };
    await assert.rejects(fetchText(folders, "BODY[]"), error);
  });
}

Deno.test("a content that is shorter or longer than its size cuts the answer short", async () => {
  for (const bytes of [1, -1]) {
    const folders = stage();
    const facts = folders.facts.bind(folders);
    folders.facts = async (messages) =>
      (await facts(messages)).map((each) => each && { ...each, bytes: each.bytes + bytes });
    const content = folders.content.bind(folders);
    folders.content = (message) => content(message);
    await assert.rejects(fetchText(folders, "BODY[]"), CutShort);
  }
});

Deno.test("a part whose encoding is unknown is refused after all else is answered", async () => {
  for (const items of ["BINARY[4]", "BINARY.SIZE[4]"]) {
    const folders = stage();
    folders.deliver("inbox", "\r\n");
    const request = readFetch(commandText(items), { isUid: false, isUtf8: false });
    let answer = "";
    const fetching = (async () => {
      const form = { isUtf8: false, withModseq: false };
      for await (const piece of fetchMessages(folders, sequenced(folders), request, form)) {
        answer += byteString(piece);
      }
    })();
    await assert.rejects(fetching, (error) => error instanceof No && error.code === "UNKNOWN-CTE");
    assert.match(answer, /^\* 2 FETCH/);
  }
});

Deno.test("who stops in the middle of a literal lets go of its message", async () => {
  const folders = new MemoryFolders();
  folders.deliver("inbox", `Subject: 1\r\n\r\n${large}`);
  const content = folders.content.bind(folders);
  let isClosed = false;
  folders.content = async function* (message, from, to) {
    try {
      yield* content(message, from, to);
    } finally {
      isClosed = true;
    }
  };
  const request = readFetch(commandText("BODY[]"), { isUid: false, isUtf8: false });
  const answer = fetchMessages(folders, sequenced(folders), request, {
    isUtf8: false,
    withModseq: false,
  });
  await answer.next();
  await answer.return();
  assert.ok(isClosed);
});

Deno.test("a NUL is told as another byte of no meaning, and as it is in BINARY", async () => {
  const folders = new MemoryFolders();
  folders.deliver("inbox", "X: a\0b\r\n\r\nc\0d");
  const answers = {
    "BODY.PEEK[]": "BODY[] {13}\r\nX: a\x80b\r\n\r\nc\x80d",
    "RFC822": "RFC822 {13}\r\nX: a\x80b\r\n\r\nc\x80d",
    "BODY.PEEK[HEADER]": "BODY[HEADER] {10}\r\nX: a\x80b\r\n\r\n",
    "BODY.PEEK[HEADER.FIELDS (X)]": "BODY[HEADER.FIELDS (X)] {10}\r\nX: a\x80b\r\n\r\n",
    "BODY.PEEK[TEXT]<1.1>": "BODY[TEXT]<1> {1}\r\n\x80",
    "BINARY.PEEK[1]": "BINARY[1] ~{3}\r\nc\0d",
    "BINARY.SIZE[1]": "BINARY.SIZE[1] 3",
  };
  for (const [item, answer] of Object.entries(answers)) {
    assert.equal(await fetchText(folders, item), `* 1 FETCH (${answer})\r\n`);
  }
});

Deno.test("two hundred looks through a long header hold nobody up", async () => {
  const folders = new MemoryFolders();
  folders.deliver("inbox", `${"X: a\r\n".repeat(40_000)}\r\n`);
  const fields = Array.from({ length: 190 }, (_, at) => `BODY.PEEK[HEADER.FIELDS (Y${at})]`);
  const request = readFetch(commandText(`(${fields.join(" ")})`), { isUid: false, isUtf8: false });
  const answer = { isUtf8: false, withModseq: false };
  const turns = await turnsDuring(
    Array.fromAsync(fetchMessages(folders, sequenced(folders), request, answer)),
  );
  assert.ok(turns >= 5, `${turns} turns`);
});
