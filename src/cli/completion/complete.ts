/**
 * `mailctl __complete KIND WORD...`: what a shell offers for a value that only the mailbox knows, a line each with a
 * tab before its description; the words are those typed so far. Works with a saved login only. It must never ask,
 * complain, take long, pin a key, or offer a word that means something to a shell.
 */
import type { Mailbox } from "../../client/mailbox.ts";
import type { ListedMessage } from "../../client/reading/opened_entry.ts";
import { type Address, isFoldedName } from "../../model/address.ts";
import { boxFolders } from "../../model/filing.ts";
import type { Box } from "../../model/message.ts";
import { shownOutcome } from "../../model/outcome.ts";
import { joinVisible, visible, visibleLine } from "../../model/visible_text.ts";
import { inTime } from "../../net/deadline.ts";
import { host } from "../host.ts";
import { foldersOf } from "../message/folder.ts";
import { closing, loginOptions } from "../session.ts";
import { stateFolder } from "../settings/folders.ts";
import { write } from "../terminal/output.ts";
import { isoTime } from "../time_format.ts";
import type { MailboxKind } from "./table.ts";

type Candidate = readonly [word: string, description: string];

const timeLimitMs = 1000;
const mostMessages = 50;

const kinds: Readonly<Record<MailboxKind, (words: readonly string[]) => Promise<Candidate[]>>> = {
  message: (words) => withSavedLogin(words, (mailbox) => messages(mailbox, placesOf(words))),
  contact: (words) => withSavedLogin(words, words[0] === "unblock" ? blocked : contacts),
  login: logins,
  device: (words) => withSavedLogin(words, devices),
  "mail-folder": (words) => withSavedLogin(words, mailFolders),
  filing: (words) =>
    withSavedLogin(words, async (mailbox) => [
      ...await messages(mailbox, placesOf(words)),
      ...await mailFolders(mailbox),
    ]),
  flags: (words) =>
    withSavedLogin(words, async (mailbox) => [
      ...flagChanges,
      ...await messages(mailbox, placesOf(words)),
    ]),
};

/** Writes what can be offered; nothing where anything fails. */
export async function complete([kind = "", ...words]: readonly string[]): Promise<void> {
  if (!Object.hasOwn(kinds, kind)) return;
  const found = await inTime(kinds[kind as MailboxKind](words), timeLimitMs).catch(
    () => [],
  );
  const line = ([word, about]: Candidate) => visible`${visibleLine(word)}\t${visibleLine(about)}\n`;
  await write(joinVisible(found.map(line)));
}

async function messages(
  mailbox: Mailbox,
  { boxes, onlyHeld }: { readonly boxes: readonly Box[]; readonly onlyHeld: boolean },
): Promise<Candidate[]> {
  const pages = await Promise.all(
    boxes.map((box) => mailbox.list({ box, limit: mostMessages, unseen: true })),
  );
  const all = pages.flatMap((page) => page.messages).sort((a, b) => b.id - a.id);
  const offered = all.filter(({ heldUntil }) => heldUntil !== null || !onlyHeld);
  return offered.map(({ id, ...message }) => [String(id), about(message)]);
}

/** Says what a message is; what the signature does not vouch for is not repeated. */
export function about(
  message: Pick<ListedMessage, "outcome" | "from" | "filing"> & {
    readonly headers: { readonly subject: string } | null;
  },
): string {
  const { outcome, from, headers } = message;
  if (outcome === "invalid" || headers === null) return "(invalid signature)";
  if (outcome === "imported" || outcome === "unsigned") {
    return `(${shownOutcome(message)}): ${headers.subject}`;
  }
  return outcome === "changed" ? `${from}: (the key changed)` : `${from}: ${headers.subject}`;
}

async function contacts(mailbox: Mailbox): Promise<Candidate[]> {
  return contactWords((await mailbox.contacts()).map(({ address }) => address));
}

async function blocked(mailbox: Mailbox): Promise<Candidate[]> {
  const { domain } = await mailbox.account();
  return (await mailbox.blocked()).map(({ address }): Candidate => {
    const name = address.replace(/@[^@]*$/, "");
    return [address === `${name}@${domain}` ? name : address, "blocked"];
  }).filter(([word]) => word.split("@").every(isHarmless));
}

/**
 * Offers addresses by their names; leaves out what no server of ours lets anybody be called. A name has letters, digits,
 * `.`, `_` and `-`: harmless in every shell.
 */
export function contactWords(addresses: readonly Address[]): Candidate[] {
  return addresses.map((address): Candidate => [address.replace(/@[^@]*$/, ""), address])
    .filter(([name]) => isFoldedName(name));
}

/** Offers labels that are one harmless word; others have to be quoted by hand. */
async function devices(mailbox: Mailbox): Promise<Candidate[]> {
  return (await mailbox.devices())
    .map(({ label, createdAt }): Candidate => [label, isoTime(createdAt) ?? ""])
    .filter(([label]) => isHarmlessWord(label));
}

function isHarmlessWord(text: string): boolean {
  return /^[\p{L}\p{N}._/-]+$/u.test(text) && !text.startsWith("-");
}

/** Offers names that are one harmless word; others have to be quoted by hand. */
async function mailFolders(mailbox: Mailbox): Promise<Candidate[]> {
  const { folders } = await foldersOf(mailbox);
  const names = [...Object.values(boxFolders), ...folders.map(({ name }) => name)];
  return names.filter(isHarmlessWord).map((name): Candidate => [name, "folder"]);
}

const flagChanges: readonly Candidate[] = ["flagged", "answered", "forwarded"]
  .flatMap((flag): Candidate[] => [[`+${flag}`, `set ${flag}`], [`-${flag}`, `remove ${flag}`]]);

async function logins(): Promise<Candidate[]> {
  const { readLogins } = await import("../../client/account/saved_logins.ts");
  const all = await readLogins(stateFolder(host.env));
  return all.map(({ name, server }): Candidate => [name, server]).filter(([name]) =>
    isFoldedName(name)
  );
}

/** Opens the mailbox that the words are about, with nobody to answer questions. */
async function withSavedLogin<T>(
  words: readonly string[],
  work: (mailbox: Mailbox) => Promise<T>,
): Promise<T> {
  const flags = { user: valueOf(words, "--user"), server: valueOf(words, "--server") };
  const options = await loginOptions({ ...flags, passwordFile: undefined, passwordStdin: false });
  const password = () => Promise.reject(new Error("there is no saved login"));
  const { openMailbox } = await import("../../client/open_mailbox.ts");
  return await closing(
    await openMailbox({ ...options, confirmServer: undefined, onWarning: undefined, password }),
    work,
  );
}

function valueOf(words: readonly string[], flag: string): string | undefined {
  const attached = words.find((word) => word.startsWith(`${flag}=`));
  const at = words.indexOf(flag);
  return attached?.slice(flag.length + 1) ?? (at < 0 ? undefined : words[at + 1]);
}

/** Where a command's messages are. */
function placesOf([command]: readonly string[]): { boxes: readonly Box[]; onlyHeld: boolean } {
  const onlyHeld = command === "cancel";
  if (onlyHeld) return { boxes: ["sent"], onlyHeld };
  const isBox = command === "inbox" || command === "sent";
  return { boxes: isBox ? [command] : ["inbox", "sent"], onlyHeld };
}

function isHarmless(part: string): boolean {
  return /^[a-z0-9._+-]+$/.test(part);
}
