/** Changes of the list of folders: what is made of it, and what is refused. */
import assert from "node:assert/strict";
import {
  findFolder,
  withFolder,
  withKnown,
  withName,
  withoutFolder,
  withParents,
  withSubscription,
} from "../../../../src/client/filing/folder_list.ts";
import { encodeFolders } from "../../../../src/crypto/message/filing.ts";
import { builtInFolders, type Folder, type FolderList } from "../../../../src/model/filing.ts";
import { limits } from "../../../../src/model/limits.ts";

const odd = [
  "a",
  "a/b",
  "a/b/c",
  "&",
  "ä",
  '"',
  "\\",
  "%",
  "*",
  "trailing ",
  "😀",
  "x".repeat(255),
];

function made(...names: readonly string[]): FolderList {
  return names.reduce((list, name) => withFolder(list, name, 5_000), builtInFolders);
}

function namesOf({ folders }: FolderList): string[] {
  return folders.map(({ name }) => name).slice(4);
}

function folder(list: FolderList, name: string): Folder {
  return findFolder(list, name)!;
}

Deno.test("folders of odd names are made, renamed, found and taken out", () => {
  const list = made(...odd);
  encodeFolders(list);
  assert.deepEqual(namesOf(list), odd);
  for (const [at, name] of odd.entries()) {
    const { id, madeAt } = folder(list, name);
    assert.ok(id >= 16 && madeAt === 5 + at, "no two are as old");
    const renamed = withName(list, folder(list, name), "other");
    assert.equal(folder(renamed, "other").id, id, "it stays the folder that it is");
    assert.equal(findFolder(withoutFolder(list, id), name), null);
  }
});

const levels: readonly [there: readonly string[], name: string, added: readonly string[]][] = [
  [[], "a/b/c", ["a", "a/b", "a/b/c"]],
  [["a"], "a/b/c", ["a/b", "a/b/c"]],
  [["a", "a/b"], "a/b", []],
  [[], "INBOX/b", ["INBOX/b"]],
  [[], "inbox/b/c", ["inbox/b", "inbox/b/c"]],
  [[], "Sent/b", ["Sent/b"]],
  [[], "Archive/b", ["Archive/b"]],
];

for (const [there, name, added] of levels) {
  Deno.test(`beside [${there}], ${name} is made with the levels above it: [${added}]`, () => {
    assert.deepEqual(namesOf(made(...there, name)), [...there, ...added]);
    const above = added.filter((each) => each !== name);
    assert.deepEqual(namesOf(withParents(made(...there), name, 0)), [...there, ...above]);
  });
}

Deno.test("a folder is younger than one of its name that was deleted in the same second", () => {
  const first = made("a");
  const { id, madeAt } = folder(first, "a");
  const again = withFolder(withoutFolder(first, id), "a", 5_000);
  assert.ok(folder(again, "a").madeAt > madeAt);
  assert.ok(
    folder(withFolder(withoutFolder(first, id), "a", 1_000), "a").madeAt > madeAt,
    "slow clock",
  );
  assert.equal(folder(withFolder(first, "b", 90_000), "b").madeAt, 90);
  const [older, newer] = [made("a"), made("a", "b", "c")];
  assert.equal(withKnown(older, newer).lastMadeAt, newer.lastMadeAt);
  assert.equal(withKnown(newer, older).lastMadeAt, newer.lastMadeAt);
});

Deno.test("a folder that is made when the clock says 2155 has a UIDVALIDITY, and so has the next", () => {
  const list = withFolder(withFolder(made(), "a", Date.UTC(2155, 0)), "b", Date.UTC(2026, 0));
  const [first, second] = ["a", "b"].map((name) => folder(list, name).madeAt);
  assert.ok(second! > first! && second! < 2 ** 32, `${first} ${second}`);
});

Deno.test("a folder of a name that is there is not made again, nor in another form", () => {
  const list = made("ä");
  assert.equal(withFolder(list, "ä", 9), list);
  assert.equal(withFolder(list, "a\u0308", 9), list);
});

Deno.test("those below a folder go with its name", () => {
  const list = made("a", "a/b", "a/b/c", "ab");
  assert.deepEqual(namesOf(withName(list, folder(list, "a"), "x/y")), [
    "x/y",
    "x/y/b",
    "x/y/b/c",
    "ab",
  ]);
});

const refused: readonly [why: string, change: (list: FolderList) => unknown, code: string][] = [
  ["a level of no name", (list) => withFolder(list, "x//y", 0), "malformed"],
  ["an empty name", (list) => withFolder(list, "", 0), "malformed"],
  ["the name of the inbox", (list) => withFolder(list, "Inbox", 0), "malformed"],
  ["the name of Sent", (list) => withFolder(list, "Sent", 0), "malformed"],
  ["a name with a control character", (list) => withFolder(list, "a\tb", 0), "malformed"],
  ["a new name that is taken", (list) => withName(list, folder(list, "a"), "b"), "name_taken"],
  [
    "a new name below that is taken",
    (list) => withName(list, folder(list, "b"), "c"),
    "name_taken",
  ],
  ["a new name below that is too long", (list) => {
    return withName(list, folder(list, "b"), "x".repeat(254));
  }, "malformed"],
  ["a folder that is not there", (list) => {
    return withName(list, { ...folder(list, "a"), id: 99, name: "none" }, "x");
  }, "no_such_message"],
];

for (const [why, change, code] of refused) {
  Deno.test(`a change of the folders is refused for ${why}`, () => {
    assert.throws(() => change(made("a", "b", "b/d", "c/d")), { code });
  });
}

Deno.test("names are subscribed, whatever there is of them, and each once", () => {
  const list = withSubscription(made("a"), "e\u0301", true);
  assert.deepEqual(list.subscribed, [...builtInFolders.subscribed, "\u00e9"]);
  assert.equal(withSubscription(list, "\u00e9", true), list);
  encodeFolders(list);
  const less = withSubscription(withSubscription(list, "INBOX", false), "e\u0301", false);
  assert.deepEqual(less.subscribed, builtInFolders.subscribed.slice(1));
  assert.equal(withSubscription(less, "INBOX", false), less);
  assert.throws(() => withSubscription(list, "a//b", true), { code: "malformed" });
  const full = { ...list, subscribed: Array.from({ length: 1_000 }, (_, n) => `${n}`) };
  assert.throws(() => withSubscription(full, "x", true), { code: "too_large" });
});

Deno.test("subscriptions go with a name that changes, and come from both of two lists", () => {
  const list = { ...made("a", "a/b", "ab"), subscribed: ["a", "a/b", "a/gone", "ab", "x"] };
  const renamed = withName(list, folder(list, "a"), "x");
  assert.deepEqual(renamed.subscribed, ["x", "x/b", "x/gone", "ab"]);
  encodeFolders(renamed);
  const whole = withKnown({ ...list, subscribed: ["a", "b"] }, { ...list, subscribed: ["c", "a"] });
  assert.deepEqual(whole.subscribed, ["c", "a", "b"]);
});

Deno.test("there are no more folders than a list may have", () => {
  const full = {
    ...builtInFolders,
    folders: Array(limits.maxFolders).fill(builtInFolders.folders[0]),
  };
  assert.throws(() => withFolder(full, "one more", 0), { code: "too_large" });
});

Deno.test("what a machine knows is added to an older list, and stays valid", () => {
  const shown = made("theirs", "both");
  const known = { ...made("ours", "both"), trashDays: 30 };
  const whole = withKnown(shown, known);
  encodeFolders(whole);
  const names = namesOf(whole);
  assert.deepEqual([names[0], names[1], names[2]], ["ours", "both", "theirs"]);
  assert.match(names[3]!, /^both \(\d+\)$/, "two folders of one name are both kept");
  assert.equal(whole.trashDays, 30);
  const renamed = withName(known, folder(known, "Archive"), "Old");
  assert.equal(findFolder(withKnown(shown, renamed), "Archive"), null, "by id, as it is known");
});
