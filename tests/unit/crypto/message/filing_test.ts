/** Filings and lists of folders: values come back as they were, filled up, and what breaks a rule is refused. */
import assert from "node:assert/strict";
import {
  decodeFiling,
  decodeFolders,
  encodeFiling,
  encodeFolders,
} from "../../../../src/crypto/message/filing.ts";
import { isFailure, MailError } from "../../../../src/model/errors.ts";
import {
  builtInFolders,
  type Filing,
  flags,
  type Folder,
  type FolderList,
  folderUses,
  unfiled,
} from "../../../../src/model/filing.ts";
import { limits } from "../../../../src/model/limits.ts";
import { seeded } from "../../../support/mime.ts";

type Random = () => number;

function some<T>(from: readonly T[], random: Random): T[] {
  return from.filter(() => random() % 2 === 0);
}

function randomFiling(random: Random): Filing {
  const keywords = ["$Forwarded", "$label1", "work", "a.b-c", "x".repeat(64)];
  return {
    folder: random(),
    flags: some(flags, random),
    internalDate: random() % 2 === 0 ? null : random(),
    keywords: some(keywords, random),
  };
}

function randomFolders(random: Random): FolderList {
  const names = ["a/b", "a/b/c", "&", "ä", '"', "\\", "%", "*", "trailing ", "😀", "é".repeat(127)];
  const folders = some(names, random).map((name, at): Folder => ({
    id: at + 16,
    name,
    madeAt: random(),
    use: folderUses[at] ?? "none",
  }));
  const subscribed = some(["INBOX", "Sent", ...names], random);
  return {
    folders,
    subscribed,
    trashDays: random() % (limits.maxTrashDays + 1),
    lastMadeAt: random(),
  };
}

Deno.test("random filings and lists come back as they were, filled up", () => {
  const random = seeded(13);
  for (let round = 0; round < 500; round++) {
    const filing = randomFiling(random);
    assert.deepEqual(decodeFiling(encodeFiling(filing)), filing);
    assert.equal(encodeFiling(filing).length % 128, 0);
    const folders = randomFolders(random);
    assert.deepEqual(decodeFolders(encodeFolders(folders)), folders);
    assert.equal(encodeFolders(folders).length % 4096, 0);
  }
});

Deno.test("a filing tells by its length neither its folder nor its flags", () => {
  const filed = { ...unfiled, folder: 7, flags, internalDate: 1, keywords: ["$label1", "work"] };
  assert.equal(encodeFiling(filed).length, encodeFiling(unfiled).length);
});

Deno.test("the largest filing and the largest list fit their bounds once sealed", () => {
  const keywords = Array.from({ length: 64 }, (_, n) => `${n}`.padStart(64, "k"));
  const filing = { folder: 2 ** 32 - 1, flags, internalDate: limits.maxTimeMs, keywords };
  const sealed = encodeFiling(filing).length + 28;
  assert.ok(sealed <= limits.maxFilingBytes && sealed > limits.maxFilingBytes - 256, `${sealed}`);
  const folders = Array.from({ length: 1000 }, (_, n): Folder => ({
    id: n + 16,
    name: `${n}`.padStart(255, "n"),
    madeAt: 2 ** 32 - 1,
    use: "none",
  }));
  const subscribed = folders.map(({ name }) => name);
  const list = encodeFolders({ folders, subscribed, trashDays: 1, lastMadeAt: 1 }).length + 28;
  assert.ok(
    list <= limits.maxFolderListBytes && list > limits.maxFolderListBytes - 9000,
    `${list}`,
  );
});

const refusedKeywords: readonly (readonly string[])[] = [
  [""],
  ["a b"],
  ["\\Seen"],
  ["a)"],
  ["a{1}"],
  ["%"],
  ["*"],
  ['"'],
  ["]"],
  ["é"],
  ["a\r\nb"],
  ["a\0"],
  ["x".repeat(65)],
  ["work", "WORK"],
  Array.from({ length: 65 }, (_, n) => `k${n}`),
];

for (const keywords of refusedKeywords) {
  Deno.test(`a filing has no such keywords: ${JSON.stringify(keywords).slice(0, 40)}`, () => {
    assert.throws(() => encodeFiling({ ...unfiled, keywords }), MailError);
  });
}

const [first] = builtInFolders.folders as [Folder];
const others = { subscribed: [], trashDays: 0, lastMadeAt: 0 };
const refusedNames = [
  "",
  "a//b",
  "/a",
  "a/",
  "a\0b",
  "a\nb",
  "a\u2028b",
  "inbox",
  "INBOX",
  "Sent",
  "e\u0301",
  "\ud800",
  "x".repeat(256),
  "é".repeat(128),
];

for (const name of refusedNames) {
  Deno.test(`no folder has the name ${JSON.stringify(name).slice(0, 40)}`, () => {
    const list = { folders: [{ ...first, name }], ...others };
    assert.throws(() => encodeFolders(list), MailError);
  });
}

const refusedLists: readonly [why: string, list: FolderList][] = [
  ["an id twice", { folders: [first, { ...first, name: "b", use: "none" }], ...others }],
  ["a name twice", { folders: [first, { ...first, id: 9, use: "none" }], ...others }],
  ["a use twice", { folders: [first, { ...first, id: 9, name: "b" }], ...others }],
  ["the id of none", { folders: [{ ...first, id: 0 }], ...others }],
  ["a subscribed name twice", { folders: [first], ...others, subscribed: ["a", "a"] }],
  ["a subscribed name that is none", { folders: [first], ...others, subscribed: ["a//b"] }],
  ["too many subscribed names", {
    folders: [],
    ...others,
    subscribed: Array.from({ length: 1_001 }, (_, n) => `${n}`),
  }],
  ["too many days", { folders: [first], ...others, trashDays: limits.maxTrashDays + 1 }],
];

for (const [why, list] of refusedLists) {
  Deno.test(`a list of folders is refused for ${why}`, () => {
    assert.throws(() => encodeFolders(list), MailError);
  });
}

Deno.test("damaged filings and lists are refused or mean another value, and never more", () => {
  const random = seeded(14);
  for (let round = 0; round < 2_000; round++) {
    const [encoded, decode, encode] = round % 2 === 0
      ? [encodeFiling(randomFiling(random)), decodeFiling, encodeFiling]
      : [encodeFolders(randomFolders(random)), decodeFolders, encodeFolders];
    const damaged = encoded.slice(0, round % 3 === 0 ? random() % encoded.length : undefined);
    for (let n = random() % 3; n >= 0; n--) damaged[random() % 64] = random();
    try {
      const value = decode(damaged) as never;
      assert.deepEqual(encode(value), damaged, "one value, one encoding");
    } catch (error) {
      assert.ok(isFailure(error, "protocol"), String(error));
    }
  }
});

Deno.test("zeros that are more than fill it up, fewer, or not zero are refused", () => {
  const encoded = encodeFiling(unfiled).slice();
  const more = new Uint8Array(256);
  more.set(encoded);
  for (const other of [more, encoded.slice(0, 127), encoded.with(127, 1)]) {
    assert.throws(() => decodeFiling(other), { code: "protocol" });
  }
});

Deno.test("the flags of one bit each are refused beyond those that there are", () => {
  const encoded = encodeFiling(unfiled).slice();
  assert.throws(() => decodeFiling(encoded.with(5, 0x80)), { code: "protocol" });
  assert.throws(() => decodeFiling(encoded.with(6, 0x80)), { code: "protocol" });
  assert.deepEqual(decodeFiling(encoded.with(6, 0x40)).flags, ["copied"]);
});
