/** What a program sends and appends is in Sent once, and a draft that is saved over and over is never lost. */
import assert from "node:assert/strict";
import { utf8 } from "../../../../src/model/bytes.ts";
import { MailError } from "../../../../src/model/errors.ts";
import type { PersonHere } from "../../../support/account_here.ts";
import type { Lies } from "../../../support/hostile_server.ts";
import {
  type FoldersStage,
  mail,
  numberOf,
  onFolders,
  only,
  textOf,
} from "../../../support/folders_stage.ts";

const header = "Message-ID: <one@here>\r\nFrom: bob@mail.test\r\nSubject: s\r\n";

async function send(bob: PersonHere, fields = "", body = "hello\r\n"): Promise<void> {
  const submitted = {
    messageId: "one@here",
    date: Date.now(),
    inReplyTo: null,
    references: [],
    attachments: [],
    header: utf8(header + fields),
  };
  const draft = { to: ["alice"], cc: [], bcc: [], subject: "s", attachments: [], submitted };
  await bob.with((mailbox) => mailbox.send({ ...draft, body: utf8(body) }));
}

const parted = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n';

/** A text and a file between boundaries. */
function parts(text: string, file: string): string {
  return `--b\r\n${text}\r\n--b\r\nContent-Disposition: attachment; filename=f\r\n${file}\r\n--b--\r\n`;
}

const [text, file] = ["\r\nGrüße\r\n.", "Content-Transfer-Encoding: base64\r\n\r\neA==\r\n"];

/** What is sent, and what is kept of it, beside the text and the file above. */
const writtenAnew: Readonly<Record<string, readonly [sent: string, kept: string]>> = {
  "without what stands before its parts, as Alpine does": [
    `  This message is in MIME format.\r\n\r\n${parts(text, file)}`,
    parts(text, file),
  ],
  "with more lines behind what is encoded, as Evolution does": [
    parts(text, file),
    parts(text, `${file}\r\n`),
  ],
  "with more lines behind its text": [parts(text, file), parts(`${text}\r\n\r\n`, file)],
  "encoded otherwise": [
    parts(text, file),
    parts("Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n=2E", "\r\nx"),
  ],
};

const appended = () =>
  mail(`${header}\r\nhello\r\n`, { isSeen: true, flags: ["flagged"], keywords: ["k"] });

async function appendedAndClosed({ open }: FoldersStage): Promise<void> {
  const bridge = await open();
  await bridge.append("sent", appended()).finally(() => bridge.close());
}

/** Starts another bridge, which a program looks at. */
async function restarted({ open }: FoldersStage, then = () => Promise.resolve()): Promise<void> {
  const bridge = await open();
  try {
    await bridge.refresh();
    await then();
    await bridge.refresh();
  } finally {
    bridge.close();
  }
}

const orders: Readonly<Record<string, (stage: FoldersStage) => Promise<void>>> = {
  "sent, then appended": async ({ bob, a }) => {
    await send(bob);
    await a.refresh();
    assert.equal(await a.append("sent", appended()), only(a, "sent").uid);
  },
  "appended at once after it was sent": async ({ bob, a }) => {
    await send(bob);
    assert.equal(await a.append("sent", appended()), only(a, "sent").uid);
  },
  "appended, then sent": async ({ bob, a }) => {
    await a.append("sent", appended());
    await send(bob);
  },
  "sent, then appended twice": async ({ bob, a, b }) => {
    await send(bob);
    const uids = [await a.append("sent", appended()), await b.append("sent", appended())];
    assert.equal(uids[0], uids[1]);
  },
  "appended by a bridge that ends, then sent": async (stage) => {
    await appendedAndClosed(stage);
    await send(stage.bob);
    await restarted(stage);
  },
  "appended by a bridge that ends, and sent once there is another": async (stage) => {
    await appendedAndClosed(stage);
    await restarted(stage, () => send(stage.bob));
  },
  "appended twice, then sent": async ({ bob, a }) => {
    assert.notEqual(await a.append("sent", appended()), await a.append("sent", appended()));
    await send(bob);
  },
};

for (const [order, act] of Object.entries(orders)) {
  Deno.test(`one message is in Sent with its flags, whether it is ${order}`, () =>
    onFolders(async (stage) => {
      await act(stage);
      const { a, b } = stage;
      await a.refresh();
      const message = only(a, "sent");
      assert.deepEqual([message.flags, message.keywords, message.isSeen], [
        ["flagged"],
        ["k"],
        true,
      ]);
      assert.deepEqual((await a.facts([message]))[0]!.outcomeKeyword, "$MailctlVerified");
      assert.match(await textOf(a, message), /^Mailctl-Sender: bob@mail\.test\r\n/);
      await b.refresh();
      assert.equal(only(b, "sent").uid, message.uid);
    }));
}

Deno.test("one message is in Sent though the server's clock was a year ahead when another was sent", () =>
  onFolders(async ({ server, bob, a }) => {
    const ahead: Lies = { now: (honest) => () => honest.now() + 365 * 86_400_000 };
    await server.lying(ahead, async () => void await bob.send("alice", "before"));
    await send(bob);
    await a.refresh();
    await a.append("sent", appended());
    assert.equal(a.messages("sent").length, 2);
  }));

Deno.test("a message of the same Message-ID and another text is another, whatever comes first", () =>
  onFolders(async ({ bob, a }) => {
    const other = () => mail(`${header}\r\nhello, without the file\r\n`);
    const first = await a.append("sent", other());
    await send(bob);
    await a.refresh();
    const second = await a.append("sent", mail(`${header}\r\nand a third\r\n`));
    assert.equal(a.messages("sent").length, 3);
    assert.deepEqual([a.messages("sent")[0]!.uid, a.messages("sent")[2]!.uid], [first, second]);
  }));

for (const [how, [sent, kept]] of Object.entries(writtenAnew)) {
  Deno.test(`a message is in Sent once, although a program keeps it ${how}`, () =>
    onFolders(async ({ bob, a }) => {
      await send(bob, parted, sent);
      const uid = await a.append("sent", mail(`${header}Bcc: carol\r\n${parted}\r\n${kept}`));
      assert.equal(uid, only(a, "sent").uid);
    }));
}

Deno.test("a message whose file, its name, its lines or its charset are others is another", () =>
  onFolders(async ({ bob, a }) => {
    await send(bob, parted, parts(text, file));
    const others = [
      parts(text, "\r\n"),
      parts(text, file).replace("filename=f", "filename=g"),
      parts(text.replace("ü", "\r\nü"), file),
      parts(`Content-Type: text/plain; charset=koi8-r\r\n${text}`, file),
    ];
    for (const other of others) await a.append("sent", mail(`${header}${parted}\r\n${other}`));
    assert.equal(a.messages("sent").length, 1 + others.length);
  }));

Deno.test("what is appended to Sent by itself stays, and another message beside it", () =>
  onFolders(async ({ a }) => {
    const first = await a.append("sent", appended());
    const second = await a.append("sent", mail("Message-ID: <two@here>\r\nSubject: t\r\n\r\n"));
    const third = await a.append("sent", mail("Subject: without\r\n\r\n"));
    const fourth = await a.append("sent", mail("Subject: without\r\n\r\n"));
    assert.deepEqual(a.messages("sent").map(({ uid }) => uid), [first, second, third, fourth]);
  }));

Deno.test("a draft saved twenty times on two machines is there once, the newest", () =>
  onFolders(async ({ a, b }) => {
    const drafts = numberOf(a, "Drafts");
    for (let at = 0; at < 20; at++) {
      const folders = at % 2 === 0 ? a : b;
      await folders.refresh();
      const before = folders.messages(drafts);
      await folders.append(drafts, mail(`Subject: d\r\n\r\n${at}\r\n`, { flags: ["draft"] }));
      assert.ok(folders.messages(drafts).length >= 1, "never none");
      await folders.change(before, { addFlags: ["deleted"] });
      await folders.expunge(folders.messages(drafts).slice(0, before.length));
    }
    await a.refresh();
    assert.match(await textOf(a, only(a, drafts)), /\r\n\r\n19\r\n$/);
  }));

const hindered: Readonly<Record<string, (stage: FoldersStage) => Lies>> = {
  "the server is busy": () => ({
    deleteEntries: () => () => Promise.reject(new MailError("try_later", "The server is busy")),
  }),
  "the server's disk fails": () => ({
    deleteEntries: () => () => Promise.reject(new MailError("storage_failed", "It cannot write")),
  }),
  "a program files it": ({ bob }) => ({
    deleteEntries: (honest) => async (account, ids, ...more) => {
      await bob.with(async (mailbox) =>
        await (await mailbox.filed()).change(ids, { addFlags: ["answered"] })
      );
      return await honest.deleteEntries(account, ids, ...more);
    },
  }),
};

for (const [what, lies] of Object.entries(hindered)) {
  Deno.test(`what was appended, then sent, is in Sent once though ${what} as it is put together`, () =>
    onFolders(async (stage) => {
      const { a, bob, server } = stage;
      await a.append("sent", appended());
      await send(bob);
      await server.lying(lies(stage), () => a.refresh().catch(() => {}));
      await a.refresh();
      stage.trouble.length = 0; // both bridges tell of it
      assert.ok(only(a, "sent").flags.includes("flagged"));
    }));
}
