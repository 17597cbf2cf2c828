/** How messages are filed, and into which folders, as it is sealed by `MailboxKey`: WIRE.md 9.3 and 9.4. */
import type { Bytes } from "../../model/bytes.ts";
import {
  type Filing,
  type Flag,
  flags,
  type Folder,
  type FolderList,
  folderUses,
  foldKeyword,
  isFolderName,
  isKeyword,
  isMailboxName,
} from "../../model/filing.ts";
import { limits } from "../../model/limits.ts";
import { malformed } from "../../wire/buffer.ts";
import {
  type Codec,
  decode,
  encode,
  list,
  optional,
  padded,
  struct,
  text,
  u16,
  u32,
  u64,
  versioned,
  word,
} from "../../wire/fields.ts";

/** A layout whose values keep a rule; others are refused, written or read. */
function checked<T>(layout: Codec<T>, holds: (value: T) => boolean, what: string): Codec<T> {
  const check = (value: T): T => {
    if (!holds(value)) throw malformed(what);
    return value;
  };
  return {
    write: (writer, value) => layout.write(writer, check(value)),
    read: (reader) => check(layout.read(reader)),
  };
}

function isEachOnce(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

const flagBits: Codec<readonly Flag[]> = {
  write: (writer, value) =>
    u16.write(writer, value.reduce((bits, flag) => bits | 1 << flags.indexOf(flag), 0)),
  read(reader) {
    const bits = reader.u16();
    if (bits >> flags.length !== 0) throw malformed(`the flags ${bits}`);
    return flags.filter((_, at) => bits >> at & 1);
  },
};

const keywords = checked(
  list(text(limits.maxKeywordBytes), limits.maxKeywords),
  (all) => all.every(isKeyword) && isEachOnce(all.map(foldKeyword)),
  "keywords",
);

const filingLayout = padded(
  versioned(1, struct({ folder: u32, flags: flagBits, internalDate: optional(u64), keywords })),
  128,
);

const folder = struct({
  id: u32,
  name: checked(text(limits.maxFolderNameBytes), isFolderName, "a folder's name"),
  madeAt: u32,
  use: word(folderUses),
});

const folderListLayout = padded(
  versioned(
    1,
    struct({
      folders: checked(list(folder, limits.maxFolders), areFolders, "folders"),
      subscribed: checked(
        list(text(limits.maxFolderNameBytes), limits.maxSubscribedNames),
        (names) => names.every(isMailboxName) && isEachOnce(names),
        "subscribed names",
      ),
      trashDays: checked(u16, (days) => days <= limits.maxTrashDays, "days"),
      lastMadeAt: u32,
    }),
  ),
  4096,
);

/** Ids, names and uses stand for one folder each; 0 is the id of none. */
function areFolders(folders: readonly Folder[]): boolean {
  const uses = folders.map(({ use }) => use).filter((use) => use !== "none");
  return folders.every(({ id }) => id !== 0) && isEachOnce(folders.map(({ id }) => id)) &&
    isEachOnce(folders.map(({ name }) => name)) && isEachOnce(uses);
}

/** @throws {MailError} `too_large` for too many keywords, `protocol` for others than `isKeyword` allows */
export function encodeFiling(filing: Filing): Bytes {
  return encode(filingLayout, filing);
}

/** @throws {MailError} `protocol` */
export function decodeFiling(encoded: Uint8Array): Filing {
  return decode(filingLayout, encoded);
}

/** @throws {MailError} `too_large` for too many folders, `protocol` for what no list has */
export function encodeFolders(folders: FolderList): Bytes {
  return encode(folderListLayout, folders);
}

/** @throws {MailError} `protocol` */
export function decodeFolders(encoded: Uint8Array): FolderList {
  return decode(folderListLayout, encoded);
}
