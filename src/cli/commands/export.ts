/** `mailctl export` */
import { buildCommand } from "@stricli/core";
import type { Mailbox } from "../../client/mailbox.ts";
import { loadSyncCrypto } from "../../crypto/load_sync_crypto.ts";
import { MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Box } from "../../model/message.ts";
import { listArgument, oneOf, parsedFlag, parseId, switchFlag, textFlag } from "../flag.ts";
import {
  type FolderForm,
  folderForms,
  idsOf,
  Opener,
  type StreamForm,
  streamForms,
  streamOf,
  writeSealed,
} from "../message/export_formats.ts";
import { findFolder, foldersOf } from "../message/folder.ts";
import { writeMaildir } from "../message/maildir/write_maildir.ts";
import { writeContent } from "../message/show_message.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../session.ts";

type Form = StreamForm | FolderForm;

interface Flags extends AccountFlags {
  readonly format: Form | undefined;
  readonly box: Box | "all" | undefined;
  readonly folder: string | undefined;
  readonly output: string | undefined;
  readonly force: boolean;
}

const forms: readonly Form[] = [...streamForms, ...folderForms];

export const examples = [
  "mailctl export -o mail.mbox",
  "mailctl export --format maildir --box all -o ~/Maildir",
  "mailctl export --format json | jq -r .subject",
  "mailctl export --format age -o sealed 12 15",
];

export const command = buildCommand({
  docs: {
    brief: "Write messages in formats of other programs",
    fullDescription:
      "Write the messages with the given ids, in this order. Without ids, write all\n" +
      "that you received, whatever folder they are in, oldest first. --box and\n" +
      "--folder choose others. Nothing is marked as read.\n" +
      "\n" +
      "  mbox     one file for all messages (RFC 4155, mboxrd), to stdout or -o FILE\n" +
      "  json     a line for each, as read --json has it, and the MIME source in\n" +
      "           base64; to stdout or -o FILE\n" +
      "  maildir  a file for each in the folder of -o, below it in a folder for each of\n" +
      "           yours, as Dovecot has it (Maildir++); with --folder, all in -o itself\n" +
      "  age      a file for each in the folder of -o, encrypted to your key:\n" +
      "           `age -d -i` opens it\n" +
      "\n" +
      "All but age keep flags, keywords and what was read: mbox in the fields Status,\n" +
      "X-Status and X-Keywords at the beginning of each message, a Maildir in names of\n" +
      "files. A folder of a Maildir has room for 26 keywords.\n" +
      "\n" +
      "In mbox and maildir, From is the account that signed the message. If none did,\n" +
      "because it came by SMTP, the subject begins with [unsigned]. With json, the\n" +
      "source stays as it came.\n" +
      "\n" +
      "With maildir and age, messages that are there stay as they are, in whatever\n" +
      "folder. An export that was interrupted can be repeated.\n" +
      "\n" +
      "A message that burns when it is read is left out. So is one with an invalid\n" +
      "signature, and the exit status is then 82.",
  },
  parameters: {
    flags: {
      format: parsedFlag(
        "FORM",
        `Write FORM: ${forms.join(", ")} (default mbox)`,
        oneOf("a format", forms),
      ),
      box: parsedFlag(
        "BOX",
        "Export BOX: inbox, sent or all (default inbox)",
        oneOf("a mailbox", ["inbox", "sent", "all"]),
      ),
      folder: textFlag("FOLDER", "Export the messages in FOLDER"),
      output: textFlag("PATH", "Write to the new file PATH, or into the folder PATH"),
      force: switchFlag("Overwrite the file of -o"),
      ...accountFlags,
    },
    aliases: { o: "output" },
    positional: listArgument("ID", "The ids of messages (default: all)", parseId, 0),
  },
  func: async (flags: Flags, ...ids: EntryId[]) => {
    const { format = "mbox", output } = flags;
    if (isFolderForm(format) && (output === undefined || output === "-")) {
      throw new MailError("usage", `Cannot export as ${format}: -o DIR is missing`);
    }
    if (flags.force && output === undefined) {
      throw new MailError("usage", "Cannot use --force without --output");
    }
    if (flags.force && isFolderForm(format)) {
      throw new MailError("usage", `Cannot use --force with --format ${format}`);
    }
    for (const flag of ["box", "folder"] as const) {
      if (flags[flag] === undefined || ids.length === 0) continue;
      throw new MailError("usage", `Cannot use --${flag} with the id of a message`);
    }
    if (flags.box !== undefined && flags.folder !== undefined) {
      throw new MailError("usage", "Cannot use --folder together with --box");
    }
    await withMailbox(flags, async (mailbox) => {
      await exportAll(mailbox, format, flags, ids);
    });
  },
});

async function exportAll(
  mailbox: Mailbox,
  format: Form,
  flags: Flags,
  given: readonly EntryId[],
): Promise<void> {
  const { output, force } = flags;
  const ids = given.length > 0 ? given : await boxIds(mailbox, flags);
  await loadSyncCrypto(ids.length);
  const opener = new Opener(mailbox);
  if (format === "age") await writeSealed(output!, mailbox, ids, opener);
  else {
    const folders = await foldersOf(mailbox);
    if (format === "maildir") {
      const tree = flags.folder === undefined ? folders : null;
      const options = { root: output!, folders: tree, isWhole: given.length === 0 };
      await writeMaildir(mailbox, ids, opener, options);
    } else await writeContent({ output, force }, streamOf(format, opener.open(ids), folders));
  }
  opener.finish();
}

async function boxIds(mailbox: Mailbox, { box = "inbox", folder }: Flags): Promise<EntryId[]> {
  if (folder !== undefined) return await folderIds(mailbox, folder);
  if (box !== "all") return await idsOf(mailbox, box);
  const ids = [...await idsOf(mailbox, "inbox"), ...await idsOf(mailbox, "sent")];
  return ids.sort((a, b) => a - b);
}

async function folderIds(mailbox: Mailbox, name: string): Promise<EntryId[]> {
  const { id, box } = await findFolder(await foldersOf(mailbox), name);
  if (box !== null) return await idsOf(mailbox, box, false);
  const messages = await (await mailbox.filed()).inFolder(id);
  return messages.map(({ id }) => id).sort((a, b) => a - b);
}

function isFolderForm(form: Form): form is FolderForm {
  return (folderForms as readonly string[]).includes(form);
}
