/** Making, renaming and deleting folders. */
import type { Hono } from "hono";
import type { FiledMailbox } from "../../../client/filing/filed_mailbox.ts";
import {
  allFolders,
  type NamedFolder,
  nameTaken,
  requireFree,
  requireOwn,
} from "../../../client/filing/named_folder.ts";
import { MailError } from "../../../model/errors.ts";
import type { FolderList } from "../../../model/filing.ts";
import type { PageEnv } from "../guard.ts";
import { FoldersPage } from "../page/folders_page.tsx";
import {
  numberIn,
  type PageContext,
  requireMailbox,
  requireTurn,
  show,
  viewOf,
} from "../page_context.tsx";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import { textOf } from "./form.ts";

type Change = (filed: FiledMailbox, context: PageContext, name: string) => Promise<void>;

const changes: Readonly<Record<string, Change>> = {
  "create-folder": async (filed, _, name) => {
    const what = `create ${JSON.stringify(name)}`;
    requireFree(await filed.folders(), name, what);
    const { folder, isMade } = await filed.createFolder(name);
    if (!isMade) throw nameTaken(folder.name, what); // another machine was quicker
  },
  "rename-folder": async (filed, context, name) => {
    const list = await filed.folders();
    const folder = ownFolder(list, context, "rename");
    if (name === folder.name) return;
    requireFree(list, name, `rename ${JSON.stringify(folder.name)}`);
    await filed.renameFolder(folder.name, name);
  },
  "delete-folder": async (filed, context) => {
    await filed.deleteFolder(ownFolder(await filed.folders(), context, "delete").name);
  },
};

/** Adds the routes of this file. */
export function folderRoutes(app: Hono<PageEnv>, session: PageSession): void {
  app.get(
    "/folders",
    requireMailbox(session, async (context, signedIn) => {
      await signedIn.connections.ask((mailbox) => signedIn.folders.refresh(mailbox));
      const notice = notices.get(context.req.query("done") ?? "");
      return show(context, <FoldersPage view={viewOf(context, session)} notice={notice} />);
    }),
  );
  for (const [path, change] of Object.entries(changes)) {
    app.post(
      `/${path}`,
      requireTurn(
        session,
        (context, signedIn, session, form) =>
          changeFolders(context, signedIn, session, { path, change, form }),
      ),
    );
  }
}

const notices: ReadonlyMap<string, string> = new Map([
  ["create-folder", "The folder was made."],
  ["rename-folder", "The folder was renamed."],
  ["delete-folder", "The folder was deleted."],
]);

interface FolderChange {
  readonly path: string;
  readonly change: Change;
  readonly form: FormData;
}

/** What cannot be done is said beside what was typed. */
async function changeFolders(
  context: PageContext,
  { connections, folders }: SignedIn,
  session: PageSession,
  { path, change, form }: FolderChange,
): Promise<Response> {
  const name = textOf(form, "name").trim();
  try {
    await connections.ask(async (mailbox) => await change(await mailbox.filed(), context, name));
  } catch (failure) {
    if (!(failure instanceof MailError)) throw failure;
    await connections.ask((mailbox) => folders.refresh(mailbox));
    const view = viewOf(context, session);
    const typed = path === "create-folder" ? name : undefined;
    return show(context, <FoldersPage view={view} failure={failure} name={typed} />, 422);
  }
  session.hub.tell("change", {});
  return context.redirect(`folders?done=${path}`, 303);
}

/** @throws {MailError} `no_such_message` for one that is gone; `usage` for one that every account has */
function ownFolder(list: FolderList, context: PageContext, verb: string): NamedFolder {
  const id = numberIn(context, "id");
  const found = allFolders(list).find((folder) => folder.id === id);
  if (found !== undefined) return requireOwn(found, verb);
  throw new MailError("no_such_message", `Cannot ${verb} the folder: another machine deleted it`);
}
