/** `mailctl read` */
import type { EntryId } from "../../model/ids.ts";
import { buildCommand } from "@stricli/core";
import { changedKeyHint } from "../../client/connection/changed_key_hints.ts";
import type { Mailbox, Progress } from "../../client/mailbox.ts";
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import { MailError } from "../../model/errors.ts";
import { heardElsewhere } from "../../model/promises.ts";
import { jsonFlag, listArgument, parseId, switchFlag, textFlag } from "../flag.ts";
import { say } from "../terminal/output.ts";
import { withPager } from "../terminal/pager.ts";
import { withProgressLine } from "../terminal/progress.ts";
import { checkBurning, type Reading, showWith } from "../message/show_message.ts";
import { type ReaderFlags, readerFlags, withMailbox } from "../session.ts";
import { Settings } from "../settings/settings.ts";
import { isPersonReading } from "../terminal/terminal.ts";

interface Flags extends ReaderFlags, Reading {
  readonly peek: boolean;
}

export const examples = [
  "mailctl read 12",
  "mailctl read 12 --json | jq -r .body",
  "mailctl read 12 --attachment report.pdf -o report.pdf",
  "mailctl read 12 --save scans",
];

/** What `wait` has too. */
export const readingFlags = {
  json: jsonFlag,
  raw: switchFlag("Write the MIME source, byte for byte"),
  body: switchFlag("Write the body and nothing else, byte for byte"),
  attachment: textFlag("N|NAME", "Write this attachment"),
  output: textFlag("FILE", "Write --attachment, --body or --raw to this new file"),
  force: switchFlag("Write over the file of -o"),
  save: textFlag("DIR", "Write every attachment into this folder; prints the paths"),
  peek: switchFlag("Do not mark as read"),
};

export const command = buildCommand({
  docs: {
    brief: "Show a message, or what is in it",
    fullDescription:
      "Show messages for a person, in $PAGER on a terminal, and mark them as read. Each sender gets a\n" +
      "receipt that you sign, unless --no-receipt or the setting says otherwise; nobody gets one for\n" +
      "what does not verify. What could steer a terminal is made visible. With --json: one object, or\n" +
      "an array for several ids; body is text where it is UTF-8 of at most 1 MiB, else it is null and\n" +
      "bodyBase64 is its bytes. What burns (send --burn) is erased at the server once it is wholly\n" +
      "written, and its sender can tell; with attachments it is read by --save, which writes its text\n" +
      "too, or --raw. Ends with 81 where the sender's key changed; refuses with 82 what does not verify.",
  },
  parameters: {
    flags: {
      ...readingFlags,
      anyway: switchFlag("Show also what does not verify"),
      ...readerFlags,
    },
    aliases: { o: "output" },
    positional: listArgument("ID", "Messages, as inbox and sent list them", parseId),
  },
  func: read,
});

async function read(flags: Flags, ...ids: EntryId[]): Promise<void> {
  checkFlags(flags, ids.length);
  const shown: OpenedMessage[] = [];
  // The session ends before the pager does: a person may take longer than the server waits.
  await withPager(new Settings(flags), (page) =>
    withMailbox(flags, async (mailbox) => {
      const marks = new Marks(mailbox, flags.peek);
      const done = (message: OpenedMessage) => {
        shown.push(message);
        marks.add(message);
      };
      try {
        await showWith(flags, openEach(mailbox, ids, flags), { count: ids.length, page, done });
      } finally {
        await marks.settle();
      }
      await marks.finish();
    }));
  checkKeys(shown);
}

async function* openEach(
  mailbox: Mailbox,
  ids: readonly EntryId[],
  flags: Flags,
): AsyncGenerator<OpenedMessage> {
  const isShown = isPersonReading() && flags.output === undefined && flags.save === undefined;
  for (const id of ids) {
    if (isShown) yield checked(await mailbox.open(id), flags);
    else {
      const open = async (progress: Progress) => checked(await mailbox.open(id, progress), flags);
      yield* withProgressLine("Reading", open);
    }
  }
}

function checked(message: OpenedMessage, flags: Flags): OpenedMessage {
  checkBurning(message, flags);
  return message;
}

/** Messages to mark as read. The requests travel while the next message is opened. */
export class Marks {
  readonly #requests: Promise<void>[] = [];
  readonly #mailbox: Mailbox;
  readonly #peek: boolean;

  constructor(mailbox: Mailbox, peek: boolean) {
    this.#mailbox = mailbox;
    this.#peek = peek;
  }

  add(message: OpenedMessage): void {
    if (this.#peek || message.box === "sent" || message.readAt !== null) return;
    this.#requests.push(heardElsewhere(this.#mailbox.markRead([message]))); // by `finish`
  }

  /** Waits without a word: an earlier failure is the one to tell. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#requests);
  }

  /** A server without room cannot keep a mark, but it was read. @throws {MailError} what else kept one from it */
  async finish(): Promise<void> {
    await Promise.all(this.#requests).catch((error) => {
      if (!(error instanceof MailError) || error.code !== "storage_full") throw error;
      say("Cannot mark as read: the server has no room left");
    });
  }
}

function checkKeys(shown: readonly OpenedMessage[]): void {
  const changed = shown.find(({ outcome }) => outcome === "changed");
  if (changed === undefined) return;
  throw new MailError(
    "key_changed",
    `Cannot vouch for message ${changed.id}: the key of ${changed.from} changed`,
    { hint: changedKeyHint([changed.from]) },
  );
}

/** @throws {MailError} `usage` for ways of showing `count` messages that do not go together */
export function checkFlags(flags: Reading, count: number): void {
  const { json, raw, body, attachment, save, output, force } = flags;
  const ways = Object.entries({ json, raw, body, attachment, save })
    .flatMap(([name, value]) => value === undefined || value === false ? [] : [`--${name}`]);
  if (ways.length > 1) {
    throw new MailError("usage", `Cannot show a message in two ways: ${ways.join(" and ")}`);
  }
  const isBytes = raw || body || attachment !== undefined;
  if (isBytes && count > 1) {
    throw new MailError("usage", `Cannot use ${ways[0]} with several messages`);
  }
  if (output !== undefined && !isBytes) {
    throw new MailError("usage", "Cannot use --output without --attachment, --body or --raw");
  }
  if (force && output === undefined) {
    throw new MailError("usage", "Cannot use --force without --output");
  }
}
