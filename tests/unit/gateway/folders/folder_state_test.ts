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
