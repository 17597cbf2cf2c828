/** Folders that messages name which come in: those that are missing are made. */
import type { Mailbox } from "../../client/mailbox.ts";
import { type FolderList, isFolderName } from "../../model/filing.ts";
import { closing } from "../session.ts";
import { folderCalled, type NamedFolder, spelledName } from "../../client/filing/named_folder.ts";
import { foldersOf } from "./folder.ts";

/** Finds folders by their names, and makes what is missing while messages are on their way. */
export class FolderMaker {
  readonly #mailbox: Mailbox;
  #list: Promise<FolderList> | null = null;

  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox;
  }

  /** Null: no folder can have the name. @throws {MailError} `denied`, `too_large` */
  async find(names: readonly string[]): Promise<(NamedFolder | null)[]> {
    const list = await (this.#list ??= foldersOf(this.#mailbox));
    const missing = names.filter((name) => calledIn(list, name) === null && canBe(name));
    if (missing.length > 0) this.#list = this.#make(missing);
    const known = await this.#list!;
    return names.map((name) => calledIn(known, name));
  }

  /** On a connection of its own: on this one, a message may be on its way. */
  async #make(names: readonly string[]): Promise<FolderList> {
    this.#mailbox.requireAllowed("replaceFolders");
    return await closing(await this.#mailbox.reopen(), async (apart) => {
      return (await (await apart.filed()).createFolders(names)).list;
    });
  }
}

function calledIn(list: FolderList, name: string): NamedFolder | null {
  return folderCalled(list, spelledName(list, name));
}

function canBe(name: string): boolean {
  return isFolderName(name.normalize("NFC"));
}
