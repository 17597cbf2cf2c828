/** An account's folders over a real server in this process, as two bridges see them. */
import assert from "node:assert/strict";
import { openMailbox } from "../../src/client/open_mailbox.ts";
import { AccountFolders } from "../../src/gateway/folders/account_folders.ts";
import type {
  AppendedMail,
  MailFolder,
  MailMessage,
} from "../../src/gateway/folders/mail_folders.ts";
import { byteString } from "../../src/mime/byte_string.ts";
import { concatBytes, utf8 } from "../../src/model/bytes.ts";
import type { PersonHere } from "./account_here.ts";
import { atHostileServer, type HostileScene } from "./hostile_scene.ts";

export interface FoldersStage extends HostileScene {
  /** Bob's, as one bridge sees them. */
  readonly a: AccountFolders;
  /** Bob's, as another bridge on another machine does. */
  readonly b: AccountFolders;
  /** A third bridge; whoever opens it closes it. */
  open(): Promise<AccountFolders>;
  readonly trouble: unknown[];
}

export function foldersOf(person: PersonHere, trouble: unknown[] = []): Promise<AccountFolders> {
  return AccountFolders.open({
    open: () => openMailbox(person.options),
    now: Date.now,
    lookAgainMs: 0,
    onTrouble: (error) => void trouble.push(error),
  });
}

export async function onFolders(act: (stage: FoldersStage) => Promise<void>): Promise<void> {
  await atHostileServer(async (scene) => {
    const trouble: unknown[] = [];
    const elsewhere = scene.bob.elsewhere(`${scene.folder}/elsewhere`);
    const [a, b] = [await foldersOf(scene.bob, trouble), await foldersOf(elsewhere, trouble)];
    try {
      await act({ ...scene, a, b, trouble, open: () => foldersOf(scene.bob, trouble) });
      assert.deepEqual(trouble, []);
    } finally {
      a.close();
      b.close();
    }
  });
}

/** A message to be appended. */
export function mail(text: string, more: Partial<AppendedMail> = {}): AppendedMail {
  const bytes = utf8(text);
  return {
    isSeen: false,
    flags: [],
    keywords: [],
    internalDate: null,
    bytes: bytes.length,
    content: ReadableStream.from([bytes]),
    ...more,
  };
}

export function numberOf(folders: AccountFolders, name: string): MailFolder["key"] {
  return folders.folders.find((folder) => folder.name === name)!.key;
}

/** Waits until something holds of folders, told by their watch. */
export async function until(folders: AccountFolders, holds: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = () => {
    if (holds()) resolve();
  };
  const stop = folders.watch(check);
  check();
  await promise.finally(stop);
}

export async function textOf(
  folders: AccountFolders,
  message: MailMessage,
  from?: number,
  to?: number,
): Promise<string> {
  return byteString(concatBytes(await Array.fromAsync(folders.content(message, from, to))));
}

/** The only message of a folder. */
export function only(folders: AccountFolders, key: MailFolder["key"]): MailMessage {
  const messages = folders.messages(key);
  assert.equal(messages.length, 1);
  return messages[0]!;
}
