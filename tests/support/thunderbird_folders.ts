/** What Thunderbird does with the folders of its account by IMAP, and what it shows of them. */
import { services } from "./thunderbird_scripts.ts";
import type { Thunderbird } from "./thunderbird.ts";

/** A message as its list shows it. */
export interface ShownMessage {
  readonly subject: string;
  readonly isRead: boolean;
  readonly isStarred: boolean;
  /** Of its tags, without `$Mailctl...`. */
  readonly tags: string;
}

const here = `${services}
const { rootFolder: root } = incoming;
const find = (path) =>
  path.split("/").reduce((folder, name) => folder?.subFolders.find((each) => each.name === name), root);
const ended = (start) => new Promise((resolve, reject) => {
  const end = (status) =>
    status === 0 ? resolve() : reject(new Error("It ends with 0x" + (status >>> 0).toString(16)));
  start({
    QueryInterface: ChromeUtils.generateQI(["nsIUrlListener", "nsIMsgCopyServiceListener"]),
    OnStartRunningUrl() {},
    OnStopRunningUrl: (url, status) => end(status),
    onStartCopy() {},
    onProgress() {},
    setMessageKey() {},
    getMessageId: () => null,
    onStopCopy: end,
  });
});
const timers = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
const folder = find(args.folder ?? "INBOX");
const found = () => [...folder.messages].filter(({ mime2DecodedSubject }) =>
  mime2DecodedSubject === args.subject);
`;

const scripts = {
  folders: `const names = (folder, path) =>
      [path + folder.name, ...folder.subFolders.flatMap((each) => names(each, path + folder.name + "/"))];
    return root.subFolders.flatMap((each) => names(each, ""));`,
  // It forgets whom to tell of the end where it begins another check of the folder by itself: then ask again.
  check: `const late = new Promise((_, reject) => timers.setTimeout(
      () => reject(new Error("The check of the folder does not end")), 10_000));
    await Promise.race([late, ended((listener) => folder.QueryInterface(Ci.nsIMsgImapMailFolder)
      .updateFolderWithListener(null, listener))]);`,
  checkFolders: `root.QueryInterface(Ci.nsIMsgImapMailFolder); incoming.performExpand(null);`,
  messages: `return [...folder.messages].map((each) => ({
      subject: each.mime2DecodedSubject,
      isRead: each.isRead,
      isStarred: each.isFlagged,
      tags: each.getStringProperty("keywords").split(" ")
        .filter((word) => !/^\\$?mailctl/i.test(word)).join(" "),
    }));`,
  star: `folder.markMessagesFlagged(found(), args.isOn);`,
  markRead: `folder.markMessagesRead(found(), args.isOn);`,
  tag: `folder.addKeywordsToMessages(found(), args.tag);`,
  move: `await ended((listener) =>
      MailServices.copy.copyMessages(folder, found(), find(args.into), true, listener, null, false));`,
  remove:
    `await ended((listener) => folder.deleteMessages(found(), null, false, false, listener, false));`,
  createFolder: `root.createSubfolder(args.name, null);`,
  renameFolder: `folder.rename(args.name, null);`,
  deleteFolder: `folder.deleteSelf(null);`,
  write: `const make = (what, kind) =>
      Cc["@mozilla.org/messengercompose/" + what + ";1"].createInstance(kind);
    const [params, fields] = [
      make("composeparams", Ci.nsIMsgComposeParams),
      make("composefields", Ci.nsIMsgCompFields),
    ];
    Object.assign(fields, { to: args.to, subject: args.subject, body: "" });
    Object.assign(params, {
      type: Ci.nsIMsgCompType.New,
      format: Ci.nsIMsgCompFormat.PlainText,
      identity: MailServices.accounts.getIdentity("id1"),
      composeFields: fields,
    });
    MailServices.compose.OpenComposeWindowWithParams(null, params);`,
  isWriting: `const writing = Services.wm.getMostRecentWindow("msgcompose");
    return !!writing?.gLoadingComplete && !!writing.gMsgCompose?.editor;`,
  isSaving: `const { gSaveOperationInProgress, gSendOperationInProgress } =
      Services.wm.getMostRecentWindow("msgcompose");
    return gSaveOperationInProgress || gSendOperationInProgress;`,
  saveDraft: `const writing = Services.wm.getMostRecentWindow("msgcompose");
    writing.gMsgCompose.editor.insertText(args.text);
    await writing.SaveAsDraft();`,
  sendDraft: `Services.wm.getMostRecentWindow("msgcompose").SendMessage();`,
} as const;

/** Does one thing in a folder that is named as it shows it, `INBOX` unless another is named. */
export async function inThunderbird(
  thunderbird: Thunderbird,
  script: keyof typeof scripts,
  args: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  return await thunderbird.run(here + scripts[script], args);
}

/** What it shows of a folder. `checks`: it looks at the server first, as it does when a person opens the folder. */
export async function shownIn(
  thunderbird: Thunderbird,
  folder: string,
  { checks }: { readonly checks: boolean },
): Promise<ShownMessage[]> {
  if (checks) await inThunderbird(thunderbird, "check", { folder });
  return await inThunderbird(thunderbird, "messages", { folder }) as ShownMessage[];
}
