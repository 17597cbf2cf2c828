/** The index of a mailbox on this machine, where one is kept: one program at a time has it. */
import { isThere } from "../../files/folder.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { lockFile, tryLockFile } from "../state_file.ts";
import { SearchIndex } from "./search_index.ts";

export interface HeldIndex {
  readonly index: SearchIndex;
  /** Lets another program have it. */
  readonly close: () => void;
}

/**
 * Opens the index; null where none is kept. `onWait` hears that another program has it, which is waited for.
 * @throws {MailError} `cannot_create`, `configuration`
 */
export async function openIndex(
  context: MailboxContext,
  onWait?: () => void,
): Promise<HeldIndex | null> {
  const { indexPath: path } = context;
  if (path === null) return null;
  const unlock = await tryLockFile(`${path}.lock`);
  if (unlock === null) onWait?.();
  return await openLocked(context, path, unlock ?? await lockFile(`${path}.lock`));
}

/** As `openIndex`, but null too where there is none yet, or another program has it. */
export async function tryOpenIndex(context: MailboxContext): Promise<HeldIndex | null> {
  const { indexPath: path } = context;
  if (path === null || !await isThere(path)) return null;
  const unlock = await tryLockFile(`${path}.lock`);
  return unlock === null ? null : await openLocked(context, path, unlock);
}

async function openLocked(
  { account }: MailboxContext,
  path: string,
  unlock: () => void,
): Promise<HeldIndex> {
  try {
    const seal = await (await account).mailboxKey.indexSeal();
    const index = await SearchIndex.open(path, seal);
    return { index, close: () => [() => index.close(), unlock].forEach((end) => end()) };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** True for an index that cannot be kept on this machine, which a search can do without. */
export function isUnkept(error: unknown): error is MailError {
  return isFailure(error, "cannot_create");
}
