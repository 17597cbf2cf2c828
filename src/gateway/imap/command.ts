/** What a command of IMAP is, to the table that has them all. */
import { MailError } from "../../model/errors.ts";
import type { CommandText } from "./command_text.ts";
import type { FolderView } from "./folder_view.ts";
import type { CommandReader, OpenLiteral } from "./reader.ts";
import type { SessionState } from "./session_state.ts";

/** A command as it was said. */
export interface Said {
  readonly tag: string;
  /** What stands behind its name, from the blank on. */
  readonly text: CommandText;
  /** It stands behind UID: numbers are UIDs. */
  readonly isUid: boolean;
  readonly reader: CommandReader;
  /** The message of APPEND, not read yet. */
  readonly open: OpenLiteral | null;
}

/**
 * Carries a command out. Yields lines of untagged responses without their ends (a character a byte), which are told with
 * what comes behind them, and bytes, which are told at once. Returns the words of OK, with the response code where there
 * is one. One that has nothing to yield is a plain function.
 * @throws {Bad} @throws {No} @throws {MailError} @throws {CutShort}
 */
export type Carry = (
  state: SessionState,
  said: Said,
) => AsyncGenerator<string | Uint8Array, string | void> | Promise<string | void>;

/** Where a command may be said: RFC 9051 3. */
export type CommandPlace = "anywhere" | "logged out" | "logged in" | "selected";

export interface ImapCommand {
  readonly place: CommandPlace;
  readonly run: Carry;
  /** No message may lose its number before its end: RFC 9051 7.5.1. Behind UID it may. */
  readonly keepsNumbers?: true;
}

/** Takes in what changed at the server; where that is away, what is known is told. */
export async function refreshQuietly(state: SessionState): Promise<void> {
  try {
    await (await state.folders()).refresh();
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
  }
}

/** Switches CONDSTORE on; tells how far the selected folder is. RFC 7162 3.1.2 */
export function* useCondstore(state: SessionState): Generator<string, void> {
  if (state.has("CONDSTORE")) return;
  state.enable("CONDSTORE");
  if (state.view !== null) yield highestModseq(state.view);
}

/** Up to which change the session was told all. */
export function highestModseq({ modseq }: FolderView): string {
  return `* OK [HIGHESTMODSEQ ${modseq}] The newest change`;
}

/** Tells what changed in the selected folder. What the server cannot be asked about now is told another time. */
export async function* tellChanges(
  state: SessionState,
  { mayExpunge }: { readonly mayExpunge: boolean },
): AsyncGenerator<string, void> {
  if (state.view === null) return;
  try {
    yield* state.view.tell(state.telling(mayExpunge));
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
  }
}
