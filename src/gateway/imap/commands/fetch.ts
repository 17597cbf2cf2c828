/** FETCH: RFC 9051 6.4.5, RFC 7162 3.1.4 and 3.2.6. */
import { isFailure } from "../../../model/errors.ts";
import type { MailFolders } from "../../folders/mail_folders.ts";
import { type Carry, useCondstore } from "../command.ts";
import { type FetchedMessage, fetchMessages } from "../items/fetch.ts";
import { type FetchRequest, readFetch } from "../items/fetch_request.ts";
import type { SequencedMessage } from "../items/sequenced_message.ts";
import { readNumberSet, resolveSet } from "../number_set.ts";
import { Bad, someGone } from "../refusal.ts";
import type { FolderView } from "../folder_view.ts";
import { joined } from "../response.ts";

export const fetch: Carry = async function* (state, { text, isUid }) {
  const view = state.selected;
  text.space();
  const written = readNumberSet(text);
  text.space();
  const query = readFetch(text, { isUid, isUtf8: state.isUtf8 });
  if (query.vanished && !state.has("QRESYNC")) throw new Bad("VANISHED needs ENABLE QRESYNC");
  const { messages, gone } = view.choose(written, { isUid, saved: state.saved });
  if (query.usesModseq) yield* useCondstore(state);
  if (query.vanished) {
    const known = resolveSet(written, view.uidNext - 1, state.saved);
    const vanished = view.vanished(known, query.changedSince ?? 0);
    if (vanished.ranges.length > 0) yield `* VANISHED (EARLIER) ${vanished}`;
  }
  const folders = await state.folders();
  const meant = messages.filter(({ message }) => message.modseq > (query.changedSince ?? 0));
  const fetched = await markSeen(folders, view, meant, query);
  yield* view.tellKeywords(fetched);
  const answer = { isUtf8: state.isUtf8, withModseq: state.has("CONDSTORE") };
  yield* joined(fetchMessages(folders, fetched, query, answer));
  return gone > 0 && !isUid ? someGone : undefined;
};

/** Marks as seen what is about to be read. Where the server is away, what is known is served nevertheless. */
async function markSeen(
  folders: MailFolders,
  view: FolderView,
  messages: readonly SequencedMessage[],
  { setsSeen }: FetchRequest,
): Promise<readonly FetchedMessage[]> {
  const unseen = messages.filter(({ message }) => !message.isSeen);
  if (!setsSeen || view.isReadOnly || unseen.length === 0) return messages;
  try {
    await folders.change(unseen.map(({ message }) => message), { seen: true });
  } catch (error) {
    if (isFailure(error, "unavailable")) return messages;
    throw error;
  }
  const marked = new Set(unseen.map(({ message }) => message.uid));
  return view.renew(messages).map((each) => {
    if (!marked.has(each.message.uid)) return each;
    view.noteTold(each);
    return { ...each, tellsFlags: true };
  });
}
