/** Two machines of one account that change the same at the same time: nothing is lost, and nothing is doubled. */
import assert from "node:assert/strict";
import { type FeedPosition, feedStart } from "../../src/client/filing/change_feed.ts";
import type { FiledMailbox } from "../../src/client/filing/filed_mailbox.ts";
import type { FiledMessage } from "../../src/client/filing/filed_message.ts";
import type { Mailbox } from "../../src/client/mailbox.ts";
import { openMailbox } from "../../src/client/open_mailbox.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { MailError } from "../../src/model/errors.ts";
import { unfiled } from "../../src/model/filing.ts";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import type { Store } from "../../src/store/store.ts";
import { PersonHere } from "../support/account_here.ts";
import { atHostileServer } from "../support/hostile_scene.ts";
import type { HostileServer } from "../support/hostile_server.ts";
import { seeded } from "../support/mime.ts";
import { Relay } from "../support/relay.ts";

const one = [entryId(1)];

function draft(text: string) {
  const content = ReadableStream.from([utf8(`Subject: ${text}\r\n\r\n${text}\r\n`)]);
  return {
    box: "inbox",
    sameIn: ["inbox"],
    isRead: true,
    filing: { ...unfiled, folder: 2 },
    content,
  } as const;
}

interface Machines {
  readonly a: FiledMailbox;
  readonly b: FiledMailbox;
  readonly server: HostileServer;
  readonly bob: PersonHere;
  /** Does something just before a method of the store, once. */
  before<T>(
    method: "fileEntries" | "replaceFolders",
    other: () => Promise<unknown>,
    work: () => Promise<T>,
  ): Promise<T>;
}

/** Bob's two machines, and a message in his inbox. */
async function onTwoMachines(act: (machines: Machines) => Promise<void>): Promise<void> {
  await atHostileServer(async ({ server, folder, alice, bob }) => {
    await alice.send("bob", "hello");
    const elsewhere = bob.elsewhere(`${folder}/elsewhere`);
    const mailboxes = [
      await openMailbox({ ...bob.options, state: { folder: `${folder}/bob` } }),
      await openMailbox({ ...elsewhere.options, server: bob.options.server }),
    ] as const;
    const before: Machines["before"] = (method, other, work) => {
      let isDone = false;
      const wrapped = (honest: Store) => async (...asked: never[]) => {
        if (!isDone) {
          isDone = true;
          await other();
        }
        return await (honest[method] as (...asked: never[]) => Promise<never>)(...asked);
      };
      return server.lying({ [method]: wrapped }, work);
    };
    try {
      const [a, b] = [await mailboxes[0].filed(), await mailboxes[1].filed()];
      await act({ a, b, bob, server, before });
    } finally {
      for (const mailbox of mailboxes) await mailbox.finish();
    }
  });
}

async function filingOf(mailbox: FiledMailbox, ids = one) {
  const [message] = await mailbox.read(ids);
  return message?.filing;
}

/** What machine A does, what B does in between, and what is there afterwards. */
const rows: readonly [
  what: string,
  a: (mailbox: FiledMailbox) => Promise<FiledMessage[]>,
  b: (mailbox: FiledMailbox) => Promise<unknown>,
  after: object,
][] = [
  [
    "two flags are both kept",
    (a) => a.change(one, { addFlags: ["flagged"] }),
    (b) => b.change(one, { addFlags: ["answered"] }),
    { flags: ["answered", "flagged"] },
  ],
  [
    "a flag and a keyword are both kept",
    (a) => a.change(one, { addFlags: ["flagged"] }),
    (b) => b.change(one, { addKeywords: ["work"] }),
    { flags: ["flagged"], keywords: ["work"] },
  ],
  [
    "of a flag that is set and taken away the later stays",
    (a) => a.change(one, { removeKeywords: ["work"], addKeywords: ["a"] }),
    (b) => b.change(one, { addKeywords: ["work"] }),
    { keywords: ["a"] },
  ],
  [
    "of two moves the later stays",
    (a) => a.change(one, { folder: 1 }),
    (b) => b.change(one, { folder: 3 }),
    { folder: 1 },
  ],
  [
    "a move and a flag are both kept",
    (a) => a.change(one, { folder: 1 }),
    (b) => b.change(one, { addFlags: ["flagged"] }),
    { folder: 1, flags: ["flagged"] },
  ],
  [
    "the same change by both is made once",
    (a) => a.change(one, { addKeywords: ["work"] }),
    (b) => b.change(one, { addKeywords: ["work"] }),
    { keywords: ["work"] },
  ],
];

for (const [what, a, b, after] of rows) {
  Deno.test(`two machines: ${what}`, () =>
    onTwoMachines(async (machines) => {
      const changed = await machines.before(
        "fileEntries",
        () => b(machines.b),
        () => a(machines.a),
      );
      assert.deepEqual(changed.map(({ filing }) => filing), [{ ...unfiled, ...after }]);
      assert.deepEqual(await filingOf(machines.b), { ...unfiled, ...after });
    }));
}

Deno.test("two machines: what one deletes, the other is told is gone", () =>
  onTwoMachines(async ({ a, before, server }) => {
    const bob = await server.accountId("bob");
    const remove = () => server.store.deleteEntries(bob, [entryId(1)]);
    const moved = await before("fileEntries", remove, () => a.change(one, { folder: 1 }));
    assert.deepEqual(moved, []);
  }));

Deno.test("two machines: of two new names of a folder the later stays, and it is one folder", () =>
  onTwoMachines(async ({ a, b, before }) => {
    const { folder } = await a.createFolder("F");
    const renamed = await before(
      "replaceFolders",
      () => b.renameFolder("F", "Y"),
      () => a.renameFolder("F", "X"),
    );
    assert.equal(renamed.id, folder.id);
    const { folders } = await b.folders();
    assert.deepEqual(folders.slice(4).map(({ name, id }) => [name, id]), [["X", folder.id]]);
  }));

Deno.test("two machines: a folder that both make is one", () =>
  onTwoMachines(async ({ a, b, before }) => {
    const made = await before(
      "replaceFolders",
      () => b.createFolder("X"),
      () => a.createFolder("X"),
    );
    assert.equal(made.isMade, false, "the slower uses the other's");
    const { folders } = await b.folders();
    assert.deepEqual(folders.slice(4).map(({ id }) => id), [made.folder.id]);
  }));

Deno.test("two machines: mail of a folder that is deleted comes into the trash, also what comes meanwhile", () =>
  onTwoMachines(async ({ a, b, before }) => {
    const { folder } = await a.createFolder("F");
    await b.folders();
    const kept = await a.keep({ ...draft("kept"), filing: { ...unfiled, folder: folder.id } });
    await before(
      "replaceFolders",
      () => b.change(one, { folder: folder.id }),
      () => a.deleteFolder("F"),
    );
    assert.equal((await filingOf(a, [kept]))!.folder, 3);
    assert.equal((await filingOf(a))!.folder, 3);
    await assert.rejects(a.deleteFolder("Trash"), { code: "denied" });
  }));

Deno.test("two machines: mail that leaves a folder while that is deleted does not come into the trash", () =>
  onTwoMachines(async ({ a, b, before }) => {
    const { folder } = await a.createFolder("F");
    await a.change(one, { folder: folder.id });
    await before("fileEntries", () => b.change(one, { folder: 1 }), () => a.deleteFolder("F"));
    assert.equal((await filingOf(b))!.folder, 1);
  }));

Deno.test("two machines: mail that moves into a folder that was deleted before comes home", () =>
  onTwoMachines(async ({ a, b, before }) => {
    const { folder } = await a.createFolder("F");
    const moved = await before(
      "fileEntries",
      () => b.deleteFolder("F"),
      () => a.change(one, { folder: folder.id }),
    );
    assert.deepEqual(moved.map(({ filing }) => filing.folder), [0]);
  }));

Deno.test("two machines: a draft that both replace is two, whole, and never none", () =>
  onTwoMachines(async ({ a, b }) => {
    const first = await a.keep(draft("first"));
    const ids = await Promise.all([a.replace(first, draft("one")), b.replace(first, draft("two"))]);
    assert.deepEqual((await a.inFolder(2)).map(({ id }) => id), ids.toSorted((x, y) => x - y));
  }));

Deno.test("a change that another machine overtakes is made anew, five times at most", () =>
  onTwoMachines(async ({ a, b, server }) => {
    let overtaken = 0;
    let isOther = false;
    const slow = (times: number) => (honest: Store): Store["fileEntries"] => async (...asked) => {
      if (!isOther && overtaken < times) {
        isOther = true;
        await b.change(one, { addKeywords: [`k${overtaken++}`] });
        isOther = false;
      }
      return await honest.fileEntries(...asked);
    };
    const flag = () => a.change(one, { addFlags: ["flagged"] });
    const [changed] = await server.lying({ fileEntries: slow(4) }, flag);
    assert.deepEqual(changed!.filing, {
      ...unfiled,
      flags: ["flagged"],
      keywords: ["k0", "k1", "k2", "k3"],
    });
    const other = () => a.change(one, { addFlags: ["answered"] });
    await server.lying(
      { fileEntries: slow(9) },
      () => assert.rejects(other(), { code: "try_later" }),
    );
    assert.equal(overtaken, 9);
    assert.deepEqual((await filingOf(a))!.flags, ["flagged"]);
  }));

Deno.test("a copy is a message of its own, with the flags of the first, and is not taken for a replay", () =>
  onTwoMachines(async ({ a, b, bob }) => {
    await a.change(one, { addFlags: ["flagged"], addKeywords: ["work"] });
    const [copy, none] = await b.copy([entryId(1), entryId(99)], { folder: 1 });
    assert.equal(none, null);
    assert.deepEqual(await filingOf(a, [copy!]), {
      ...unfiled,
      folder: 1,
      flags: ["flagged", "copied"],
      keywords: ["work"],
    });
    assert.deepEqual(await bob.outcomes(), ["hello signed", "hello signed"]);
    assert.equal((await bob.read(copy!)).text.includes("hello"), true);
    await bob.with((mailbox) => mailbox.delete(one));
    assert.deepEqual(await bob.outcomes(), ["hello signed"]);
    assert.equal((await bob.read(copy!)).outcome, "signed");
  }));

Deno.test("what is imported or kept is filed from the start, and kept twice it is two messages", () =>
  onTwoMachines(async ({ a, b, bob }) => {
    const filing = { ...unfiled, folder: 1, flags: ["answered"], keywords: ["old"] } as const;
    const message = { name: "m", ...draft("imported"), date: null, filing };
    const listener = {
      done: () => {},
      refused: (_: unknown, error: MailError) => assert.fail(error),
    };
    await bob.with((mailbox) => mailbox.import(ReadableStream.from([message]), listener));
    const [imported] = await a.inFolder(1);
    assert.deepEqual([imported!.filing, imported!.version], [filing, 1]);
    const ids = [await a.keep(draft("same")), await b.keep(draft("same"))];
    assert.deepEqual((await a.inFolder(2)).map(({ id }) => id), ids);
    assert.equal((await bob.read(ids[0]!)).text, "Subject: same\r\n\r\nsame\r\n");
  }));

/** One account on two machines, each behind a network that stalls and is cut. */
async function behindRelays(
  work: (machines: readonly { mailbox: Mailbox; relay: Relay }[], bob: PersonHere) => Promise<void>,
): Promise<void> {
  await atHostileServer(async ({ server, folder, alice, bob }) => {
    for (let n = 0; n < 5; n++) await alice.send("bob", `message ${n}`);
    const port = Number(server.address.split(":").at(-1));
    await using first = new Relay(port);
    await using second = new Relay(port);
    const machines = [];
    for (const [n, relay] of [first, second].entries()) {
      const options = { ...bob.options, server: { ...bob.options.server, port: relay.port } };
      const state = { folder: `${folder}/machine${n}` };
      machines.push({ mailbox: await openMailbox({ ...options, state }), relay });
    }
    try {
      await work(machines, bob);
    } finally {
      for (const { mailbox } of machines) await mailbox.finish();
    }
  });
}

Deno.test("two machines on bad networks change the same mail: nothing is lost, nothing is doubled", () =>
  behindRelays(async (machines, bob) => {
    const random = seeded(24);
    const said = new Map<EntryId, Set<string>>();
    const drafts: EntryId[] = [];
    const folders: string[] = [];
    let isUnsure = 0;
    let count = 0;
    const act = async (filed: FiledMailbox) => {
      const id = entryId(1 + random() % 5);
      const word = `k${count++}`;
      const kind = random() % 6;
      try {
        if (kind === 0) {
          drafts.push(await filed.keep(draft(word)));
        } else if (kind === 1) {
          folders.push((await filed.createFolder(word)).folder.name);
        } else {
          const folder = random() % 3 === 0 ? random() % 5 : undefined;
          const change = { addKeywords: [word], addFlags: ["flagged"] as const, folder };
          const changed = await filed.change([id], change);
          assert.equal(changed.length, 1);
          said.set(id, (said.get(id) ?? new Set()).add(word));
        }
      } catch (error) {
        if (!(error instanceof MailError)) throw error;
        assert.ok(
          ["unavailable", "try_later"].includes(error.code),
          `${error.code}: ${error.message}`,
        );
        isUnsure++;
      }
    };
    for (let round = 0; round < 24; round++) {
      const releases = machines.filter(() => random() % 2 === 0).map(({ relay }) => relay.stall());
      const works = machines.flatMap(({ mailbox }) =>
        Array.from({ length: 2 }, async () => await act(await mailbox.filed()))
      );
      await new Promise((resolve) => setTimeout(resolve, random() % 10));
      if (round % 6 === 5) {
        for (const { relay } of machines) relay.cut();
        for (const release of releases) release();
        await Promise.all(works);
        await Promise.all(machines.map(async (machine) => {
          await machine.mailbox.finish();
          Object.assign(machine, { mailbox: await machine.mailbox.reopen() });
        }));
        continue;
      }
      for (const release of releases) release();
      await Promise.all(works);
    }
    assert.ok(said.size === 5 && drafts.length > 5 && folders.length > 5, "much came through");
    await bob.with(async (mailbox) => {
      const filed = await mailbox.filed();
      for (const [id, words] of said) {
        const [message] = await filed.read([id]);
        const lost = words.difference(new Set(message!.filing.keywords));
        assert.deepEqual([...lost], [], `of message ${id}`);
      }
      const kept = (await filed.inFolder(2)).map(({ id }) => id).filter((id) => id > 5);
      assert.deepEqual(drafts.filter((id) => !kept.includes(id)), [], "no draft is lost");
      assert.ok(kept.length <= drafts.length + isUnsure, "no draft is doubled");
      const names = (await filed.folders()).folders.map(({ name }) => name);
      assert.deepEqual(folders.filter((name) => !names.includes(name)), [], "no folder is lost");
      const places = new Set<number>();
      for await (const page of filed.list()) {
        for (const { place } of page.messages) {
          assert.ok(!places.has(place), "a place is given once");
          places.add(place);
        }
      }
    });
  }));

Deno.test("what another machine changed since is passed over, also where it was quicker by a moment", () =>
  onTwoMachines(async ({ a, b, before }) => {
    const [{ modseq }] = await a.read(one) as [FiledMessage];
    const flagged = { addFlags: ["flagged"] } as const;
    const late = await before(
      "fileEntries",
      () => b.change(one, { addFlags: ["answered"] }),
      () => a.change(one, flagged, { unchangedSince: modseq }),
    );
    assert.deepEqual(late, []);
    assert.deepEqual((await filingOf(a))!.flags, ["answered"]);
    const [{ modseq: newest }] = await a.read(one) as [FiledMessage];
    assert.deepEqual(await a.change(one, flagged, { unchangedSince: newest - 1 }), []);
    assert.equal((await a.change(one, flagged, { unchangedSince: newest })).length, 1);
  }));

Deno.test("what takes the place of a note comes anew, and a flag alone moves nothing", () =>
  onTwoMachines(async ({ a, b }) => {
    const [note] = await a.change(one, { addFlags: ["noted"] });
    assert.equal(note!.place, 1);
    const [come] = await a.change(one, { removeFlags: ["noted"] });
    assert.ok(come!.place > 1);
    const [again] = await b.change(one, { removeFlags: ["noted"], addFlags: ["flagged"] });
    assert.equal(again!.place, come!.place, "another machine finds it done");
  }));

Deno.test("whoever follows a mailbox with nothing in it waits for the first message", () =>
  atHostileServer(async ({ alice, join }) => {
    const carol = await join("carol");
    await carol.with(async (mailbox) => {
      const filed = await mailbox.filed();
      const { position } = await filed.changes(feedStart);
      const waiting = filed.waitForChanges(position);
      await alice.send("carol", "hello");
      assert.deepEqual((await waiting).messages.map(({ id }) => id), one);
    });
  }));

Deno.test("whoever follows a mailbox is told what another machine did", () =>
  onTwoMachines(async ({ a, b }) => {
    let position: FeedPosition = feedStart;
    const first = await a.changes(position);
    assert.deepEqual([first.messages.map(({ id }) => id), first.more], [one, false]);
    ({ position } = first);
    assert.equal((await a.waitForChanges(feedStart)).messages.length, 1, "there is something");
    const waiting = a.waitForChanges(position);
    await b.change(one, { addFlags: ["flagged"], folder: 1 });
    const page = await waiting;
    assert.deepEqual(page.messages.map(({ filing }) => filing.flags), [["flagged"]]);
    const hearing = a.waitForChanges(page.position);
    const { folder } = await b.createFolder("later");
    const { messages: none, position: heard } = await hearing;
    assert.deepEqual([none, heard.folders > page.position.folders], [[], true]);
    assert.ok((await a.folders()).folders.some(({ id }) => id === folder.id));
    await b.markUnread(one);
    const { bytes, messages } = await b.usage();
    assert.ok(bytes > 0 && messages === 1);
  }));
