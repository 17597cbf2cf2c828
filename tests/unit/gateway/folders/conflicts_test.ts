/** What becomes of a message that two bridges change at the same time: both, or the later, and never a loss. */
import assert from "node:assert/strict";
import type { AccountFolders } from "../../../../src/gateway/folders/account_folders.ts";
import type { MailMessage } from "../../../../src/gateway/folders/mail_folders.ts";
import { numberOf, onFolders, only } from "../../../support/folders_stage.ts";

type Change = (folders: AccountFolders, message: MailMessage) => Promise<unknown>;

const flag = (name: "flagged" | "answered" | "deleted"): Change => (folders, message) =>
  folders.change([message], { addFlags: [name] });
const move = (name: string): Change => (folders, message) =>
  folders.move([message], numberOf(folders, name));
const gone: Change = async (folders, message) => {
  await folders.change([message], { addFlags: ["deleted"] });
  await folders.expunge(folders.messages("inbox"));
};

/** What one does, what the other does that does not know of it, and where the message is afterwards with which flags. */
const rows: readonly [
  what: string,
  a: Change,
  b: Change,
  after: readonly [string, string[]] | null,
][] = [
  ["two flags", flag("flagged"), flag("answered"), ["INBOX", ["answered", "flagged"]]],
  [
    "a flag set and taken away",
    flag("flagged"),
    (folders, message) => folders.change([message], { removeFlags: ["flagged"] }),
    ["INBOX", []],
  ],
  ["two moves", move("Archive"), move("Junk"), ["Junk", []]],
  ["a move and a flag", move("Archive"), flag("flagged"), ["Archive", ["flagged"]]],
  ["a flag and a move", flag("flagged"), move("Archive"), ["Archive", ["flagged"]]],
  ["a deletion and a move", gone, move("Archive"), null],
  ["a deletion and a flag", gone, flag("flagged"), null],
];

for (const [what, first, second, after] of rows) {
  Deno.test(`of ${what}, both machines see ${after === null ? "nothing" : after.join(" ")}`, () =>
    onFolders(async ({ alice, a, b }) => {
      await alice.send("bob", "one");
      await Promise.all([a.refresh(), b.refresh()]);
      const told = only(b, "inbox");
      await first(a, only(a, "inbox"));
      await second(b, told);
      await Promise.all([a.refresh(), b.refresh()]);
      for (const folders of [a, b]) {
        const found = folders.folders.flatMap(({ key, name }) =>
          folders.messages(key).map(({ flags }) => [name, flags])
        );
        assert.deepEqual(found, after === null ? [] : [after]);
      }
    }));
}

Deno.test("what was deleted is told of as gone, and its copy stays", () =>
  onFolders(async ({ alice, a, b }) => {
    await alice.send("bob", "one");
    await Promise.all([a.refresh(), b.refresh()]);
    const told = only(b, "inbox");
    const archive = numberOf(a, "Archive");
    assert.equal((await a.copy([only(a, "inbox")], archive)).length, 1);
    await gone(a, only(a, "inbox"));
    assert.deepEqual(await b.move([told], archive), []);
    assert.deepEqual(await b.copy([told], archive), []);
    assert.deepEqual(await b.change([told], { addFlags: ["flagged"] }, told.modseq), []);
    assert.equal(only(b, archive).flags.includes("copied"), true);
  }));

Deno.test("a folder that is deleted while another machine moves into it loses nothing", () =>
  onFolders(async ({ alice, a, b }) => {
    const made = await a.create("short-lived");
    await alice.send("bob", "one");
    await b.refresh();
    await Promise.all([a.remove(made.key), b.move(b.messages("inbox"), made.key).catch(() => [])]);
    await Promise.all([a.refresh(), b.refresh()]);
    const found = a.folders.flatMap(({ key, name }) => a.messages(key).map(() => name));
    assert.equal(found.length, 1);
    assert.ok(["INBOX", "Trash"].includes(found[0]!), found[0]);
    assert.deepEqual(a.folders, b.folders);
  }));

Deno.test("of two machines that rename a folder the later wins, and its UIDs stay", () =>
  onFolders(async ({ a, b, alice }) => {
    const { key } = await a.create("one");
    await alice.send("bob", "x");
    await b.refresh();
    const [moved] = await b.move(b.messages("inbox"), key);
    await a.rename(key, "two");
    await b.rename(key, "three");
    await a.refresh();
    assert.ok(a.folders.some((folder) => folder.key === key && folder.name === "three"));
    assert.equal(only(a, key).uid, moved!.to);
    const results = await Promise.allSettled([a.create("same"), b.create("same")]);
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    await Promise.all([a.refresh(), b.refresh()]);
    assert.equal(a.folders.filter(({ name }) => name === "same").length, 1);
  }));
