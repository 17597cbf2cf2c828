import assert from "node:assert/strict";
import { allFolders } from "../../../../../src/client/filing/named_folder.ts";
import { type FolderNode, folderTree } from "../../../../../src/gateway/web/page/folder_nav.tsx";
import { builtInFolders } from "../../../../../src/model/filing.ts";

const builtIn = ["INBOX", "Sent", "Drafts", "Archive", "Junk", "Trash"];

/** Names of folders -> the tree, a line a folder. */
const cases: readonly (readonly [names: readonly string[], lines: readonly string[]])[] = [
  [[], []],
  [["b", "a"], ["a", "b"]],
  [["a/b/c", "a"], ["a", "  b/c"]],
  [["a/b", "a/b/c"], ["a/b", "  c"]],
  [["a", "a b", "ab", "a/b"], ["a", "  b", "a b", "ab"]],
];

function lines(nodes: readonly FolderNode[], indent = ""): string[] {
  return nodes.flatMap(({ label, below }) => [indent + label, ...lines(below, `${indent}  `)]);
}

function treeOf(names: readonly string[]): string[] {
  const own = names.map((name, at) => ({
    ...{ id: 16 + at, name, madeAt: 0, use: "none" as const, subscribed: true },
  }));
  const list = { ...builtInFolders, folders: [...builtInFolders.folders, ...own] };
  return lines(folderTree(allFolders(list).map((each) => ({ ...each, messages: 0, unread: 0 }))));
}

for (const [names, expected] of cases) {
  Deno.test(`folders nest as their names do: ${names.join(", ")}`, () => {
    assert.deepEqual(treeOf(names), [...builtIn, ...expected]);
  });
}

Deno.test("folders below one that every account has are below it", () => {
  assert.deepEqual(treeOf(["Archive/2025", "INBOX/x"]), [
    ...["INBOX", "  x", "Sent", "Drafts", "Archive", "  2025", "Junk", "Trash"],
  ]);
});
