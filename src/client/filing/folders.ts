/**
 * The list of folders, kept at the server sealed under a key of the account's, so that every machine has the same.
 * WIRE.md 9.4.
 */
import type { MailboxKey } from "../../crypto/account/mailbox_key.ts";
import { decodeFolders, encodeFolders } from "../../crypto/message/filing.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { builtInFolders, type FolderList } from "../../model/filing.ts";
import { areSame, type KeyringPart, versionOf } from "../../model/keyring.ts";
import { Lazy } from "../../model/promises.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import type { ReplyOf } from "../../wire/operations.ts";
import { listAttempts, tryAnew } from "../compare_and_swap.ts";
import type { ListMark } from "../list_mark.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { withKnown } from "./folder_list.ts";

/** What the server gave, opened. */
interface Shown {
  readonly version: number;
  readonly list: FolderList;
}

export class Folders {
  readonly #context: MailboxContext;
  readonly #changes = new SerialQueue();
  readonly #shown = new Lazy<Shown>();

  constructor(context: MailboxContext) {
    this.#context = context;
  }

  /** Has the next call read the list anew. */
  refresh(): void {
    this.#shown.forget();
  }

  /**
   * Reads the list. One that is older than this machine remembers is made whole, and put back where that is allowed.
   * @throws {MailError} `bad_signature` for one that was altered, and for an older one where the newer was not kept
   */
  async list(): Promise<FolderList> {
    return (await this.#read()).list;
  }

  /**
   * Changes the list, one change after the other. `change` is asked again where another machine was quicker; what it
   * returns unchanged is not stored. Returns the list as it is then, and whether this made it so.
   * @throws {MailError} what `change` does; `try_later`
   */
  change(
    change: (list: FolderList) => FolderList,
  ): Promise<{ readonly list: FolderList; readonly isChanged: boolean }> {
    return this.#changes.run(() => this.#changeNow(change));
  }

  async #changeNow(change: (list: FolderList) => FolderList) {
    let result = { list: builtInFolders, isChanged: false };
    const attempt = async () => {
      const shown = await this.#read();
      const list = change(shown.list);
      result = { list, isChanged: list !== shown.list };
      return !result.isChanged || await this.#store(shown, list);
    };
    const reload = () => Promise.resolve(this.refresh());
    if (await tryAnew(attempt, reload, listAttempts)) return result;
    throw new MailError(
      "try_later",
      "Cannot change the folders: other machines keep changing them",
    );
  }

  /** Stores a list of a version above all that are known; false where the server has another one by now. */
  async #store({ version: expectedVersion }: Shown, list: FolderList): Promise<boolean> {
    const { client, folders } = this.#context;
    const { mailboxKey } = await this.#context.account;
    const version = Math.max(expectedVersion, versionOf(folders.seen)) + 1;
    const sealed = await mailboxKey.sealFolders(version, encodeFolders(list));
    const update = { expectedVersion, version, sealed };
    if (!(await client.change("replaceFolders", update)).replaced) return false;
    this.#shown.set({ version, list });
    await folders.note([{ version, sealed }]);
    return true;
  }

  #read(): Promise<Shown> {
    return this.#shown.get(() => this.#readNow());
  }

  async #readNow(): Promise<Shown> {
    const { client, folders } = this.#context;
    const { seen } = folders; // by now: what is seen after the question may be newer than the reply
    const kept = await this.#context.afterLogin(client.call("folders", {}));
    const { mailboxKey } = await this.#context.account;
    const { version, sealed } = kept;
    const mark: ListMark = sealed === null ? [] : [{ version, sealed }];
    const list = await openFolders(mailboxKey, kept);
    if (areSame(mark, seen) || version > versionOf(seen)) {
      await folders.note(mark);
      return { version, list };
    }
    const known = await openFolders(mailboxKey, seen.at(-1)!).catch(() => {
      throw wentBack(version, versionOf(seen));
    });
    return await this.#putBack({ version: kept.version, list }, withKnown(list, known));
  }

  /** A login that may not change the list goes by what it knows. */
  async #putBack(shown: Shown, whole: FolderList): Promise<Shown> {
    this.#context.warn(hadOlder);
    try {
      if (await this.#store(shown, whole)) return await this.#shown.made!;
    } catch (error) {
      if (!isFailure(error, "denied")) throw error;
    }
    return { version: shown.version, list: whole };
  }
}

const hadOlder =
  "The server had an older list of folders; this machine's newer one was added to it";

async function openFolders(
  key: MailboxKey,
  { version, sealed }: ReplyOf<"folders"> | KeyringPart,
): Promise<FolderList> {
  if (sealed === null && version === 0) return builtInFolders;
  if (sealed === null) throw new MailError("bad_signature", "Cannot open the list of folders");
  return decodeFolders(await key.openFolders(version, sealed));
}

function wentBack(offered: number, seen: number): MailError {
  return new MailError(
    "bad_signature",
    `Cannot trust the server: it shows version ${offered} of the folders, but version ${seen} was seen before`,
    {
      hint: "If its operator has restored a backup, run `mailctl logout`, then `mailctl login`.",
    },
  );
}
