/** LIST with what extends it, and LSUB: RFC 9051 6.3.9, RFC 3501 6.3.9, RFC 5258, RFC 5819, RFC 6154. */
import { letOthersIn } from "../../../model/promises.ts";
import type { MailFolder, MailFolders } from "../../folders/mail_folders.ts";
import { type Carry, refreshQuietly } from "../command.ts";
import type { CommandText } from "../command_text.ts";
import { hasWildcard, matchesPattern, shortPattern } from "../name_pattern.ts";
import { Bad, No } from "../refusal.ts";
import type { SessionState } from "../session_state.ts";
import { readStatusItems, tellStatus } from "./status.ts";

const maxPatterns = 100;
/** Of patterns with wildcards, all together: each character is compared with each of all names. */
const maxWildCharacters = 1_024;
/** Names are compared so many at a time: one connection must not hold up all others. */
const namesAtOnce = 5;
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
  await refreshQuietly(state);
  const account = await state.folders();
  const { subscribed } = account;
  if (query.patterns.length === 1 && query.patterns[0] === "" && query.selection.size === 0) {
    return yield '* LIST (\\Noselect) "/" ""'; // RFC 9051 6.3.9: where levels are parted
  }
  const isBasic = query.selection.size === 0;
  const names = query.selection.has("SUBSCRIBED") ? [...subscribed] : [];
  const levels = levelsOf(account, names);
  const matched = await matchedNames(query.patterns, levels);
  for (const level of levels.filter(({ name }) => matched.has(name))) {
    const below = query.selection.has("RECURSIVEMATCH") && hasOthersBelow(matched, names, level);
    const isSelected = isMeant(query, level, subscribed);
    if (!isSelected && !below && !isBasic) continue;
    const childInfo = below ? ' ("CHILDINFO" ("SUBSCRIBED"))' : "";
    yield `${lineOf(state, account, level, isBasic)}${childInfo}`;
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
  const [pattern] = readPattern(state, reference + text.listMailbox());
  text.end();
  if (pattern === undefined) return;
  await refreshQuietly(state);
  const { subscribed } = await state.folders();
  const levels = levelsOf({ folders: [] }, [...subscribed]);
  for (const name of await matchedNames([pattern], levels)) {
    if (subscribed.has(name)) yield `* LSUB () "/" ${state.encodeName(name)}`;
    else if (pattern.includes("%")) yield `* LSUB (\\Noselect) "/" ${state.encodeName(name)}`;
  }
};

/** The response for one folder. */
export function listLine(
  state: SessionState,
  account: MailFolders,
  folder: MailFolder,
): string {
  return lineOf(state, account, { name: folder.name, folder });
}

/** `isBasic`: the client may not know `\NonExistent`, which says the same as `\Noselect`, and more (RFC 9051 7.3.1). */
function lineOf(
  state: SessionState,
  { folders, subscribed }: MailFolders,
  { name, folder }: Level,
  isBasic = true,
): string {
  const hasChildren = folders.some((each) => each.name.startsWith(`${name}/`));
  const attributes = [
    ...folder === null ? ["\\NonExistent"] : [],
    ...folder === null && isBasic ? ["\\Noselect"] : [],
    hasChildren ? "\\HasChildren" : "\\HasNoChildren",
    ...subscribed.has(name) ? ["\\Subscribed"] : [],
    ...folder !== null && folder.use !== "none" ? [useName(folder.use)] : [],
  ];
  return `* LIST (${attributes.join(" ")}) "/" ${state.encodeName(name)}`;
}

/** RFC 6154 2: `\Archive`, `\Drafts`, ... */
function useName(use: string): string {
  return `\\${use[0]!.toUpperCase()}${use.slice(1)}`;
}

/** All folders, then other names, each with the levels above it that are none, right before it. */
function levelsOf({ folders }: Pick<MailFolders, "folders">, names: readonly string[]): Level[] {
  const found = new Map<string, Level>();
  const byName = new Map(folders.map((folder) => [folder.name, folder]));
  for (const whole of [...byName.keys(), ...names]) {
    const levels = whole.split("/");
    for (let count = 1; count <= levels.length; count++) {
      const name = levels.slice(0, count).join("/");
      found.getOrInsert(name, { name, folder: byName.get(name) ?? null });
    }
  }
  return [...found.values()];
}

/** The longest patterns and names take milliseconds each. */
async function matchedNames(
  patterns: readonly string[],
  levels: readonly Level[],
): Promise<ReadonlySet<string>> {
  const matched = new Set<string>();
  for (const [at, { name }] of levels.entries()) {
    if (at % namesAtOnce === namesAtOnce - 1) await letOthersIn();
    if (patterns.some((pattern) => matchesPattern(pattern, name))) matched.add(name);
  }
  return matched;
}

/** None where no name can match. */
function readPattern(state: SessionState, written: string): string[] {
  const decoded = state.decodeName(written);
  const pattern = decoded === null ? null : shortPattern(decoded);
  return pattern === null ? [] : [pattern];
}

function isMeant(
  { selection }: ListQuery,
  { name, folder }: Level,
  subscribed: ReadonlySet<string>,
): boolean {
  return (!selection.has("SUBSCRIBED") || subscribed.has(name)) &&
    (!selection.has("SPECIAL-USE") || (folder !== null && folder.use !== "none"));
}

/** RFC 9051 6.3.9.6: what is subscribed below it, and is not listed itself. */
function hasOthersBelow(
  matched: ReadonlySet<string>,
  names: readonly string[],
  { name }: Level,
): boolean {
  return names.some((each) => each.startsWith(`${name}/`) && !matched.has(each));
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
  const patterns = written.flatMap((pattern) => readPattern(state, reference + pattern));
  const wild = patterns.filter(hasWildcard).join("");
  if (wild.length > maxWildCharacters) throw new No("The patterns are too long", "LIMIT");
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
