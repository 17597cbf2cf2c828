/** `mailctl import` */
import { buildCommand } from "@stricli/core";
import type {
  ImportedMessage,
  ImportListener,
  ImportResult,
} from "../../client/importing/importer.ts";
import type { Mailbox, Progress } from "../../client/mailbox.ts";
import { MailError } from "../../model/errors.ts";
import type { Box } from "../../model/message.ts";
import { writeFacts } from "../account/account_view.ts";
import { jsonFlag, oneOf, parsedFlag, switchFlag } from "../flag.ts";
import { type ImportForm, importForms, readMessages } from "../message/import_formats.ts";
import { say, writeJson } from "../terminal/output.ts";
import { withProgress } from "../terminal/progress.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../session.ts";
import { visibleLine } from "../../model/visible.ts";

interface Flags extends AccountFlags {
  readonly format: ImportForm | undefined;
  readonly box: Box | undefined;
  readonly read: boolean;
  readonly json: boolean;
}

export const examples = [
  "mailctl import old.mbox",
  "mailctl import --box sent ~/Maildir/.Sent",
  "mailctl export --format json --box all | mailctl import --user other -",
];

export const command = buildCommand({
  docs: {
    brief: "Bring in messages that export or other programs wrote",
    fullDescription:
      "Seal messages to your own key and store them in your own mailbox, with the dates they have:\n" +
      "an mbox file (any of its kinds), a Maildir (S in a name is read), lines of JSON as export writes\n" +
      "them, or bodies still sealed to you (age: a file, or a folder of them). They are `imported`:\n" +
      "you signed that you brought them in; who wrote them, nobody signed. What is there is skipped:\n" +
      "what an earlier import stored, and mail of this mailbox that it is a copy of; what you deleted\n" +
      "is stored again. So an import that was interrupted goes on where it stopped. Prints how many\n" +
      "messages were imported, skipped and refused; 65 where some were refused, 75 without room.",
  },
  parameters: {
    flags: {
      format: parsedFlag(
        "FORM",
        `${importForms.join(", ")} (told by what is there)`,
        oneOf("a form", importForms),
      ),
      box: parsedFlag(
        "BOX",
        "inbox or sent (inbox; json: as each line says)",
        oneOf("a box", ["inbox", "sent"]),
      ),
      read: switchFlag("Mark all of them as read"),
      json: jsonFlag,
      ...accountFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [{ placeholder: "PATH", brief: "A file or folder; - is stdin", parse: String }],
    },
  },
  func: importMessages,
});

async function importMessages(flags: Flags, path: string): Promise<void> {
  checkStandardInput(flags, path);
  const opened = new DisposableStack();
  const counts = new Counts();
  try {
    await withMailbox(flags, async (mailbox) => {
      const messages = await messagesAt(path, flags, mailbox, opened);
      const run = (progress: Progress) => mailbox.import(messages, counts.listen(progress));
      await withProgress("Importing", run);
    });
  } catch (error) {
    if (counts.all > 0) say(`Until then: ${counts.text()}; the same import goes on from there`);
    throw error;
  } finally {
    opened.dispose();
  }
  await (flags.json ? writeJson(counts.json()) : writeFacts(counts.facts()));
  counts.check();
}

function messagesAt(
  path: string,
  { format, box, read }: Flags,
  mailbox: Mailbox,
  opened: DisposableStack,
) {
  const openSealed = (sealed: AsyncIterable<Uint8Array>) => mailbox.openSealed(sealed);
  return readMessages(path, format, { box, read, openSealed }, opened);
}

/** What became of the messages. */
class Counts {
  #imported = 0;
  #skipped = 0;
  #refused = 0;
  #bytes = 0;
  #first: MailError | null = null;

  get all(): number {
    return this.#imported + this.#skipped + this.#refused;
  }

  listen(progress: Progress): ImportListener {
    return {
      done: (_: ImportedMessage, result: ImportResult, bytes: number) => {
        if (result === "imported") this.#imported++;
        else this.#skipped++;
        progress(this.#bytes += bytes);
      },
      refused: ({ name }, error) => {
        this.#refused++;
        this.#first ??= error;
        say(`Cannot import ${visibleLine(name)}: ${error.message}`);
      },
    };
  }

  json(): JsonOf<"import"> {
    return { imported: this.#imported, skipped: this.#skipped, refused: this.#refused };
  }

  facts(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.json()).map(([word, count]) => [word, String(count)]),
    );
  }

  text(): string {
    return Object.entries(this.json()).map(([word, count]) => `${count} ${word}`).join(", ");
  }

  /** @throws {MailError} `malformed`, `too_large` where some were refused */
  check(): void {
    if (this.#refused === 0) return;
    const code = this.#first?.code === "too_large" ? "too_large" : "malformed";
    throw new MailError(
      code,
      `Cannot import ${this.#refused} of ${this.all} messages; all others are there`,
    );
  }
}

function checkStandardInput({ passwordStdin }: Flags, path: string): void {
  if (path !== "-" || !passwordStdin) return;
  throw new MailError("usage", "Cannot take both the password and the messages from stdin");
}
