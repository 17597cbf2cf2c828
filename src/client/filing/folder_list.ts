/** Changes of the list of folders, each made to whatever list is there: see `Folders.change`. */
import { MailError } from "../../model/errors.ts";
import {
  boxFolders,
  firstFolderId,
  type Folder,
  type FolderList,
  isFolderName,
  isMailboxName,
  secondOf,
} from "../../model/filing.ts";
import { limits } from "../../model/limits.ts";

/** Finds a folder by its name, as it is spelt once it is in NFC. */
export function findFolder({ folders }: FolderList, name: string): Folder | null {
  const wanted = name.normalize("NFC");
  return folders.find((folder) => folder.name === wanted) ?? null;
}

/** @throws {MailError} `no_such_message` */
export function requireFolder(list: FolderList, name: string): Folder {
  const folder = findFolder(list, name);
  if (folder !== null) return folder;
  throw new MailError("no_such_message", `Cannot find the folder ${JSON.stringify(name)}`);
}

/** True for the name of INBOX, in any case, or of Sent: these folders stand in no list. */
export function isBoxName(name: string): boolean {
  return name.toUpperCase() === boxFolders.inbox || name === boxFolders.sent;
}

/** Adds a folder and the levels above it, as far as they are not there. @throws {MailError} `malformed`, `too_large` */
export function withFolder(list: FolderList, name: string, now: number): FolderList {
  const normal = requireName(name);
  return withLevel(withParents(list, normal, now), normal, now);
}

/** Adds the levels above a name, as far as they are not there. @throws {MailError} `malformed`, `too_large` */
export function withParents(list: FolderList, name: string, now: number): FolderList {
  const levels = requireName(name).split("/");
  return levels.slice(1).reduce(
    (list, _, at) => withLevel(list, levels.slice(0, at + 1).join("/"), now),
    list,
  );
}

function withLevel(list: FolderList, name: string, now: number): FolderList {
  if (isBoxName(name) || findFolder(list, name) !== null) return list;
  const { folders } = list;
  if (folders.length >= limits.maxFolders) {
    throw new MailError(
      "too_large",
      `Cannot make a folder: the limit is ${limits.maxFolders} folders`,
    );
  }
  const madeAt = Math.max(secondOf(now), list.lastMadeAt + 1);
  const added: Folder = { id: freeId(folders), name, madeAt, use: "none" };
  return { ...list, folders: [...folders, added], lastMadeAt: madeAt };
}

/** Subscribes a name, whatever there is of it, or ends that. @throws {MailError} `malformed`, `too_large` */
export function withSubscription(
  list: FolderList,
  name: string,
  isSubscribed: boolean,
): FolderList {
  const normal = name.normalize("NFC");
  if (list.subscribed.includes(normal) === isSubscribed) return list;
  const others = list.subscribed.filter((each) => each !== normal);
  if (!isSubscribed) return { ...list, subscribed: others };
  if (!isMailboxName(normal)) throw malformedName("subscribe to", name);
  if (others.length >= limits.maxSubscribedNames) {
    throw new MailError(
      "too_large",
      `Cannot subscribe to a folder: the limit is ${limits.maxSubscribedNames} names`,
    );
  }
  return { ...list, subscribed: [...others, normal] };
}

/** Subscribes the folders of a list that were not in the one before. @throws {MailError} `too_large` */
export function withAddedSubscribed(before: FolderList, after: FolderList): FolderList {
  const added = after.folders.filter(({ id }) => !before.folders.some((one) => one.id === id));
  return added.reduce((list, { name }) => withSubscription(list, name, true), after);
}

/**
 * Gives a folder another name, and those below it; subscriptions of these names go along. It stays the folder that it is,
 * also where another machine gave it another name meanwhile.
 * @throws {MailError} `no_such_message`; `name_taken`; `malformed` for a name that no folder can have
 */
export function withName(list: FolderList, { id, name }: Folder, wanted: string): FolderList {
  const { name: before } = list.folders.find((folder) => folder.id === id) ??
    requireFolder(list, name);
  const after = requireName(wanted);
  const renamed = (name: string): string => {
    const isMeant = name === before || name.startsWith(`${before}/`);
    return isMeant ? after + name.slice(before.length) : name;
  };
  const folders = list.folders.map((folder) => {
    const name = renamed(folder.name);
    return name === folder.name ? folder : { ...folder, name: requireName(name) };
  });
  const twice = folders.find(({ name }, at) =>
    folders.findIndex((one) => one.name === name) !== at
  );
  if (twice !== undefined) {
    throw new MailError(
      "name_taken",
      `Cannot rename ${JSON.stringify(name)}: the folder ${JSON.stringify(twice.name)} exists`,
    );
  }
  const subscribed = list.subscribed.map(renamed).filter(isMailboxName);
  return { ...list, folders, subscribed: [...new Set(subscribed)] };
}

/** Takes a folder out, and none of those below it. */
export function withoutFolder(list: FolderList, id: number): FolderList {
  return { ...list, folders: list.folders.filter((folder) => folder.id !== id) };
}

/**
 * Adds what a machine knows to a list that it is shown: folders of either, by id, as the machine knows them. Where that
 * makes a name or a use stand twice, the machine's folder keeps it.
 */
export function withKnown(shown: FolderList, known: FolderList): FolderList {
  const others = shown.folders.filter(({ id }) => !known.folders.some((own) => own.id === id));
  const folders = [...known.folders];
  for (const folder of others) {
    const use = folders.some((one) => one.use === folder.use) ? "none" : folder.use;
    const name = folders.some((one) => one.name === folder.name) ? otherName(folder) : folder.name;
    folders.push({ ...folder, name, use });
  }
  const subscribed = new Set([...known.subscribed, ...shown.subscribed]);
  const lastMadeAt = Math.max(shown.lastMadeAt, known.lastMadeAt);
  return {
    folders: folders.slice(0, limits.maxFolders),
    subscribed: [...subscribed].slice(0, limits.maxSubscribedNames),
    trashDays: known.trashDays,
    lastMadeAt,
  };
}

/** Of two folders of one name, the second is told apart by its id. */
function otherName({ id, name }: Folder): string {
  const suffix = ` (${id})`;
  for (let end = name.length; end > 0; end--) {
    const shorter = name.slice(0, end) + suffix;
    if (isFolderName(shorter)) return shorter;
  }
  return `${id}`;
}

function requireName(name: string): string {
  const normal = name.normalize("NFC");
  if (isFolderName(normal)) return normal;
  throw malformedName("name a folder", name);
}

function malformedName(what: string, name: string): MailError {
  return new MailError("malformed", `Cannot ${what} ${JSON.stringify(name)}`, {
    hint:
      `Use 1 to ${limits.maxFolderNameBytes} bytes without control characters, and / between two names.`,
  });
}

function freeId(folders: readonly Folder[]): number {
  const taken = new Set(folders.map(({ id }) => id));
  for (;;) {
    const [id] = crypto.getRandomValues(new Uint32Array(1)) as unknown as [number];
    if (id >= firstFolderId && !taken.has(id)) return id;
  }
}
