/** Filing messages: stars, keywords, moves that can be taken back, and what is deleted for good. */
import type { Hono } from "hono";
import type { FiledMailbox } from "../../../client/filing/filed_mailbox.ts";
import type { FiledMessage } from "../../../client/filing/filed_message.ts";
import type { FilingChange } from "../../../client/filing/filing_change.ts";
import { changeOf } from "../../../client/filing/flag_words.ts";
import {
  allFolders,
  folderFor,
  type NamedFolder,
  requireBox,
  requireReceived,
} from "../../../client/filing/named_folder.ts";
import type { Mailbox } from "../../../client/mailbox.ts";
import { MailError } from "../../../model/errors.ts";
import { type EntryId, entryId, listIds } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import { amount } from "../../../model/message.ts";
import { folderHref, keyOf, parseKey } from "../folder_key.ts";
import type { PageEnv } from "../guard.ts";
import { type PageContext, requireSameAccount } from "../page_context.tsx";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import type { UndoableMove } from "../state/undoable_moves.ts";
import { listBefore, pageBefore } from "../way_back.ts";
import { readForm, textOf } from "./form.ts";

/** Adds the routes of this file. */
export function filingRoutes(app: Hono<PageEnv>, session: PageSession): void {
  app.post(
    "/file",
    requireSameAccount(session, async (context, signedIn) => {
      const form = await readForm(context.req.raw, limits.maxPageFormBytes);
      const way = await file(context, signedIn, form);
      session.hub.tell("change", {});
      return context.redirect(way, 303);
    }),
  );
  app.post(
    "/undo",
    requireSameAccount(session, async (context, signedIn) => {
      await undo(signedIn, context.req.query("move") ?? "");
      session.hub.tell("change", {});
      return context.redirect(pageBefore(context, "inbox"), 303);
    }),
  );
}

/** Does what a form asks for; returns where it leads. */
async function file(context: PageContext, signedIn: SignedIn, form: FormData): Promise<string> {
  const ids = idsIn(context, form);
  const act = context.req.query("act") ?? textOf(form, "act");
  const { folders } = signedIn;
  return await signedIn.connections.ask(async (mailbox) => {
    const there = await filedThere(mailbox, ids);
    const find = wantedFolder(act, form);
    const before = folders.folderOf(there[0]!);
    const way = listBefore(context, before === null ? there[0]!.box : folderHref(before));
    if (find !== null) {
      await move(mailbox, signedIn, there, find);
      return way;
    }
    if (act === "unread") {
      requireReceived(there);
      await (await mailbox.filed()).markUnread(there.map(({ id }) => id));
      return way; // the message's own page would read it
    }
    const filed = await mailbox.filed();
    await filed.change(there.map(({ id }) => id), wantedChange(act, form));
    return pageBefore(context, "inbox");
  });
}

/** The messages that a form means, in its address or its fields. @throws {MailError} `usage` for none */
export function idsIn(context: PageContext, form: FormData): EntryId[] {
  const given = [...context.req.queries("id") ?? [], ...form.getAll("id").map(String)];
  const ids = new Set(given.filter((id) => /^[1-9]\d{0,14}$/.test(id)).map(Number));
  if (ids.size === 0) throw new MailError("usage", "Cannot do that: no message is selected");
  if (ids.size > limits.maxIdsPerRequest) {
    throw new MailError("too_large", `Cannot do that: select at most ${limits.maxIdsPerRequest}`);
  }
  return [...ids].map(entryId);
}

/** Reads how messages are filed; some may be gone meanwhile. @throws {MailError} `no_such_message` where all are */
async function filedThere(
  mailbox: Mailbox,
  ids: readonly EntryId[],
): Promise<FiledMessage[]> {
  const there = await (await mailbox.filed()).read(ids);
  if (there.length > 0) return there;
  throw new MailError(
    "no_such_message",
    `Cannot find message ${listIds(ids)}: it was deleted`,
  );
}

type FindFolder = (filed: FiledMailbox) => Promise<NamedFolder>;

/** Finds the folder that an act moves to; null: it moves nothing. */
function wantedFolder(act: string, form: FormData): FindFolder | null {
  if (act === "archive" || act === "trash") {
    return async (filed) => folderFor(await filed.folders(), act);
  }
  if (act !== "move") return null;
  const key = parseKey(textOf(form, "folder"));
  if (key === null) throw new MailError("usage", "Cannot move: no folder is chosen");
  return async (filed) => {
    const found = allFolders(await filed.folders()).find((folder) => keyOf(folder) === key);
    if (found !== undefined) return found;
    throw new MailError("no_such_message", "Cannot move: the folder was deleted");
  };
}

async function move(
  mailbox: Mailbox,
  { moves }: SignedIn,
  there: readonly FiledMessage[],
  find: FindFolder,
): Promise<void> {
  const filed = await mailbox.filed();
  const folder = await find(filed);
  requireBox(there, folder);
  const moved = there.filter(({ filing }) => filing.folder !== folder.id);
  if (moved.length === 0) return;
  const subject = moved.length === 1 ? await subjectOf(mailbox, moved[0]!.id) : null;
  await filed.change(moved.map(({ id }) => id), { folder: folder.id });
  const from = Map.groupBy(moved, ({ filing }) => filing.folder).entries()
    .map(([before, messages]) => [before, messages.map(({ id }) => id)] as const);
  moves.add({ subject, to: folder.name, folder: folder.id, from: new Map(from) });
}

/** Moves messages to the trash, which can be undone. */
export async function moveToTrash(
  mailbox: Mailbox,
  signedIn: SignedIn,
  there: readonly FiledMessage[],
): Promise<void> {
  await move(mailbox, signedIn, there, async (filed) => folderFor(await filed.folders(), "trash"));
}

async function subjectOf(mailbox: Mailbox, id: EntryId): Promise<string> {
  return (await mailbox.look(id)).headers?.subject || `message ${id}`;
}

/** @throws {MailError} `usage` for what is no act, and for a word that is no keyword */
function wantedChange(act: string, form: FormData): FilingChange {
  const removed = textOf(form, "unlabel");
  if (removed !== "") return changeOf([`-${removed}`]);
  if (act === "star") return { addFlags: ["flagged"] };
  if (act === "unstar") return { removeFlags: ["flagged"] };
  const words = textOf(form, "keyword").split(/[\s,]+/).filter((word) => word !== "");
  if (act !== "label" && act !== "unlabel") throw new MailError("usage", "Cannot do that");
  if (words.length === 0) throw new MailError("usage", "Cannot do that: the keyword is missing");
  return changeOf(words.map((word) => `${act === "label" ? "+" : "-"}${word}`));
}

/** Moves messages back that are still where they were moved to. @throws {MailError} `conflict` where none is, or it is too late */
async function undo({ connections, moves }: SignedIn, key: string): Promise<void> {
  const move = moves.take(key);
  if (move === null) {
    throw new MailError("conflict", "Cannot undo: it was undone, or it is too late");
  }
  const left = await connections.ask(async (mailbox) => moveBack(await mailbox.filed(), move))
    .catch((error) => {
      moves.putBack(move);
      throw error;
    });
  if (left === 0) return;
  throw new MailError(
    "conflict",
    `Cannot undo for ${amount(left)}: ` +
      "another machine moved or deleted it",
  );
}

/** Returns how many are not where they came from then. */
async function moveBack(
  filed: FiledMailbox,
  { folder: fromFolder, from }: UndoableMove,
): Promise<number> {
  let left = 0;
  for (const [folder, ids] of from) {
    const back = await filed.change(ids, { folder, fromFolder });
    left += ids.length - back.filter(({ filing }) => isBack(filing.folder, folder)).length;
  }
  return left;
}

/** What came from a folder that was deleted meanwhile is in its box's own then. */
function isBack(now: number, before: number): boolean {
  return now === before || now === 0;
}
