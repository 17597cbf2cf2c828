/** What a program was given and appends to another folder stays what it is, when it is expunged where it was. */
import assert from "node:assert/strict";
import { systemName } from "../../../../src/model/bounce.ts";
import { span } from "../../../../src/model/delivery_time.ts";
import { bytesOfString } from "../../../../src/mime/byte_string.ts";
import { randomBytes, utf8 } from "../../../../src/model/bytes.ts";
import type { AccountFolders } from "../../../../src/gateway/folders/account_folders.ts";
import type { AppendedMail, MailMessage } from "../../../../src/gateway/folders/mail_folders.ts";
import type { PersonHere } from "../../../support/account_here.ts";
import { arrivedFrom } from "../../../support/arrived_unsigned.ts";
import {
  type FoldersStage,
  mail,
  numberOf,
  onFolders,
  only,
  textOf,
} from "../../../support/folders_stage.ts";
import type { Lies } from "../../../support/hostile_server.ts";
import { cut } from "../../../support/mime.ts";

const letter = { to: ["bob"], cc: [], bcc: [], subject: "s", attachments: [], body: utf8("hello") };

async function trustAlice(bob: PersonHere): Promise<void> {
  await bob.with(async (mailbox) => {
    await mailbox.accept(await mailbox.compare("alice"), { verified: true });
  });
}

/** As mbsync appends it. */
function withTuid(text: string): string {
  return text.replace("\r\n\r\n", "\r\nX-TUID: 7NDawWJCr/YX\r\n\r\n");
}

function appended(text: string, more: Partial<AppendedMail> = {}): AppendedMail {
  const bytes = bytesOfString(text);
  return mail("", { bytes: bytes.length, content: cut(bytes, 7_000), ...more });
}

async function expunge(folders: AccountFolders, message: MailMessage): Promise<void> {
  await folders.change([message], { addFlags: ["deleted"] });
  await folders.expunge([message]);
}

async function keywordOf(folders: AccountFolders, message: MailMessage): Promise<string | null> {
  return (await folders.facts([message]))[0]!.outcomeKeyword;
}

const kinds: Readonly<
  Record<string, {
    readonly send: (stage: FoldersStage) => Promise<unknown>;
    readonly append?: (text: string) => string;
    readonly keyword?: string;
    readonly lies?: (stage: FoldersStage) => Promise<Lies>;
  }>
> = {
  "of a verified sender": { send: ({ alice }) => alice.send("bob", "s") },
  "to which mbsync adds its field": {
    send: ({ alice }) => alice.send("bob", "s"),
    append: withTuid,
  },
  "longer than any header": {
    send: ({ alice }) =>
      alice.with((mailbox) => mailbox.send({ ...letter, body: utf8("line\r\n".repeat(70_000)) })),
    append: withTuid,
  },
  "with a file, which is in base64 for programs": {
    send: ({ alice }) => {
      const file = { name: "f", type: "application/octet-stream", size: null };
      const attachments = [{ ...file, content: randomBytes(60_000) }];
      return alice.with((mailbox) => mailbox.send({ ...letter, attachments }));
    },
  },
  "that nobody signed": {
    send: ({ alice }) => alice.send("bob", "s"),
    keyword: "$MailctlUnsigned",
    lies: ({ server }) => {
      const source =
        "From: eve@else.test\r\nMessage-ID: <e@else.test>\r\nSubject: pay\r\n\r\nnow\r\n";
      return arrivedFrom(server, systemName, utf8(source));
    },
  },
};

for (
  const [kind, { send, append = String, keyword = "$MailctlVerified", lies }] of Object.entries(
    kinds,
  )
) {
  Deno.test(`a message ${kind} stays what it is, filed as the program says`, () =>
    onFolders(async (stage) => {
      const { bob, a, open, server } = stage;
      await trustAlice(bob);
      await send(stage);
      await server.lying(await lies?.(stage) ?? {}, async () => {
        await a.refresh();
        const original = only(a, "inbox");
        const text = await textOf(a, original);
        assert.equal(await keywordOf(a, original), keyword);
        const cold = await open();
        try {
          const archive = numberOf(cold, "Archive");
          const filed = {
            flags: ["flagged"],
            keywords: ["k"],
            internalDate: 1_600_000_000_000,
          } as const;
          const uid = await cold.append(
            archive,
            appended(append(text), { ...filed, isSeen: true }),
          );
          await expunge(cold, only(cold, "inbox"));
          assert.deepEqual(cold.messages("inbox"), []);
          const moved = only(cold, archive);
          const { flags, keywords, internalDate, isSeen } = moved;
          assert.equal(moved.uid, uid);
          assert.deepEqual([{ flags: [flags[0]], keywords, internalDate }, isSeen], [filed, true]);
          assert.equal(await keywordOf(cold, moved), keyword);
          assert.equal(await textOf(cold, moved), text);
        } finally {
          cold.close();
        }
      });
    }));
}

Deno.test("a message that was read and is appended as unread is unread, and has its date", () =>
  onFolders(async ({ alice, a }) => {
    await alice.send("bob", "s");
    await a.refresh();
    await a.change(a.messages("inbox"), { seen: true, addFlags: ["answered"], addKeywords: ["k"] });
    const original = only(a, "inbox");
    const archive = numberOf(a, "Archive");
    await a.append(archive, appended(await textOf(a, original)));
    const { isSeen, flags, keywords, internalDate } = only(a, archive);
    assert.deepEqual([isSeen, flags, keywords], [false, ["copied"], []]);
    assert.equal(internalDate, original.internalDate);
  }));

Deno.test("a message comes back from the trash, and one that was appended twice is there twice", () =>
  onFolders(async ({ alice, a }) => {
    await alice.send("bob", "s");
    await a.refresh();
    const [original, trash] = [only(a, "inbox"), numberOf(a, "Trash")];
    const text = await textOf(a, original);
    await a.move([original], trash);
    const uids = [await a.append("inbox", appended(text)), await a.append("inbox", appended(text))];
    await expunge(a, only(a, trash));
    assert.deepEqual(a.messages("inbox").map(({ uid }) => uid), uids);
    for (const message of a.messages("inbox")) {
      assert.match(String(await keywordOf(a, message)), /Signed|Unknown/);
    }
  }));

Deno.test("a sent message goes to a folder and back to Sent, and stays one that was sent", () =>
  onFolders(async ({ bob, a }) => {
    await bob.send("alice", "s");
    await a.refresh();
    const archive = numberOf(a, "Archive");
    const text = await textOf(a, only(a, "sent"));
    for (const [from, into] of [["sent", archive], [archive, "sent"]] as const) {
      await a.append(into, appended(text));
      await expunge(a, only(a, from));
      assert.deepEqual(a.messages(from), []);
      assert.equal(await keywordOf(a, only(a, into)), "$MailctlVerified");
    }
    const [sent] = await bob.list("sent");
    assert.deepEqual([sent!.outcome, sent!.deliveries.length], ["verified", 1]);
  }));

Deno.test("a sent message that is appended to INBOX, where none can be, is stored as one that nobody signed", () =>
  onFolders(async ({ bob, a }) => {
    await bob.send("alice", "s");
    await a.refresh();
    await a.append("inbox", appended(await textOf(a, only(a, "sent"))));
    assert.equal(await keywordOf(a, only(a, "inbox")), null);
  }));

const foreign: Readonly<Record<string, (stage: FoldersStage) => Promise<string>>> = {
  "that was expunged before it is appended": async ({ alice, a }) => {
    await alice.send("bob", "s");
    await a.refresh();
    const text = await textOf(a, only(a, "inbox"));
    await expunge(a, only(a, "inbox"));
    return text;
  },
  "that waits to be delivered": async ({ bob, a }) => {
    await bob.with((mailbox) =>
      mailbox.send({ ...letter, to: ["alice"], deliver: span(3_600_000) })
    );
    await a.refresh();
    return await textOf(a, only(a, "sent"));
  },
  "that a note stands for": async ({ alice, a }) => {
    await alice.with((mailbox) => mailbox.send({ ...letter, burn: true }));
    await a.refresh();
    return await textOf(a, only(a, "inbox"));
  },
  "of the server": async ({ bob, a }) => {
    await bob.with((mailbox) => mailbox.send({ ...letter, to: ["nobody"], partial: true }));
    await a.refresh();
    return await textOf(a, only(a, "inbox"));
  },
  "that the program never was given": () =>
    Promise.resolve(
      "Mailctl-Sender: alice@mail.test\r\nMailctl-Fingerprint: 00\r\nMessage-ID: <x@y>\r\n\r\nx\r\n",
    ),
};

for (const [what, make] of Object.entries(foreign)) {
  Deno.test(`a message ${what} is stored as one that nobody signed`, () =>
    onFolders(async (stage) => {
      const text = await make(stage);
      const { a } = stage;
      const archive = numberOf(a, "Archive");
      await a.append(archive, appended(text));
      const stored = only(a, archive);
      assert.equal(await keywordOf(a, stored), null);
      const behind = text.indexOf("\r\n", text.indexOf("\nMailctl-"));
      assert.equal((await textOf(a, stored)).slice(behind), text.slice(behind));
    }));
}

Deno.test("a bridge that starts opens no message of another size to find the one that is appended", () =>
  onFolders(async ({ alice, bob, server, a, open }) => {
    for (let at = 0; at < 8; at++) {
      await alice.with((mailbox) => mailbox.send({ ...letter, body: utf8("x".repeat(at)) }));
    }
    await bob.list();
    await a.refresh();
    const text = await textOf(a, a.messages("inbox")[5]!);
    const cold = await open();
    try {
      const opened = new Set<number>();
      const noting: Lies = {
        entries: (honest) => (account, ids) => {
          for (const id of ids) opened.add(id);
          return honest.entries(account, ids);
        },
      };
      const archive = numberOf(cold, "Archive");
      await server.lying(noting, () => cold.append(archive, appended(text)));
      assert.match(String(await keywordOf(cold, only(cold, archive))), /Signed/);
      assert.deepEqual(opened, new Set([cold.messages("inbox")[5]!.id]));
    } finally {
      cold.close();
    }
  }));
