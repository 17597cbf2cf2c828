/** STATUS: RFC 9051 6.3.11, RFC 7162 3.1.7, RFC 8474 4.3, RFC 9208 4.1.4, RFC 7889 4. */
import type { MailFolder, MailFolders, MailMessage } from "../../folders/mail_folders.ts";
import type { CommandText } from "../command_text.ts";
import { type Carry, refreshQuietly, useCondstore } from "../command.ts";
import { Bad } from "../refusal.ts";
import type { SessionState } from "../session_state.ts";

interface Asked {
  readonly folders: MailFolders;
  readonly folder: MailFolder;
  readonly messages: readonly MailMessage[];
  readonly state: SessionState;
}

type Count = (asked: Asked) => number | string | Promise<number>;

const counts: ReadonlyMap<string, Count> = new Map<string, Count>([
  ["MESSAGES", ({ messages }) => messages.length],
  ["RECENT", ({ folders: { recent }, folder, messages }) => {
    const above = recent.above(folder.key);
    return messages.length - (messages.findLastIndex(({ uid }) => uid <= above) + 1);
  }],
  ["UIDNEXT", ({ folders }) => folders.uidNext],
  ["UIDVALIDITY", ({ folder }) => folder.uidValidity],
  ["UNSEEN", ({ folders, folder }) => folders.counts(folder.key).unseen],
  ["DELETED", ({ folders, folder }) => folders.counts(folder.key).deleted],
  ["SIZE", ({ folders, messages }) => bytesOf(folders, messages)],
  ["DELETED-STORAGE", ({ folders, messages }) => bytesOf(folders, messages.filter(isDeleted))],
  ["HIGHESTMODSEQ", ({ folders }) => folders.modseq],
  ["MAILBOXID", ({ folder }) => `(${objectId(folder)})`],
  ["APPENDLIMIT", ({ state }) => state.host.maxMessageBytes],
]);

export const status: Carry = async function* (state, { text }) {
  text.space();
  const written = text.astring();
  text.space();
  const items = readStatusItems(text);
  text.end();
  await refreshQuietly(state);
  yield* tellStatus(state, await state.folder(written), items);
};

/** Reads names of counts, in brackets. @throws {Bad} */
export function readStatusItems(text: CommandText): readonly string[] {
  return text.list(() => {
    const item = text.word();
    if (!counts.has(item)) throw new Bad("There is no such item of STATUS");
    return item;
  });
}

/** Yields the untagged response for a folder. */
export async function* tellStatus(
  state: SessionState,
  folder: MailFolder,
  items: readonly string[],
): AsyncGenerator<string, void> {
  const folders = await state.folders();
  const messages = folders.messages(folder.key);
  if (items.includes("HIGHESTMODSEQ")) yield* useCondstore(state);
  const told: string[] = [];
  for (const item of items) {
    told.push(`${item} ${await counts.get(item)!({ folders, folder, messages, state })}`);
  }
  yield `* STATUS ${state.encodeName(folder.name)} (${told.join(" ")})`;
}

/** The response code that names a folder for good: RFC 8474 4. */
export function mailboxId(folder: MailFolder): string {
  return `MAILBOXID (${objectId(folder)})`;
}

function objectId({ key }: MailFolder): string {
  return `F${key}`;
}

function isDeleted({ flags }: MailMessage): boolean {
  return flags.includes("deleted");
}

async function bytesOf(folders: MailFolders, messages: readonly MailMessage[]): Promise<number> {
  const facts = await folders.facts(messages);
  return facts.reduce((sum, each) => sum + (each?.bytes ?? 0), 0);
}
