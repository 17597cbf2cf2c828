/**
 * Folders of a Maildir++ tree: each is a folder of the root, named by a dot and its levels with a dot between them, in
 * modified UTF-7. A dot within a level is encoded, as Courier does.
 */
import { decodeModifiedUtf7, encodeModifiedUtf7 } from "../../../mime/modified_utf7.ts";
import { MailError } from "../../../model/errors.ts";
import { isFolderName } from "../../../model/filing.ts";

const ours = ".";
/** What Courier encodes besides. */
const couriers = "./:~";
/** Of a name in most file systems. */
const maxNameBytes = 255;

/** Names the folder of the tree. @throws {MailError} `cannot_create` where no file system takes it */
export function treeNameOf(folder: string): string {
  const name = folder.split("/").map((level) => `.${encodeModifiedUtf7(level, ours)}`).join("");
  if (name.length <= maxNameBytes) return name;
  throw new MailError(
    "cannot_create",
    `Cannot write the folder ${JSON.stringify(folder)} to a Maildir: its name is too long`,
    { hint: "Use --format json, or a shorter name: `mailctl folders rename`." },
  );
}

/** Reads the name of a folder of a tree; null: no folder can have it. What is not modified UTF-7 is UTF-8, as Dovecot may write. */
export function folderOfTree(name: string): string | null {
  const levels = name.slice(1).split(".").map((level) =>
    decodeModifiedUtf7(level, ours) ?? decodeModifiedUtf7(level, couriers) ?? level
  );
  const folder = levels.join("/").normalize("NFC");
  const isOne = !levels.some((level) => level.includes("/")) &&
    (isFolderName(folder) || /^(?:inbox|sent)$/i.test(folder));
  return isOne ? folder : null;
}
