/** What `inbox` and `sent` share: one page of a mailbox, as a table, as lines or as JSON. */
import type { Mailbox } from "../../client/mailbox.ts";
import { deliveryState } from "../../client/reading/delivery.ts";
import { senderText, shortAddress } from "../../client/reading/display_sender.ts";
import type { ListedPage, MessageQuery } from "../../client/reading/list_messages.ts";
import type { ListedDelivery, ListedMessage } from "../../client/reading/opened_entry.ts";
import { builtInFolders, type FolderList, type FolderUse } from "../../model/filing.ts";
import { limits } from "../../model/limits.ts";
import { amount, type Box, type Outcome } from "../../model/message.ts";
import { isOwnDraft, shownOutcome } from "../../model/outcome.ts";
import { untagged } from "../../model/tagged_address.ts";
import { type VisibleText } from "../../model/visible_text.ts";
import { parsedFlag, parseId, switchFlag, textFlag, wholeNumber } from "../flag.ts";
import { host } from "../host.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { type AccountFlags, withMailbox } from "../session.ts";
import { say, writeJson } from "../terminal/output.ts";
import { type Column, layOut, type Row, writeTable, writeTabSeparated } from "../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../terminal/terminal.ts";
import { isoTime, parseSince, shortTime } from "../time_format.ts";
import { listedJson } from "./listed_json.ts";

/** How many messages are listed, unless it is said. */
export const defaultCount = 20;

/** Parses how many messages to list. @throws {MailError} `usage` */
export const parseCount: (text: string) => number = wholeNumber(
  "a number of messages",
  1,
  limits.maxListedMessages,
);

/** Which page of a mailbox is meant. */
export const pageFlags = {
  limit: parsedFlag("COUNT", `List at most COUNT messages (default ${defaultCount})`, parseCount),
  before: parsedFlag("ID", "List only messages older than the message ID", parseId),
  to: textFlag("ADDRESS", "List only messages to ADDRESS, such as bob or bob+scans"),
  since: parsedFlag(
    "TIME",
    "List only messages since TIME: 2h, 3d, or a date",
    (text) => parseSince(text),
  ),
};

/** Which messages of a folder are meant. */
export const filingFlags = {
  flagged: switchFlag("List only flagged messages"),
  keyword: textFlag("WORD", "List only messages with the keyword WORD"),
};

interface ListFlags
  extends AccountFlags, Partial<Omit<MessageQuery, "box" | "limit" | "aside" | "unseen">> {
  readonly limit: number | undefined;
  readonly folder?: string | undefined;
  /** The folder for this, instead of one by its name. */
  readonly use?: FolderUse | undefined;
  readonly flagged: boolean;
  readonly keyword: string | undefined;
  readonly json: boolean;
}

/** Tells whether a table has room for words where marks would do. */
export function hasRoom(columns: number): boolean {
  return columns >= 64;
}

/** In fewer columns than these, a state leaves no room for the name. */
const leastForStates = 40;

const marks: Readonly<Record<Outcome | "draft", string>> = {
  verified: "=",
  signed: "+",
  unknown: "?",
  changed: "!",
  invalid: "X",
  notice: "~",
  imported: "<",
  unsigned: "-",
  draft: "d",
};

/** Lists one page of a folder on standard output: of the box's own, unless another one is named. */
export async function listBox(box: Box, flags: ListFlags): Promise<void> {
  const { page, folders, domain, missing } = await withMailbox(flags, async (mailbox) => ({
    ...await listedBy(mailbox, box, flags),
    domain: (await mailbox.account()).domain,
    missing: await mailbox.missing(),
  }));
  if (flags.json) return await writeJson({ ...pageJson(page, folders), missing: [...missing] });
  if (!isPersonReading()) return await writeLines(page, flags.limit);
  await showPage(box, page, domain);
}

/** What the server cannot tell apart takes another way than its own lists. */
async function listedBy(
  mailbox: Mailbox,
  box: Box,
  { limit = defaultCount, before, unread, from, to, since, ...filing }: ListFlags,
): Promise<{ readonly page: ListedPage; readonly folders: FolderList }> {
  const query = { limit, before, unread, from, to, since };
  const { folder, use, flagged, keyword } = filing;
  if (folder === undefined && use === undefined && !flagged && keyword === undefined) {
    const page = await mailbox.list({ ...query, box, aside: false });
    return { page, folders: builtInFolders };
  }
  const { listNamed } = await import("./list_named.ts");
  return await listNamed(mailbox, { ...query, box, folder, use, flagged, keyword });
}

function pageJson(
  { total, unread, messages, more }: ListedPage,
  folders: FolderList,
): Omit<JsonOf<"inbox">, "missing"> {
  return { total, unread, messages: messages.map((each) => listedJson(each, folders)), more };
}

/** Writes messages for a script, which hears of more than it got where it did not say how many. */
export async function writeLines(
  { messages, more }: Pick<ListedPage, "messages" | "more">,
  limit: number | undefined,
): Promise<void> {
  await writeTabSeparated(messages.map(tabRow));
  if (more && limit === undefined) say(`${amount(messages.length)}; use -n for more`);
}

async function showPage(box: Box, page: ListedPage, domain: string): Promise<void> {
  const look = lookFor(domain);
  if (page.messages.length > 0) {
    const rows = page.messages.map((each) => tableRow(each, look));
    await writeTable(columnsOf(box, look.isWide), rows, look.width);
  }
  const unread = box === "inbox" ? `, ${page.unread} unread` : "";
  say(`${page.messages.length} of ${amount(page.total)}${unread}`);
}

/** Shows messages of both boxes to a person. Of sent ones, the recipients stand where the sender of others does. */
export async function showFound(
  messages: readonly ListedMessage[],
  domain: string,
): Promise<void> {
  if (messages.length === 0) return;
  const look = lookFor(domain);
  const rows = messages.map((message) => {
    const { cells, ...row } = tableRow(message, look);
    const people = message.box === "sent" ? `To: ${cells[peopleCell]}` : cells[peopleCell]!;
    return { ...row, cells: cells.with(peopleCell, people) };
  });
  const columns = columnsOf("inbox", look.isWide);
  await writeTable(
    columns.with(peopleCell, { title: "From or to", flexible: 1 }),
    rows,
    look.width,
  );
}

/** Where a line for a person has the sender, or the recipients. */
const peopleCell = 4;

/** Tells the outcome for a person; a mark stands for the word where there is no room. */
export function outcomeText(message: ListedMessage, isWide: boolean): string {
  const outcome = shownOutcome(message);
  return isWide ? outcome : marks[outcome];
}

/** Lays out a message for a person, as `inbox` does: one line, as wide as the terminal at most. */
export function personLine(message: ListedMessage, domain: string): VisibleText {
  const look = lookFor(domain);
  return layOut(columnsOf(message.box, look.isWide), [tableRow(message, look)], look.width)[1]!;
}

interface Look {
  readonly now: number;
  readonly domain: string;
  /** Columns of the terminal. */
  readonly width: number;
  readonly isWide: boolean;
}

function lookFor(domain: string): Look {
  const width = terminalColumns();
  return { now: host.now(), domain, width, isWide: hasRoom(width) };
}

function columnsOf(box: Box, isWide: boolean): Column[] {
  return [
    { title: "" },
    { title: "ID", alignRight: true },
    { title: isWide ? "Outcome" : "" },
    { title: "Date" },
    box === "inbox" ? { title: "From", flexible: 1 } : { title: "To", flexible: isWide ? 1 : 2 },
    { title: "Subject", flexible: 2 },
  ];
}

/** For a person the own domain goes without saying. */
function tableRow(
  message: ListedMessage,
  { now, width, isWide, domain }: Look,
): Row {
  const short = (address: string) => shortAddress(address, domain);
  const readers = (each: Delivery) => deliveryText(each, short, width);
  const isNew = message.box === "inbox" && message.readAt === null;
  return {
    isBold: isNew,
    cells: [
      (!isNew ? "" : message.burn ? "b" : "*") +
      (message.filing.flags.includes("flagged") ? "f" : ""),
      String(message.id),
      outcomeText(message, isWide),
      shortTime(signedTime(message), now),
      message.box === "inbox" ? senderText(message, short) : readersText(message, readers),
      message.headers?.subject ?? "(cannot be opened)",
    ],
  };
}

/** Lays out a message for programs: the columns that `inbox` and `watch` explain. */
export function tabRow(message: ListedMessage): Row {
  const { id, outcome, headers } = message;
  const isSent = message.box === "sent";
  return {
    cells: [
      String(id),
      isSent ? sentState(message) : stateOf(message),
      outcome,
      isoTime(signedTime(message)) ?? "",
      isSent ? addressees(message).join(",") : senderText(message),
      headers?.subject ?? "",
      String(headers?.attachments.length ?? 0),
    ],
  };
}

function readersText(message: ListedMessage, textOf: (each: Delivery) => string): string {
  return message.origin === null
    ? deliveriesOf(message).map(textOf).join(", ")
    : addressees(message).join(", ");
}

/** What was sent elsewhere, and imported, was delivered to nobody here. */
function addressees(message: ListedMessage): readonly string[] {
  return message.origin === null
    ? deliveriesOf(message).map(({ recipient }) => recipient)
    : message.headers?.to ?? [];
}

/** Whom the sender signed to have addressed, each with the state that the server tells; it may tell of one too few. */
function deliveriesOf({ origin, headers, deliveries }: ListedMessage): readonly Delivery[] {
  if (origin !== null || headers === null) return deliveries;
  const told = new Map<string, Delivery>(deliveries.map((each) => [each.recipient, each]));
  const signed = new Set([...headers.to, ...headers.cc, ...headers.bcc]);
  return [...signed].map((recipient) => ({ ...told.get(untagged(recipient)), recipient }));
}

/** One without a state is one that the server tells nothing of. */
type Delivery = ListedDelivery | { readonly recipient: string };

function sentState(message: ListedMessage): string {
  return isOwnDraft(message) ? "draft" : deliveriesOf(message).map(deliveryCell).join(",");
}

function stateOf({ readAt, burn }: ListedMessage): string {
  return readAt !== null ? "read" : burn ? "burn" : "unread";
}

/** When its sender says it was written: the server could give any time to what it stores, or stores again. */
function signedTime({ headers, storedAt }: ListedMessage): number {
  return headers?.date ?? storedAt;
}

function stateText(delivery: Delivery): string {
  return "readAt" in delivery ? deliveryState(delivery) : "unknown";
}

/**
 * Where there is little room, the state comes first, as what stands last may be cut off; where there is room for neither
 * whole, the name does.
 */
function deliveryText(
  delivery: Delivery,
  short: (address: string) => string,
  width: number,
): string {
  const [state, name] = [stateText(delivery), short(delivery.recipient)];
  if (state === "stored") return name;
  const isNameFirst = hasRoom(width) || width < leastForStates;
  return isNameFirst ? `${name} (${state})` : `(${state}) ${name}`;
}

function deliveryCell(delivery: Delivery): string {
  return `${delivery.recipient}=${stateText(delivery)}`;
}
