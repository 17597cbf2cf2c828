/** Deleting for good, which only what is in the trash can be, and only when it was asked twice. */
import type { Hono } from "hono";
import { folderFor } from "../../../client/filing/named_folder.ts";
import { MailError } from "../../../model/errors.ts";
import { type EntryId } from "../../../model/ids.ts";
import { amount } from "../../../model/message.ts";
import { folderHref } from "../folder_key.ts";
import type { PageEnv } from "../guard.ts";
import { ConfirmPage } from "../page/confirm_page.tsx";
import { type PageContext, requireTurn, show, viewOf } from "../page_context.tsx";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import { idsIn } from "./filing.tsx";
import { textOf } from "./form.ts";

type Places = ReadonlyMap<number, number>;

/** What is meant by a form of what is in the trash; `fields` mean the same in the form that confirms it. */
interface Meant {
  readonly ids: readonly EntryId[];
  readonly fields: readonly (readonly [string, string])[];
}

/** Adds the routes of this file. */
export function deletingRoutes(app: Hono<PageEnv>, session: PageSession): void {
  const add = (
    name: string,
    find: (context: PageContext, form: FormData, there: Places) => Meant,
  ) =>
    app.post(
      `/${name}`,
      requireTurn(session, (context, signedIn, session, form) =>
        deleteMeant(context, signedIn, session, { name, find, form })),
    );
  add("delete", (context, form, there) => {
    const ids = idsIn(context, form).filter((id) => there.has(id));
    return { ids, fields: ids.map((id) => ["id", String(id)]) };
  });
  // What comes into the trash behind what was asked about stays.
  add("empty", (_, form, there) => {
    const given = textOf(form, "upTo");
    const upTo = /^\d{1,15}$/.test(given) ? Number(given) : Math.max(0, ...there.values());
    const ids = [...there].filter(([, place]) => place <= upTo).map(([id]) => id as EntryId);
    return { ids, fields: [["upTo", String(upTo)]] };
  });
}

interface Deletion {
  readonly name: string;
  readonly find: (context: PageContext, form: FormData, there: Places) => Meant;
  readonly form: FormData;
}

async function deleteMeant(
  context: PageContext,
  { connections, folders }: SignedIn,
  session: PageSession,
  { name, find, form }: Deletion,
): Promise<Response> {
  const isConfirmed = textOf(form, "confirmed") === "yes";
  const { trash, meant } = await connections.ask(async (mailbox) => {
    const filed = await mailbox.filed();
    const trash = folderFor(await filed.folders(), "trash");
    const meant = find(context, form, await folders.placesIn(filed, trash.id));
    if (meant.ids.length === 0) throw notThere();
    if (isConfirmed && (await filed.empty(trash.id, new Set(meant.ids))).length === 0) {
      throw stayed();
    }
    return { trash, meant };
  });
  if (isConfirmed) {
    session.hub.tell("change", {});
    return context.redirect(`${folderHref(trash)}&done=deleted`, 303);
  }
  const question = `Delete ${amount(meant.ids.length)} in the trash for good?`;
  const fields = [...meant.fields, ["confirmed", "yes"]] as const;
  const view = viewOf(context, session);
  return show(
    context,
    <ConfirmPage {...{ view, question, fields, action: name, back: folderHref(trash) }} />,
  );
}

function stayed(): MailError {
  return new MailError("denied", "Cannot delete for good: it waits for delivery", {
    hint: "Cancel it first.",
  });
}

function notThere(): MailError {
  return new MailError("no_such_message", "Cannot delete for good: it is not in the trash", {
    hint: "Load the list again: another machine moved or deleted it.",
  });
}
