/** A server that lies about how mail is filed: it is refused, or it gains nothing. */
import assert from "node:assert/strict";
import { feedStart } from "../../src/client/filing/change_feed.ts";
import type { FiledMailbox } from "../../src/client/filing/filed_mailbox.ts";
import { openMailbox } from "../../src/client/open_mailbox.ts";
import { unfiled } from "../../src/model/filing.ts";
import { entryId } from "../../src/model/ids.ts";
import type { FiledEntry } from "../../src/store/filing_store.ts";
import { atHostileServer, type HostileScene } from "../support/hostile_scene.ts";
import type { HostileServer, Lies } from "../support/hostile_server.ts";

const ids = [entryId(1), entryId(2)];

/** Bob's mailbox with two messages, filed apart. */
async function filedAt(
  act: (filed: FiledMailbox, scene: HostileScene) => Promise<void>,
): Promise<void> {
  await atHostileServer(async (scene) => {
    for (const subject of ["first", "second"]) await scene.alice.send("bob", subject);
    const mailbox = await openMailbox(scene.bob.options);
    try {
      const filed = await mailbox.filed();
      await filed.change([entryId(1)], { folder: 1, addKeywords: ["canary1"] });
      await filed.change([entryId(2)], { addFlags: ["flagged"] });
      await act(filed, scene);
    } finally {
      await mailbox.finish();
    }
  });
}

async function keptBy(server: HostileServer): Promise<FiledEntry[]> {
  const entries = await server.store.filedEntries(await server.accountId("bob"), ids);
  return entries.map((entry) => entry!);
}

/** Shows other entries than there are, wherever filings are told. */
function showing(change: (entries: readonly FiledEntry[]) => FiledEntry[]): Lies {
  return {
    filedEntries: (honest) => async (account, ids) => {
      const entries = await honest.filedEntries(account, ids);
      return change(entries.filter((entry) => entry !== null));
    },
    changes: (honest) => async (query) => {
      const page = await honest.changes(query);
      return { ...page, entries: change(page.entries) };
    },
  };
}

Deno.test("an older filing is refused by who saw a newer one, and shown to who did not", () =>
  filedAt(async (filed, { server, bob }) => {
    const older = await keptBy(server);
    await filed.change(ids, { addKeywords: ["newer"] });
    const back = showing((entries) => entries.map(({ id }) => older[id - 1]!));
    await server.lying(back, async () => {
      const refused = { code: "bad_signature", message: /older flags of message 1/ };
      await assert.rejects(filed.read(ids), refused);
      await assert.rejects(filed.changes(feedStart), refused);
      await assert.rejects(filed.change(ids, { addFlags: ["draft"] }), refused);
      await bob.with(async (mailbox) => {
        const [first] = await (await mailbox.filed()).read(ids);
        assert.deepEqual(first!.filing.keywords, ["canary1"]);
      });
    });
  }));

Deno.test("another message's filing, a damaged one and one kept back count as none, and nothing is sealed over them", () =>
  filedAt(async (filed, { server, bob }) => {
    const [first, second] = await keptBy(server);
    const { sealed } = first!.filing;
    const lies: Partial<FiledEntry["filing"]>[] = [
      { sealed: second!.filing.sealed },
      { sealed: sealed!.with(20, sealed![20]! ^ 1) },
      { sealed: new Uint8Array(0) },
      { sealed: null },
    ];
    for (const lie of lies) {
      const lying = showing((entries) =>
        entries.map((entry) =>
          entry.id === 1 ? { ...entry, filing: { ...entry.filing, ...lie } } : entry
        )
      );
      await server.lying(lying, async () => {
        const [shown, other] = await filed.read(ids);
        assert.deepEqual([shown!.isIntact, shown!.filing], [false, unfiled]);
        assert.deepEqual([other!.isIntact, other!.filing.flags], [true, ["flagged"]]);
        const refused = { code: "bad_signature", message: /altered .* of message 1/ };
        await assert.rejects(filed.change(ids, { addFlags: ["draft"] }), refused);
      });
    }
    const outcomes = await server.lying({
      list: (honest) => async (query) => {
        const page = await honest.list(query);
        return {
          ...page,
          entries: page.entries.map((entry) => ({
            ...entry,
            filing: { ...entry.filing, sealed: new Uint8Array(9) },
          })),
        };
      },
    }, () => bob.outcomes());
    assert.deepEqual(outcomes, ["first unknown", "second unknown"], "a list is shown all the same");
  }));

const answers: readonly [why: string, change: (entries: readonly FiledEntry[]) => FiledEntry[]][] =
  [
    [
      "a place given twice",
      (entries) => entries.map((entry) => ({ ...entry, filing: { ...entry.filing, place: 7 } })),
    ],
    ["an id given twice", (entries) => entries.map(() => entries[0]!)],
  ];

for (const [why, change] of answers) {
  Deno.test(`the feed and what is asked for are refused for ${why}`, () =>
    filedAt(async (filed, { server }) => {
      await server.lying(showing(change), async () => {
        await assert.rejects(filed.changes(feedStart), { code: "protocol" });
        await assert.rejects(filed.read(ids), { code: "protocol" });
      });
    }));
}

Deno.test("an entry that is not there is told, and is nothing", () =>
  filedAt(async (filed, { server, bob }) => {
    const made = showing((entries) => [{ ...entries[0]!, ...unknown(entries) }, ...entries]);
    await server.lying(made, async () => {
      const { messages } = await filed.changes(feedStart);
      assert.deepEqual(messages.map(({ id }) => id), [999, 1, 2]);
      await assert.rejects(filed.read(ids), { code: "protocol" }, "nobody asked for it");
      await bob.with((mailbox) =>
        assert.rejects(mailbox.look(entryId(999)), { code: "no_such_message" })
      );
    });
    assert.deepEqual(await filed.change([entryId(999)], { addFlags: ["draft"] }), []);
  }));

function unknown(entries: readonly FiledEntry[]): Pick<FiledEntry, "id" | "filing"> {
  const { filing } = entries[0]!;
  return { id: entryId(999), filing: { ...filing, place: 999, modseq: 1 } };
}

const feeds: readonly [why: string, lie: object][] = [
  ["goes nowhere", { modseq: 0, more: true }],
  ["is ahead of itself", { modseq: 1_000_000 }],
  ["goes back", { newest: 0 }],
];

for (const [why, lie] of feeds) {
  Deno.test(`a feed that ${why} is refused`, () =>
    filedAt(async (filed, { server }) => {
      const lies: Lies = {
        changes: (honest) => async (query) => ({ ...await honest.changes(query), ...lie }),
      };
      await server.lying(
        lies,
        () => assert.rejects(filed.changes(feedStart), { code: "protocol" }),
      );
    }));
}

Deno.test("an older list of folders is made whole by a machine that remembers, and put back", () =>
  filedAt(async (filed, { server, bob }) => {
    const account = await server.accountId("bob");
    await filed.createFolder("first");
    const old = await server.store.folders(account);
    await filed.createFolder("second");
    const warnings: string[] = [];
    for (const shown of [old, { version: 0, sealed: null }]) {
      const offered: number[] = [];
      const lies: Lies = {
        folders: () => () => Promise.resolve(shown),
        replaceFolders: () => (_account, { version }) => {
          offered.push(version);
          return Promise.resolve(true);
        },
      };
      await server.lying(lies, async () => {
        const onWarning = (sentence: string) => void warnings.push(sentence);
        const mailbox = await openMailbox({ ...bob.options, onWarning });
        const { folders } = await (await mailbox.filed()).folders();
        assert.deepEqual(folders.slice(4).map(({ name }) => name), ["first", "second"]);
        await mailbox.finish();
      });
      assert.equal(offered.length, 1);
      assert.ok(offered[0]! > 2, "its version only goes up");
    }
    assert.deepEqual(new Set(warnings).size, 1);
    assert.match(warnings[0]!, /had an older list of folders/);
    const altered = { version: 9, sealed: old.sealed!.with(30, old.sealed![30]! ^ 1) };
    await server.lying(
      { folders: () => () => Promise.resolve(altered) },
      () => assert.rejects(filed.folders(), { code: "bad_signature" }),
    );
  }));

Deno.test("what the server keeps has no name, no flag and no keyword in it, and its size tells little", () =>
  filedAt(async (filed, { server }) => {
    await filed.createFolder("canary2");
    const [first, second] = await keptBy(server);
    const { sealed } = await server.store.folders(await server.accountId("bob"));
    const texts = [first!.filing.sealed!, second!.filing.sealed!, sealed!];
    assert.deepEqual(texts.map(({ length }) => length), [128 + 28, 128 + 28, 4096 + 28]);
    for (const text of texts) {
      assert.doesNotMatch(new TextDecoder("latin1").decode(text), /canary|flagged|Archive/);
    }
  }));
