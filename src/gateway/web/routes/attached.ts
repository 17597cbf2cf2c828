/** The files that a form says are attached, and those that it brings. */
import { MailError } from "../../../model/errors.ts";
import type { PageSession, SignedIn } from "../state/page_session.ts";

/** Room for files is bounded, and those of the drafts used least go first. @throws {MailError} `no_input` */
export function requireAttached({ uploads }: PageSession, draft: string, form: FormData): void {
  const ids = new Set(uploads.of(draft).map(({ id }) => id));
  const lost = form.getAll("attached").filter((id) => !ids.has(String(id)));
  if (lost.length === 0) return;
  throw new MailError(
    "no_input", // as a conflict it would end the saving of the draft
    `Cannot continue: ${lost.length} attached ${lost.length === 1 ? "file is" : "files are"} lost`,
    {
      hint: "Attach them again. mailctl drops the files of old drafts.",
    },
  );
}

/** Files that came with the form itself: from a browser without scripts. */
export async function keepFiles(
  session: PageSession,
  signedIn: SignedIn,
  draft: string,
  form: FormData,
): Promise<void> {
  for (const file of form.getAll("file")) {
    if (!(file instanceof File) || file.name === "") continue;
    await session.uploads.add(draft, file, file.stream(), signedIn.account.maxMessageBytes);
  }
}
