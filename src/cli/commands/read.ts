/** `mailctl read` */
import { buildCommand } from "@stricli/core";
import { changedKeyHint } from "../../client/connection/changed_key_hints.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import type { Progress } from "../../client/progress.ts";
import { burnsWhenRead } from "../../client/reading/burn.ts";
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import { formatAddress, parseAddress, qualify } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { heardElsewhere } from "../../model/promises.ts";
import { jsonFlag, listArgument, parseId, switchFlag, textFlag } from "../flag.ts";
import { foldersOf } from "../message/folder.ts";
import { checkBurning, type Reading, showWith } from "../message/show_message.ts";
import { type ReaderFlags, readerFlags, withMailbox } from "../session.ts";
import { Settings } from "../settings/settings.ts";
import { ReaderGone, say } from "../terminal/output.ts";
import { withPager } from "../terminal/pager.ts";
import { withProgressLine } from "../terminal/progress.ts";
import { isPersonReading } from "../terminal/terminal.ts";

interface Flags extends ReaderFlags, Reading {
  readonly peek: boolean;
  readonly from: string | undefined;
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
  body: switchFlag("Write only the body, byte for byte"),
  attachment: textFlag("N|NAME", "Write attachment number N, or the one called NAME"),
  output: textFlag("FILE", "Write --attachment, --body or --raw to the new file FILE"),
  force: switchFlag("Overwrite the file of -o"),
  save: textFlag("DIR", "Save every attachment in the folder DIR; print the paths"),
  peek: switchFlag("Leave the message unread"),
};

export const command = buildCommand({
  docs: {
    brief: "Show messages, or save what is in them",
    fullDescription:
      "Show messages and mark them as read. On a terminal, $PAGER shows them. Control\n" +
      "characters are made visible. The text of a message that is attached, such as a\n" +
      "forwarded one, follows. Nothing proves who wrote that. --attachment writes it.\n" +
      "\n" +
      "Each sender gets a receipt signed by you, unless you give --no-receipt or set\n" +
      "`receipts = no`. A message with an invalid signature gets no receipt.\n" +
      "\n" +
      "If a sender's key changed, the message is shown and the exit status is 81. A\n" +
      "message with an invalid signature is not shown, and the status is 82; --anyway\n" +
      "shows it.\n" +
      "\n" +
      "A message that burns (send --burn) is erased at the server once all of it is\n" +
      "written, and its sender can tell. If it has attachments, read it with --save,\n" +
      "which writes the text as well, or with --raw. If it cannot be erased, mailctl\n" +
      "says so, and the exit status is that of the failure.\n" +
      "\n" +
      "A script that takes ids from a list also names the sender with --from. The\n" +
      "server could show another message by the id, of somebody else.\n" +
      "\n" +
      "--save names each file as the sender did. Of a name with / or \\, as of a path,\n" +
      "only the last part is kept.\n" +
      "\n" +
      "With --json, prints one object, or an array for several ids. If the body is\n" +
      "UTF-8 text of at most 1 MiB, it is in body. Otherwise body is null, and\n" +
      "bodyBase64 has its bytes. All text as it is shown, with that of attached\n" +
      "messages, is in text. The type and charset are those of the body.",
  },
  parameters: {
    flags: {
      ...readingFlags,
      anyway: switchFlag("Show a message even if its signature is invalid"),
      from: textFlag("NAME", "Refuse messages that NAME did not sign"),
      ...readerFlags,
    },
    aliases: { o: "output" },
    positional: listArgument("ID", "The ids of messages, from inbox or sent", parseId),
  },
  func: read,
});

async function read(flags: Flags, ...ids: EntryId[]): Promise<void> {
  checkFlags(flags, ids.length);
  const opened: OpenedMessage[] = [];
  // The session ends before the pager does: a person may take longer than the server waits.
  await withPager(new Settings(flags), (page) =>
    withMailbox(flags, async (mailbox) => {
      const marks = new ReadMarks(mailbox, { peek: flags.peek, needed: false });
      const done = (message: OpenedMessage) => marks.add(message);
      await marks.during(async () => {
        const folders = flags.json ? await foldersOf(mailbox) : undefined; // before a body is under way
        const how = { count: ids.length, page, done, folders };
        await showWith(flags, openEach(mailbox, ids, flags, opened), how);
      });
    })).catch((error) => {
      if (error instanceof ReaderGone) checkKeys(opened); // what was read may be trusted by nobody
      throw error;
    });
  checkKeys(opened);
}

async function* openEach(
  mailbox: Mailbox,
  ids: readonly EntryId[],
  flags: Flags,
  opened: OpenedMessage[],
): AsyncGenerator<OpenedMessage> {
  const from = flags.from === undefined ? null : formatAddress(parseAddress(flags.from));
  const checked = async (message: OpenedMessage) => {
    checkBurning(message, flags);
    if (from !== null) requireFrom(message, qualify(from, (await mailbox.account()).domain));
    opened.push(message);
    return message;
  };
  const isShown = isPersonReading() && flags.output === undefined && flags.save === undefined;
  for (const id of ids) {
    if (isShown) yield await checked(await mailbox.open(id));
    else {
      const open = async (progress: Progress) => checked(await mailbox.open(id, progress));
      yield* withProgressLine("Reading", open);
    }
  }
}

/** A script that goes by a list: the server could show another message by the id. @throws {MailError} `bad_signature` */
function requireFrom({ id, from, origin }: OpenedMessage, wanted: string): void {
  if (origin === null && from === wanted) return;
  throw new MailError("bad_signature", `Cannot show message ${id}: ${wanted} did not sign it`);
}

/** Messages to mark as read. The requests travel while the next message is opened. */
export class ReadMarks {
  readonly #requests: { readonly message: OpenedMessage; readonly marked: Promise<void> }[] = [];
  readonly #mailbox: Mailbox;
  readonly #options: { readonly peek: boolean; readonly needed: boolean };

  /** `needed`: it is a failure if a message stays unread, as it is if one that burns does. */
  constructor(mailbox: Mailbox, options: { readonly peek: boolean; readonly needed: boolean }) {
    this.#mailbox = mailbox;
    this.#options = options;
  }

  add(message: OpenedMessage): void {
    if (this.#options.peek || message.box === "sent" || message.readAt !== null) return;
    const marked = heardElsewhere(this.#mailbox.markRead([message])); // by `during`
    this.#requests.push({ message, marked });
  }

  /** Waits for them behind the work that adds them. @throws {MailError} what that throws, or what kept one from its mark */
  async during(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#mailbox.abandonBodies(); // what was opened last may not have been read, and marks may come behind it
      await this.#wait();
      throw error;
    }
    await this.#finish();
  }

  /** Waits where an earlier failure is the one to tell; what was not erased is told beside it. */
  async #wait(): Promise<void> {
    for (const { message, marked } of this.#requests) {
      await marked.catch((error) => {
        if (burnsWhenRead(message)) say(notMarked(message, error).message);
      });
    }
  }

  /** A server that can store nothing cannot keep a mark, but it was read. @throws {MailError} what else kept one from it */
  async #finish(): Promise<void> {
    let failed: unknown = null;
    for (const { message, marked } of this.#requests) {
      await marked.catch((error) => {
        const failure = notMarked(message, error);
        const isNeeded = this.#options.needed || burnsWhenRead(message);
        if (failed === null && (isNeeded || !isRefusedWrite(error))) failed = failure;
        else say(failure.message);
      });
    }
    if (failed !== null) throw failed;
  }
}

function isRefusedWrite(error: unknown): boolean {
  return error instanceof MailError && error.by === "server" &&
    /^(storage_|unavailable$)/.test(error.code);
}

/** What kept a message that was shown from being marked, and so from being erased if it burns. */
function notMarked(message: OpenedMessage, error: unknown): Error {
  if (!(error instanceof MailError)) return error as Error;
  const { code, by, retryAfterSeconds } = error;
  const told = { cause: error, by, retryAfterSeconds };
  if (!burnsWhenRead(message)) {
    const what = `Cannot mark message ${message.id} as read: ${error.message}`;
    return new MailError(code, what, { ...told, hint: error.hint });
  }
  return new MailError(code, `Cannot erase message ${message.id}: ${error.message}`, {
    ...told,
    hint: `Run \`mailctl read ${message.id}\` again to erase it, if it is still there.`,
  });
}

function checkKeys(shown: readonly OpenedMessage[]): void {
  const changed = shown.find(({ outcome }) => outcome === "changed");
  if (changed === undefined) return;
  throw new MailError(
    "key_changed",
    `Cannot trust message ${changed.id}: the key of ${changed.from} changed`,
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
