/** LIST with what extends it, and LSUB: RFC 9051 6.3.9, RFC 3501 6.3.9, RFC 5258, RFC 5819, RFC 6154. */
import type { MailFolder } from "../../folders/mail_folders.ts";
import type { Carry } from "../command.ts";
import type { CommandText } from "../command_text.ts";
import { matchesPattern } from "../name_pattern.ts";
import { Bad, No } from "../refusal.ts";
import type { SessionState } from "../session_state.ts";
import { readStatusItems, tellStatus } from "./status.ts";

const maxPatterns = 100;
const selections = ["SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"];
const returns = ["SUBSCRIBED", "CHILDREN", "SPECIAL-USE"];

interface ListQuery {
  readonly selection: ReadonlySet<string>;
  /** With the reference before them. */
  readonly patterns: readonly string[];
  /** Counts of STATUS that are told of each; null: none. */
  readonly counts: readonly string[] | null;
}

/** A level that is listed: a folder, or one that only has folders below it. */
interface Level {
  readonly name: string;
  readonly folder: MailFolder | null;
}

export const list: Carry = async function* (state, { text }) {
  const query = readQuery(state, text);
  const { folders } = await state.folders();
  if (query.patterns.length === 1 && query.patterns[0] === "" && query.selection.size === 0) {
    return yield '* LIST (\\Noselect) "/" ""'; // RFC 9051 6.3.9: where levels are parted
  }
  for (const level of levelsOf(folders).filter(({ name }) => isMatched(query, name))) {
    const below = hasSubscribedBelow(folders, level) && query.selection.has("RECURSIVEMATCH");
    const isSelected = level.folder !== null && isMeant(query, level.folder);
    if (!isSelected && !below && query.selection.size > 0) continue;
    const childInfo = below ? ' ("CHILDINFO" ("SUBSCRIBED"))' : "";
    yield `${lineOf(state, folders, level)}${childInfo}`;
    if (query.counts !== null && level.folder !== null && isSelected) {
      yield* tellStatus(state, level.folder, query.counts);
    }
  }
};

/** RFC 3501 6.3.9: a level that is not subscribed is told by `%` for what is below it. */
export const lsub: Carry = async function* (state, { text }) {
  text.space();
  const reference = text.astring();
  text.space();
  const pattern = state.decodeName(reference + text.listMailbox());
  text.end();
  if (pattern === null) return;
  const { folders } = await state.folders();
  const subscribed = folders.filter((folder) => folder.subscribed);
  for (const { name, folder } of levelsOf(subscribed)) {
    if (!matchesPattern(pattern, name)) continue;
    if (folder !== null) yield `* LSUB () "/" ${state.encodeName(name)}`;
    else if (pattern.includes("%")) yield `* LSUB (\\Noselect) "/" ${state.encodeName(name)}`;
  }
};

/** The response for one folder. */
export function listLine(
  state: SessionState,
  folders: readonly MailFolder[],
  folder: MailFolder,
): string {
  return lineOf(state, folders, { name: folder.name, folder });
}

function lineOf(
  state: SessionState,
  folders: readonly MailFolder[],
  { name, folder }: Level,
): string {
  const hasChildren = folders.some((each) => each.name.startsWith(`${name}/`));
  const attributes = [
    ...folder === null ? ["\\NonExistent", "\\Noselect"] : [],
    hasChildren ? "\\HasChildren" : "\\HasNoChildren",
    ...folder?.subscribed ? ["\\Subscribed"] : [],
    ...folder !== null && folder.use !== "none" ? [useName(folder.use)] : [],
  ];
  return `* LIST (${attributes.join(" ")}) "/" ${state.encodeName(name)}`;
}

/** RFC 6154 2: `\Archive`, `\Drafts`, ... */
function useName(use: string): string {
  return `\\${use[0]!.toUpperCase()}${use.slice(1)}`;
}

/** All folders, each with the levels above it that are none, right before it. */
function levelsOf(folders: readonly MailFolder[]): Level[] {
  const found = new Map<string, Level>();
  const names = new Map(folders.map((folder) => [folder.name, folder]));
  for (const folder of folders) {
    const levels = folder.name.split("/");
    for (let count = 1; count <= levels.length; count++) {
      const name = levels.slice(0, count).join("/");
      found.getOrInsert(name, { name, folder: names.get(name) ?? null });
    }
  }
  return [...found.values()];
}

function isMatched({ patterns }: ListQuery, name: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, name));
}

function isMeant({ selection }: ListQuery, { subscribed, use }: MailFolder): boolean {
  return (!selection.has("SUBSCRIBED") || subscribed) &&
    (!selection.has("SPECIAL-USE") || use !== "none");
}

function hasSubscribedBelow(folders: readonly MailFolder[], { name }: Level): boolean {
  return folders.some((each) => each.subscribed && each.name.startsWith(`${name}/`));
}

/** @throws {Bad} @throws {No} */
function readQuery(state: SessionState, text: CommandText): ListQuery {
  text.space();
  const isExtended = text.sees("(");
  const selection = new Set(
    isExtended ? text.list(() => readOption(text, selections), { mayBeEmpty: true }) : [],
  );
  // RFC 5258 3: it says nothing by itself
  if (selection.has("RECURSIVEMATCH") && !selection.has("SUBSCRIBED")) throw text.bad();
  if (isExtended) text.space();
  const reference = text.astring();
  text.space();
  const written = text.sees("(") ? text.list(() => text.listMailbox()) : [text.listMailbox()];
  if (written.length > maxPatterns) throw new No("There are too many patterns", "LIMIT");
  const patterns = written.map((pattern) => state.decodeName(reference + pattern))
    .filter((pattern) => pattern !== null);
  const counts = text.skip(" RETURN ") ? readReturns(text) : null;
  text.end();
  return { selection, patterns, counts };
}

/** Attributes are told in any case. */
function readReturns(text: CommandText): readonly string[] | null {
  let counts: readonly string[] | null = null;
  text.list(() => {
    if (text.skip("STATUS ")) counts = readStatusItems(text);
    else readOption(text, returns);
  }, { mayBeEmpty: true });
  return counts;
}

function readOption(text: CommandText, known: readonly string[]): string {
  const option = text.word();
  if (!known.includes(option)) throw new Bad(`LIST has no option ${option}`);
  return option;
}
