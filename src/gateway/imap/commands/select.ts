/** SELECT, EXAMINE, CLOSE and UNSELECT: RFC 9051 6.3.2, 6.3.3, 6.4.1, 6.4.2, RFC 7162 3.1.8 and 3.2.5. */
import type { CommandText } from "../command_text.ts";
import { type Carry, highestModseq, refreshQuietly } from "../command.ts";
import { flagNames } from "../flags.ts";
import { NumberSet, readNumberSet, resolveSet } from "../number_set.ts";
import type { SessionState } from "../session_state.ts";
import { FolderView } from "../folder_view.ts";
import { listLine } from "./list.ts";
import { mailboxId } from "./status.ts";

/** What the client knows of the folder from before. */
interface Resumed {
  readonly uidValidity: number;
  readonly modseq: number;
  /** Null: all UIDs. */
  readonly known: NumberSet | null;
  /** Some of the UIDs it has, and their sequence numbers. */
  readonly matched: { readonly numbers: NumberSet; readonly uids: NumberSet };
}

export const select: Carry = (state, said) => open(state, said.text, false);

export const examine: Carry = (state, said) => open(state, said.text, true);

export const close: Carry = async (state, { text }) => {
  text.end();
  const { isReadOnly, all } = state.selected;
  state.view = null;
  if (isReadOnly) return;
  const deleted = all.map(({ message }) => message).filter(({ flags }) =>
    flags.includes("deleted")
  );
  if (deleted.length > 0) await (await state.folders()).expunge(deleted);
};

export const unselect: Carry = (state, { text }) => {
  text.end();
  state.view = null;
  return Promise.resolve();
};

async function* open(
  state: SessionState,
  text: CommandText,
  isReadOnly: boolean,
): AsyncGenerator<string, string> {
  text.space();
  const written = text.astring();
  const resumed = text.skip(" ") ? readParameters(state, text) : null;
  text.end();
  if (state.view !== null) yield "* OK [CLOSED] The folder before it is closed";
  state.view = null; // also where the next one cannot be opened
  state.saved = new NumberSet([]);
  await refreshQuietly(state);
  const folders = await state.folders();
  const view = new FolderView(folders, await state.folder(written), {
    isReadOnly,
    tellsRecent: !state.has("IMAP4rev2"),
  });
  state.view = view;
  yield* facts(state, view);
  if (state.has("IMAP4rev2")) yield listLine(state, folders, view.folder);
  if (resumed?.uidValidity === view.folder.uidValidity) yield* resume(state, view, resumed);
  return `[READ-${isReadOnly ? "ONLY" : "WRITE"}] Selected`;
}

function* facts(state: SessionState, view: FolderView): Generator<string, void> {
  yield view.flagsLine;
  yield `* ${view.size} EXISTS`;
  if (!state.has("IMAP4rev2")) {
    yield view.recentLine;
    const unseen = view.told.findIndex(({ isSeen }) => !isSeen);
    if (unseen >= 0) yield `* OK [UNSEEN ${unseen + 1}] The first unread message`;
  }
  const permanent = view.isReadOnly ? [] : [...flagNames, ...view.keywords, "\\*"];
  yield `* OK [PERMANENTFLAGS (${permanent.join(" ")})] Flags that stay`;
  yield `* OK [UIDVALIDITY ${view.folder.uidValidity}] UIDs are valid`;
  yield `* OK [UIDNEXT ${view.uidNext}] The next UID`;
  yield highestModseq(view);
  yield `* OK [${mailboxId(view.folder)}] The folder, whatever its name`;
}

/** @throws {Bad} */
function readParameters(state: SessionState, text: CommandText): Resumed | null {
  const read = text.list(() => {
    const name = text.word();
    if (name === "CONDSTORE") return null;
    if (name === "QRESYNC" && state.has("QRESYNC")) return readResumed(text);
    throw text.bad();
  });
  state.enable("CONDSTORE");
  return read.find((each) => each !== null) ?? null;
}

function readResumed(text: CommandText): Resumed {
  const set = () => resolveSet(readNumberSet(text), 0, new NumberSet([]));
  text.require(" (");
  const uidValidity = text.number();
  text.space();
  const modseq = text.number64();
  const known = text.sees(" (") === false && text.skip(" ") ? set() : null;
  let matched = { numbers: new NumberSet([]), uids: new NumberSet([]) };
  if (text.skip(" (")) {
    const numbers = set();
    text.space();
    matched = { numbers, uids: set() };
    text.require(")");
  }
  text.require(")");
  return { uidValidity, modseq, known, matched };
}

/** The last of the UIDs that the client has from number 1 on, and that are all there: RFC 7162 3.2.5.2. 0: none. */
function agreedUntil({ told }: FolderView, { numbers, uids }: Resumed["matched"]): number {
  const claimed = uids[Symbol.iterator]();
  let agreed = 0;
  let at = 0;
  for (const number of numbers) {
    const { value: uid } = claimed.next();
    const there = told[at++]?.uid;
    if (number !== at || there === undefined || uid !== there) break;
    agreed = there;
  }
  return agreed;
}

async function* resume(
  state: SessionState,
  view: FolderView,
  { modseq, known, matched }: Resumed,
): AsyncGenerator<string, void> {
  const asked = known ?? new NumberSet([[1, Math.max(1, view.uidNext - 1)]]);
  const vanished = view.vanished(asked.above(agreedUntil(view, matched)), modseq);
  if (vanished.ranges.length > 0) yield `* VANISHED (EARLIER) ${vanished}`;
  const changed = view.all.filter(({ message }) =>
    message.modseq > modseq && asked.has(message.uid)
  );
  yield* view.tellFlags(changed, state.telling(false));
}
