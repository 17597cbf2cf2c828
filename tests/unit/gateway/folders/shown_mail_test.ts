/** What a program is shown of each kind of message, and that it never changes under one UID. */
import assert from "node:assert/strict";
import { utf8 } from "../../../../src/model/bytes.ts";
import { asAccountFingerprint } from "../../../../src/model/digests.ts";
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
import { systemName } from "../../../../src/model/bounce.ts";
import type { Lies } from "../../../support/hostile_server.ts";

const burning = { to: ["bob"], cc: [], bcc: [], subject: "b", attachments: [], burn: true };

/** As if another key of alice's had been seen before. */
async function pinAnother(bob: PersonHere): Promise<void> {
  await bob.with(async (mailbox) => {
    const shown = await mailbox.compare("alice");
    const fingerprint = asAccountFingerprint(new Uint8Array(32));
    await mailbox.accept({ ...shown, fingerprint }, { verified: false });
  });
}

async function trust(bob: PersonHere): Promise<void> {
  await bob.with(async (mailbox) => {
    await mailbox.accept(await mailbox.compare("alice"), { verified: true });
  });
}

async function shown({ a }: FoldersStage, key: "inbox" | "sent" | number = "inbox") {
  await a.refresh();
  const message = only(a, key);
  const [facts] = await a.facts([message]);
  const text = await textOf(a, only(a, key));
  assert.equal(facts!.bytes, text.length);
  return { text, keyword: facts!.outcomeKeyword, uid: message.uid };
}

const kinds: readonly [
  what: string,
  make: (stage: FoldersStage) => Promise<unknown>,
  keyword: string | null,
  text: RegExp,
][] = [
  [
    "of a first contact",
    ({ alice }) => alice.send("bob", "s"),
    "$MailctlUnknown",
    /^Mailctl-Sender: alice@mail\.test\r\n[^]*Subject: s\r\n/,
  ],
  [
    "of a known sender",
    async ({ alice, bob, b }) => {
      await alice.send("bob", "first");
      await bob.list();
      await b.refresh();
      await b.change(b.messages("inbox"), { addFlags: ["deleted"] });
      await b.expunge(b.messages("inbox"));
      await alice.send("bob", "s");
    },
    "$MailctlSigned",
    /^Mailctl-Sender: alice@mail\.test\r\n[^]*Subject: s\r\n/,
  ],
  [
    "of a verified sender",
    async ({ alice, bob }) => {
      await trust(bob);
      await alice.send("bob", "s");
    },
    "$MailctlVerified",
    /^Mailctl-Sender: alice@mail\.test\r\n[^]*Subject: s\r\n/,
  ],
  [
    "of oneself",
    ({ a }) => a.append("inbox", mail("Subject: [x] s\r\n\r\n")),
    null,
    /^Subject: \[x\] s\r\n\r\n$/,
  ],
  [
    "by another key",
    async ({ alice, bob }) => {
      await pinAnother(bob);
      await alice.send("bob", "secret");
    },
    "$MailctlNotice",
    /^Mailctl-Sender: unsigned\r\n[^]*mailctl trust alice(?![^]*secret)/,
  ],
  [
    "that burns",
    async ({ alice }) => {
      await alice.with((mailbox) => mailbox.send({ ...burning, body: utf8("secret") }));
    },
    "$MailctlNotice",
    /^Mailctl-Sender: unsigned\r\n[^]*mailctl read 1"(?![^]*secret)/,
  ],
  [
    "that came back",
    async ({ bob, a }) => {
      const draft = { ...burning, burn: false, to: ["nobody"], partial: true };
      await bob.with((mailbox) => mailbox.send({ ...draft, body: utf8("x") }));
      await a.refresh();
    },
    "$MailctlNotice",
    /^Mailctl-Sender: mailer-daemon@mail\.test\r\n[^]*did not reach nobody/,
  ],
];

for (const [what, make, keyword, text] of kinds) {
  Deno.test(`a message ${what} is shown as ${keyword ?? "no keyword"}, the same each time, of its size`, () =>
    onFolders(async (stage) => {
      await make(stage);
      const first = await shown(stage);
      assert.equal(first.keyword, keyword);
      assert.match(first.text, text);
      const again = await stage.open();
      try {
        assert.equal(only(again, "inbox").uid, first.uid);
        assert.equal(await textOf(again, only(again, "inbox")), first.text);
      } finally {
        again.close();
      }
    }));
}

Deno.test("a message that nobody signed bears its mark, and no account in front", () =>
  onFolders(async (stage) => {
    await stage.alice.send("bob", "x");
    const source = utf8("From: eve@else.test\r\nSubject: pay\r\n\r\nnow\r\n");
    await stage.server.lying(await arrivedFrom(stage.server, systemName, source), async () => {
      const { text, keyword } = await shown(stage);
      assert.equal(keyword, "$MailctlUnsigned");
      assert.match(text, /^Mailctl-Sender: unsigned\r\nMailctl-Fingerprint: +none\r\n/);
      assert.match(text, /^Subject: \[unsigned\] pay\r$/m);
    });
  }));

Deno.test("a message tells that its sender was verified since, and stays what it is", () =>
  onFolders(async (stage) => {
    const { alice, bob, a } = stage;
    await alice.send("bob", "s");
    const before = await shown(stage);
    assert.equal(before.keyword, "$MailctlUnknown");
    await a.refresh(); // by now the key is known
    await trust(bob);
    const after = await shown(stage);
    assert.deepEqual(after, { ...before, keyword: "$MailctlVerified" });
  }));

Deno.test("a note is marked, and its message comes unread under another UID once its key is trusted", () =>
  onFolders(async (stage) => {
    const { alice, bob, a, b } = stage;
    await pinAnother(bob);
    await alice.send("bob", "secret");
    const note = await shown(stage);
    assert.deepEqual(only(a, "inbox").flags, ["noted"]);
    await a.change([only(a, "inbox")], { seen: true, addFlags: ["flagged"] });
    const old = only(a, "inbox");
    await trust(bob);
    await trust(bob.elsewhere(`${stage.folder}/elsewhere`)); // its keyring is of the time before
    await b.refresh();
    const come = only(b, "inbox");
    assert.ok(come.uid > note.uid);
    assert.deepEqual([come.flags, come.isSeen], [["flagged"], false]);
    assert.match(await textOf(b, come), /^Mailctl-Sender: alice[^]*secret/);
    await a.refresh();
    assert.equal(only(a, "inbox").uid, come.uid);
    assert.deepEqual(await a.facts([old]), [null], "the note is gone");
    await assert.rejects(textOf(a, old), { code: "no_such_message" });
  }));

Deno.test("a program that fetches, marks and deletes all neither burns nor loses what it did not see", () =>
  onFolders(async (stage) => {
    const { alice, bob, a, b } = stage;
    await alice.with((mailbox) => mailbox.send({ ...burning, body: utf8("secret") }));
    await shown(stage);
    await a.change([only(a, "inbox")], { seen: true, addFlags: ["deleted"] });
    assert.equal(only(a, "inbox").isSeen, false, "that would erase it");
    await a.expunge(a.messages("inbox"));
    assert.deepEqual(a.messages("inbox"), []);
    const trash = numberOf(a, "Trash");
    const kept = only(a, trash);
    assert.deepEqual(kept.flags, ["noted"]);
    assert.match((await bob.read(kept.id)).text, /secret$/, "it can still be read");
    await b.refresh();
    await b.change(b.messages(trash), { addFlags: ["deleted"] });
    await b.expunge(b.messages(trash));
    assert.deepEqual(b.messages(trash), [], "from the trash it goes");
  }));

Deno.test("what is judged again while others are opened is there all the same", () =>
  onFolders(async (stage) => {
    const { a, alice, bob, server } = stage;
    await alice.send("bob", "first");
    await shown(stage);
    await alice.send("bob", "second");
    await a.refresh();
    await trust(bob);
    const [asked, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const keyring: Lies["keyring"] = (honest) => async (...which) => {
      asked.resolve();
      await held.promise;
      return await honest.keyring(...which);
    };
    await server.lying({ keyring }, async () => {
      const looking = a.refresh();
      await asked.promise;
      const facts = a.facts(a.messages("inbox"));
      held.resolve();
      await looking;
      assert.deepEqual((await facts).map((each) => each === null), [false, false]);
    });
    const known = (await a.facts(a.messages("inbox"))).map((each) => each?.outcomeKeyword);
    assert.deepEqual(known, ["$MailctlVerified", "$MailctlVerified"]);
  }));
