/** What is known of an account's messages, and that it stays right through every kind of change. */
import assert from "node:assert/strict";
import {
  type FiledMail,
  FolderState,
  type StateUpdate,
} from "../../../../src/gateway/folders/folder_state.ts";
import type { FolderList } from "../../../../src/model/filing.ts";
import { builtInFolders } from "../../../../src/model/filing.ts";
import { type EntryId, entryId } from "../../../../src/model/ids.ts";
import { seeded } from "../../../support/mime.ts";

const withBills: FolderList = {
  ...builtInFolders,
  folders: [...builtInFolders.folders, { id: 50, name: "Bills", use: "none", madeAt: 1 }],
};

function mail(id: number, changed: Partial<FiledMail> = {}): FiledMail {
  return {
    id: entryId(id),
    uid: id,
    modseq: id,
    isSeen: false,
    flags: [],
    keywords: [],
    internalDate: 1,
    storedAt: 1,
    box: "inbox",
    folder: "inbox",
    isAsFiled: true,
    hasOwnDate: false,
    version: 1,
    sealedBytes: 1,
    digest: "",
    ...changed,
  };
}

function update(messages: readonly FiledMail[], changed: Partial<StateUpdate> = {}): StateUpdate {
  return {
    isReset: false,
    messages: new Map(messages.map((each) => [each.id, each])),
    gone: new Set<EntryId>(),
    list: withBills,
    modseq: 1,
    ...changed,
  };
}

const noted = { flags: ["noted"], version: 2 } as const;

const changes: readonly [what: string, change: StateUpdate, left: readonly number[]][] = [
  ["nothing changed", update([]), [2, 3]],
  ["another one is marked", update([mail(1, noted)]), [2, 3, 1]],
  ["the mark of one is taken away", update([mail(2, { version: 3 })]), [3]],
  ["one is gone", update([], { gone: new Set([entryId(3)]) }), [2]],
  ["one is moved", update([mail(2, { ...noted, uid: 9, folder: 50 })]), [3, 2]],
  ["its folder is in no list any more", update([], { list: builtInFolders }), [2, 3]],
  ["all is told anew", update([mail(1), mail(3, noted)], { isReset: true }), [3]],
];

for (const [what, change, left] of changes) {
  Deno.test(`which messages are notes is known once ${what}`, () => {
    const state = new FolderState(withBills, 0);
    state.apply(update([mail(1), mail(2, noted), mail(3, { ...noted, folder: 50 })]));
    state.apply(change);
    assert.deepEqual(state.noted.map(({ id }) => id), left);
    for (const message of state.noted) assert.equal(message, state.find(message.id));
  });
}

Deno.test("the folders of an account that was made when the clock said 2155 have a UIDVALIDITY", () => {
  const state = new FolderState(builtInFolders, Date.UTC(2155, 0));
  for (const { uidValidity } of state.folders) {
    assert.ok(uidValidity > 0 && uidValidity < 2 ** 32, `${uidValidity}`);
  }
});

const keys = ["inbox", "sent", 1, 3, 50] as const;

/** Messages of a folder, and how many have which mark, looked at one by one. */
function counted(known: ReadonlyMap<EntryId, FiledMail>, key: FiledMail["folder"]) {
  const there = [...known.values()].filter(({ folder }) => folder === key);
  return {
    uids: there.map(({ uid }) => uid).sort((a, b) => a - b),
    unseen: there.filter(({ isSeen }) => !isSeen).length,
    deleted: there.filter(({ flags }) => flags.includes("deleted")).length,
  };
}

Deno.test("lists and counts of folders are right after every change, whichever it is", () => {
  const next = seeded(7);
  const random = () => next() / 2 ** 32;
  const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const state = new FolderState(withBills, 0);
  const known = new Map<EntryId, FiledMail>();
  let [uidNext, most] = [1, 0];
  let list = withBills;
  for (let round = 1; round <= 500; round++) {
    const isReset = random() < 0.01;
    if (isReset) known.clear();
    if (random() < 0.05) list = list === withBills ? builtInFolders : withBills;
    const messages = Array.from({ length: Math.floor(random() * 8) }, () => {
      const before = random() < 0.6 ? oneOf([...known.values()]) : undefined;
      const id = before?.id ?? entryId(1_000 + uidNext);
      const moves = before === undefined || random() < 0.3;
      const box = before?.box ?? oneOf(["inbox", "sent"] as const);
      const folder = moves ? oneOf([box, 1, 3, 50]) : before.folder;
      const flags = oneOf([[], ["deleted"], ["noted"], ["flagged", "deleted"]] as const);
      const version = (before?.version ?? 0) + 1;
      const isSeen = random() < 0.5;
      return mail(id, { uid: moves ? uidNext++ : before.uid, box, folder, flags, version, isSeen });
    });
    const gone = new Set(random() < 0.3 && known.size > 0 ? [oneOf([...known.keys()])] : []);
    const told = new Map(messages.filter(({ id }) => !gone.has(id)).map((each) => [each.id, each]));
    for (const id of gone) known.delete(id);
    for (const [id, each] of told) known.set(id, each);
    for (const [id, each] of known) {
      if (each.folder === 50 && list === builtInFolders) {
        known.set(id, { ...each, folder: each.box });
      }
    }
    most = Math.max(most, known.size);
    state.apply({ isReset, messages: told, gone, list, modseq: round });
    for (const key of round % 3 === 0 ? keys : []) { // several changes may come between two looks
      const found = state.messages(key);
      assert.deepEqual(
        { uids: found.map(({ uid }) => uid), ...state.counts(key) },
        counted(known, key),
      );
      assert.equal(state.messages(key), found);
    }
  }
  assert.ok(most > 50);
});
