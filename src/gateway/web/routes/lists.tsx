/** The list of a folder: of a box's own as the server lists it, of others as they are filed. */
import type { Hono } from "hono";
import { describeMissing } from "../../../client/correspondents/numbered_contacts.ts";
import { folderFor } from "../../../client/filing/named_folder.ts";
import type { Mailbox } from "../../../client/mailbox.ts";
import type { ListedPage } from "../../../client/reading/list_messages.ts";
import { folderHref, type FolderKey, parseKey } from "../folder_key.ts";
import type { PageEnv } from "../guard.ts";
import { counts, ListPage, type ListPageQuery } from "../page/list_page.tsx";
import { type PageContext, requireMailbox, show, viewOf } from "../page_context.tsx";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import type { PageFolders } from "../state/page_folders.ts";

/** Adds the routes of this file. */
export function listRoutes(app: Hono<PageEnv>, session: PageSession): void {
  for (const box of ["inbox", "sent"] as const) {
    app.get(
      `/${box}`,
      requireMailbox(session, (context, signedIn) => showList(context, signedIn, session, box)),
    );
  }
  app.get(
    "/drafts",
    requireMailbox(session, async (context, { connections }) => {
      const list = await connections.ask(async (mailbox) => (await mailbox.filed()).folders());
      return context.redirect(folderHref(folderFor(list, "drafts")));
    }),
  );
  app.get(
    "/folder",
    requireMailbox(session, (context, signedIn) => {
      const key = parseKey(context.req.query("id") ?? "");
      return showList(context, signedIn, session, key ?? 0); // 0 is no folder's
    }),
  );
}

async function showList(
  context: PageContext,
  { connections, folders }: SignedIn,
  session: PageSession,
  key: FolderKey,
): Promise<Response> {
  const query = listQuery(context);
  const { changes } = session.hub; // before it is listed: what comes then is told once more
  const { page, missing, folder } = await connections.ask(async (mailbox) => {
    const counted = folders.refresh(mailbox);
    if (typeof key === "number") await counted; // there has to be such a folder
    const [page] = await Promise.all([listed(mailbox, folders, key, query), counted]);
    return { page, folder: folders.find(key), missing: await mailbox.missing() };
  });
  const view = { ...viewOf(context, session), changes };
  const notice = notices.get(context.req.query("done") ?? "");
  const { messages } = page;
  return show(
    context,
    <ListPage
      {...{ view, folder, query, messages, notice, missing: missing.map(describeMissing) }}
    />,
  );
}

const notices: ReadonlyMap<string, string> = new Map([
  ["sent", "The message was sent."],
  ["held", "The message waits for its delivery. Until then, you can cancel it here."],
  ["left", "The message was sent. Its draft cannot be deleted: delete it in Drafts."],
  ["deleted", "The messages were deleted for good."],
]);

async function listed(
  mailbox: Mailbox,
  folders: PageFolders,
  key: FolderKey,
  { count, before, unread, starred }: ListPageQuery,
): Promise<ListedPage> {
  const query = { limit: count, before, unread };
  if (typeof key === "string" && !starred) {
    return await mailbox.list({ ...query, box: key, aside: false });
  }
  if (typeof key === "number") folders.find(key);
  const flag = starred ? "flagged" as const : undefined;
  return await folders.list(await mailbox.filed(), { ...query, folder: key, flag });
}

/** Which page of a list is meant, as far as its address says something that can be. */
function listQuery(context: PageContext): ListPageQuery {
  const { n, unread, starred, before, trail = "" } = context.req.query();
  return {
    count: counts.find((each) => String(each) === n) ?? counts[1]!,
    unread: unread === "1",
    starred: starred === "1",
    before: /^[1-9]\d{0,14}$/.test(before ?? "") ? Number(before) : undefined,
    trail: /^\d{1,15}(?:\.\d{1,15}){0,49}$/.test(trail) ? trail.split(".").map(Number) : [],
  };
}
