/** Commands that change how messages are filed, and into which folders. */
import type { Person } from "../support/person.ts";
import { command, received } from "./mail.ts";
import type { Row } from "./row.ts";
import type { Stand } from "./stand.ts";

const files = true;

/** Makes a folder for a command to change. */
function makes(name: string) {
  return async (_: Stand, person: Person, round: string) =>
    void await person.do(["folders", "create", `${name}${round}`]);
}

/** Something that is in the trash. */
async function trashed(stand: Stand, person: Person): Promise<void> {
  await person.do(["trash", await received(stand, person)]);
}

const noFolder = { status: 66, err: /Cannot find the folder/ };

export const filingRows: readonly Row[] = [
  command("folders create", "replaceFolders", (_, round) => [`Bills${round}`], {
    files,
    again: { status: 73, err: /the folder "Bills\d" exists/ },
  }),
  command(
    "folders rename",
    "replaceFolders",
    (_, round) => [`Bills${round}`, `Invoices${round}`],
    { files, prepare: makes("Bills"), again: noFolder },
  ),
  command("folders delete", "replaceFolders", (_, round) => [`Bills${round}`], {
    files,
    prepare: makes("Bills"),
    again: noFolder,
  }),
  command("move", "fileEntries", (id) => [id, "Junk"], { files }),
  command("archive", "fileEntries", (id) => [id], { files }),
  command("trash", "fileEntries", (id) => [id], { files }),
  command("trash --empty", "deleteEntries", () => ["--empty", "--yes"], {
    files,
    prepare: trashed,
  }),
  command("flag", "fileEntries", (id) => [id, "+flagged", "+todo"], { files }),
  {
    command: "unread",
    write: "markUnread",
    act: async (stand, person) => {
      const id = await received(stand, person);
      await person.do(["read", id]);
      return { home: person.home, args: ["unread", id], accounts: [person.name] };
    },
  },
];
