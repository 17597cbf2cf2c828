/** The forms in which messages leave mailctl, to be read without it. */
import type { Mailbox } from "../../client/mailbox.ts";
import { encodedSource } from "../../client/reading/encoded_source.ts";
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import { sealFileStream } from "../../crypto/age/file.ts";
import { cutHeader, eraseForged } from "../../gateway/presentation/header.ts";
import { markSubject } from "../../gateway/presentation/subject_mark.ts";
import { formatTrustFields } from "../../gateway/presentation/trust_fields.ts";
import { mboxEntry } from "../../mime/mbox.ts";
import { formatMboxStatus } from "../../mime/mbox_status.ts";
import { concatBytes, utf8 } from "../../model/bytes.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { type FolderList, receivedAt } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Box, Outcome } from "../../model/message.ts";
import { bestEffort } from "../../model/promises.ts";
import { join } from "../settings/folders.ts";
import { say } from "../terminal/output.ts";
import { messageSourceJson } from "./message_json.ts";
import { makeFolderFor, tidy, writeNewFile } from "./new_file.ts";

/** Forms that are one stream, and forms that are a folder of files. */
export const streamForms = ["mbox", "json"] as const;
export const folderForms = ["maildir", "age"] as const;
export type StreamForm = (typeof streamForms)[number];
export type FolderForm = (typeof folderForms)[number];

/**
 * Finds the ids of a whole box, oldest first; `aside` as in `MessageQuery`.
 * @throws {MailError} `protocol` for more than the server counted
 */
export async function idsOf(
  mailbox: Pick<Mailbox, "pages">,
  box: Box,
  aside?: boolean,
): Promise<EntryId[]> {
  const ids: EntryId[] = [];
  for await (const { messages } of mailbox.pages({ box, aside, limit: Number.MAX_SAFE_INTEGER })) {
    ids.push(...messages.map(({ id }) => id));
  }
  return ids.reverse();
}

/** Opens messages one after the other, and tells of those that do not verify instead of handing them out. */
export class Opener {
  readonly #mailbox: Mailbox;
  #refused = 0;

  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox;
  }

  /** Each has to be read to its end before the next is asked for. */
  async *open(ids: readonly EntryId[]): AsyncGenerator<OpenedMessage> {
    for (const id of ids) {
      const message = await this.#mailbox.open(id).catch((error) => {
        if (isFailure(error, "bad_signature")) return null;
        throw error;
      });
      if (message?.burn) {
        sayLeftOut(id);
        await bestEffort(drain(message)); // it is not exported; a lost connection fails the next one
        continue;
      }
      if (message !== null && message.outcome !== "invalid") {
        yield message;
        continue;
      }
      this.#refused++;
      say(`Cannot export message ${id}: its signature is invalid`);
      if (message !== null) await drain(message);
    }
  }

  /** @throws {MailError} `bad_signature` where something was left out */
  finish(): void {
    if (this.#refused === 0) return;
    throw new MailError(
      "bad_signature",
      `Cannot export ${this.#refused} of the messages: their signatures are invalid`,
    );
  }
}

async function drain(message: OpenedMessage): Promise<void> {
  for await (const _ of message.source());
}

function sayLeftOut(id: EntryId): void {
  say(`Skipped message ${id}: it burns when it is read`);
}

/** Writes messages as one stream. */
export async function* streamOf(
  form: StreamForm,
  messages: AsyncIterable<OpenedMessage>,
  folders: FolderList,
): AsyncGenerator<Uint8Array> {
  for await (const message of messages) {
    yield* form === "mbox"
      ? mboxEntry(authorOf(message), receivedAt(message), withStatus(message))
      : messageSourceJson(message, folders);
  }
}

/**
 * The content, with no author but who signed it: a From of somebody else's is written over, and the signer's put before
 * it. Mail that nobody signed, or a key that is not the known one, says so, in its subject too: a mail program shows
 * nothing else. @throws {MailError} `malformed`
 */
export async function* authored(message: OpenedMessage): AsyncGenerator<Uint8Array> {
  const { id, from: sender, origin, outcome, senderFingerprint: fingerprint } = message;
  const cut = await cutHeader(encodedSource(message));
  if (!cut.isWhole) {
    throw new MailError("malformed", `Cannot export message ${id}: its header is too long`);
  }
  const { header, isAuthor } = eraseForged(cut.header, origin === null ? sender : null);
  const doubts = (why: Outcome) =>
    concatBytes([
      utf8(`Mailctl-Outcome: ${why}\r\n`),
      formatTrustFields({ sender, fingerprint }),
    ]);
  if (!isAuthor) {
    yield doubts("invalid");
    yield utf8(`From: ${sender}\r\n`);
  }
  const isDoubtful = outcome === "unsigned" || outcome === "changed";
  if (isDoubtful) yield doubts(outcome);
  yield isDoubtful ? markSubject(header, `[${outcome}]`) : header;
  yield* cut.rest;
}

async function* withStatus(message: OpenedMessage): AsyncGenerator<Uint8Array> {
  yield formatMboxStatus({ ...message.filing, isRead: isReadBy(message) });
  yield* authored(message);
}

/** True where no mail program need show it as new: what one sent oneself is not, either. */
export function isReadBy({ box, readAt }: Pick<OpenedMessage, "box" | "readAt">): boolean {
  return box === "sent" || readAt !== null;
}

/** The word for a separator line, where a blank would end it. */
function authorOf({ from, origin, headers }: OpenedMessage): string {
  if (origin === null) return from;
  return headers.from.replace(/[^!-~]/gu, "") || "MAILER-DAEMON"; // RFC 4155: where there is no sender
}

/** Writes messages as age files for the account's own identity, `12.age` and so on; what is there stays as it is. */
export async function writeSealed(
  folder: string,
  mailbox: Mailbox,
  ids: readonly EntryId[],
  opener: Opener,
): Promise<void> {
  const { recipient } = await mailbox.account();
  await makeFolderFor(folder);
  await tidy(folder);
  const there = new Set([...Deno.readDirSync(folder)].map(({ name }) => name));
  const missing = ids.filter((id) => !there.has(`${id}.age`));
  for await (const message of opener.open(missing)) {
    const content = sealFileStream(recipient, encodedSource(message));
    const path = join(folder, `${message.id}.age`);
    await writeNewFile(path, content, false, receivedAt(message));
  }
}
