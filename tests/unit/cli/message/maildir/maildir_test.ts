/** Names in a Maildir++ tree: of its folders, of what `export` writes, and what their letters stand for. */
import assert from "node:assert/strict";
import {
  boxOfUnique,
  idOfUnique,
  uniqueName,
} from "../../../../../src/cli/message/maildir/export_name.ts";
import { folderOfTree, treeNameOf } from "../../../../../src/cli/message/maildir/folder_path.ts";
import { KeywordFile } from "../../../../../src/cli/message/maildir/keyword_file.ts";
import {
  flagsOfLetters,
  lettersIn,
  lettersOf,
  uniquePart,
} from "../../../../../src/cli/message/maildir/maildir_flags.ts";
import { maildirMessages } from "../../../../../src/cli/message/maildir/read_maildir.ts";
import type { ImportOptions } from "../../../../../src/cli/message/import_options.ts";
import { entryId } from "../../../../../src/model/ids.ts";
import { inFolder } from "../../../../support/temporary_folder.ts";

const written: readonly (readonly [folder: string, treeName: string])[] = [
  ["Archive", ".Archive"],
  ["Projects/2026", ".Projects.2026"],
  ["v1.0/R&D", ".v1&AC4-0.R&-D"],
  ["Entwürfe", ".Entw&APw-rfe"],
  [" a ", ". a "],
  ["cur", ".cur"],
  ["~/:", ".~.:"],
];

Deno.test("the folder of a tree that export writes is read as what it was", () => {
  for (const [folder, treeName] of written) {
    assert.equal(treeNameOf(folder), treeName);
    assert.equal(folderOfTree(treeName), folder);
  }
  assert.throws(() => treeNameOf("é,".repeat(80)), { code: "cannot_create" });
});

const read: readonly (readonly [what: string, treeName: string, folder: string | null])[] = [
  ["Courier's, which encodes more", ".a&ADo-b", "a:b"],
  ["UTF-8, as Dovecot may write", ".Entwürfe.日本", "Entwürfe/日本"],
  ["UTF-8 that macOS took apart", ".Entwu\u0308rfe", "Entwürfe"],
  ["an & of a tree in UTF-8", ".R&D", "R&D"],
  ["INBOX", ".INBOX", "INBOX"],
  ["Sent in small letters", ".sent", "sent"],
  ["what is below INBOX", ".INBOX.Bills", "INBOX/Bills"],
  ["a slash in a level", ".a&AC8-b", null],
  ["a level of no length", ".a..b", null],
  ["a dot at the end", ".a.", null],
  ["a control character", ".a\nb", null],
  ["one that is too long", `.${"ab".repeat(130)}`, null],
];

for (const [what, treeName, folder] of read) {
  Deno.test(`the folder of a tree: ${what}`, () => assert.equal(folderOfTree(treeName), folder));
}

Deno.test("what export wrote is known by its name, whatever programs do to it", () => {
  const address = "bob@x.test";
  const name = uniqueName(entryId(12), "sent", address);
  for (const found of ["", ":2,S", ";2,FRS", "!2,", "-2,Sa", ",U=7:2,S", ",S=90,W=92:2,"]) {
    assert.equal(uniquePart(name + found), name);
    assert.equal(idOfUnique(uniquePart(name + found), address), 12);
    assert.equal(boxOfUnique(name + found), "sent");
  }
  assert.equal(boxOfUnique(uniqueName(entryId(3), "inbox", address)), "inbox");
  for (const other of ["1700000000.M1P2.host", "12.mailctl", "x12.mailctl.bob@x.test"]) {
    assert.equal(idOfUnique(other, address), null);
    assert.equal(boxOfUnique(other), undefined);
  }
  assert.equal(idOfUnique(uniqueName(entryId(3), "inbox", "eve@x.test"), address), null);
});

Deno.test("letters stand for flags, and others for keywords", () => {
  assert.equal(lettersOf(["answered", "draft", "forwarded", "noted"], true, "ba"), "DPRSab");
  assert.deepEqual(flagsOfLetters(lettersIn("1:2,FRSab")), ["answered", "flagged"]);
  assert.equal(lettersIn("1,S=3"), "");
});

Deno.test("keywords get letters, which stay theirs", () =>
  inFolder(async (folder) => {
    const path = `${folder}/dovecot-keywords`;
    await Deno.writeTextFile(path, "0 $Label1\n2 bad(one)\n99 far\nnothing\n");
    const file = await KeywordFile.read(folder);
    assert.deepEqual(file.keywordsOf("acbz"), ["$Label1", "bad(one)"]);
    assert.deepEqual(await file.lettersFor(["TODO", "$label1"]), { letters: "ba", left: [] });
    assert.equal(await Deno.readTextFile(path), "0 $Label1\n1 TODO\n2 bad(one)\n");
    const words = Array.from({ length: 25 }, (_, at) => `word${at}`);
    const { letters, left } = await file.lettersFor(words);
    assert.deepEqual([letters, left], ["defghijklmnopqrstuvwxyz", ["word23", "word24"]]);
    assert.deepEqual((await KeywordFile.read(folder)).keywordsOf("bz"), ["TODO", "word22"]);
  }));

Deno.test("a file of keywords that is none, or a link, is not read", () =>
  inFolder(async (folder) => {
    assert.deepEqual((await KeywordFile.read(folder)).keywordsOf("a"), []);
    await Deno.writeTextFile(`${folder}/elsewhere`, "0 stolen\n");
    await Deno.symlink("elsewhere", `${folder}/dovecot-keywords`);
    assert.deepEqual((await KeywordFile.read(folder)).keywordsOf("a"), []);
  }));

Deno.test("a folder of a hundred thousand messages is read as any other", () =>
  inFolder(async (root) => {
    await Deno.mkdir(`${root}/cur`);
    await Deno.writeTextFile(`${root}/cur/1.a:2,S`, "Subject: first\n\nx\n");
    const { readDirSync } = Deno;
    const others = Array.from({ length: 150_000 }, (_, at) => ({ name: `${at + 2}.a:2,S` }));
    Deno.readDirSync = (path) => {
      const found = [...readDirSync(path)];
      return (found.length === 0 ? [] : [...others, ...found]).values() as IteratorObject<
        Deno.DirEntry
      >;
    };
    try {
      const folder = { id: 1, name: "a", box: null, use: "none" } as const;
      const options = { box: undefined, folder, read: false, onLink: () => {} };
      const messages = maildirMessages(root, options as unknown as ImportOptions);
      const { value } = await messages.next();
      assert.equal(value?.name, `${root}/cur/1.a:2,S`);
      await messages.return(undefined);
    } finally {
      Deno.readDirSync = readDirSync;
    }
  }));
