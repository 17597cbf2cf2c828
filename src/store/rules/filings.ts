/** What filings count for, which entries have copies, and which deletions are remembered. */
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { cannotCopy } from "../failures.ts";
import type { FilingOutcome, NewFiling } from "../filing_store.ts";

/** A filing of the shortest form: it is taken where a mailbox is full too, or nobody could tidy it. */
const shortBytes = 128 + 28;

/** By how many bytes a filing grows beyond what a full mailbox takes. */
export function growthOf(bytes: number, before: number): number {
  return Math.max(0, bytes - Math.max(before, shortBytes));
}

/** An entry as it is filed. */
export interface FiledState {
  readonly version: number;
  readonly sealed: Uint8Array | null;
}

/** What becomes of a filing; null: there is no such entry. `repeated`: it was filed just so. */
export function fateOfFiling(
  state: FiledState | null,
  { expectedVersion, sealed }: Pick<NewFiling, "expectedVersion" | "sealed">,
  isEqual: (a: Uint8Array, b: Uint8Array) => boolean,
): FilingOutcome | "repeated" {
  if (state === null) return "gone";
  if (state.version === expectedVersion) return "filed";
  const isRepeated = state.version === expectedVersion + 1 && state.sealed !== null &&
    isEqual(state.sealed, sealed);
  return isRepeated ? "repeated" : "stale";
}

/** What keeps an entry from being copied. */
export interface Copied {
  readonly id: EntryId;
  readonly burns: boolean;
  readonly waits: boolean;
  /** The server itself put it there, and has noted what it stands for. */
  readonly isNotice: boolean;
}

/** @throws {MailError} `denied` naming all that have no copies */
export function requireCopyable(entries: readonly Copied[]): void {
  const refused = entries.filter(({ burns, waits, isNotice }) => burns || waits || isNotice);
  if (refused.length > 0) throw cannotCopy(refused.map(({ id }) => id));
}

/** Tombstones: the newest of them, and so many more before the oldest are dropped together. */
export const tombstones = { most: limits.maxTombstones, atOnce: 1_000 } as const;

/** Tells whether somebody cannot be told all that changed: see `ChangesQuery`. */
export function isTooLongAgo(
  { since, known }: { readonly since: number; readonly known: number },
  { modseq, goneUntil }: { readonly modseq: number; readonly goneUntil: number },
): boolean {
  return Math.max(since, known) > modseq || known > 0 && known < goneUntil;
}
