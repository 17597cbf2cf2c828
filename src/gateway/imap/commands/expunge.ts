/** EXPUNGE and UID EXPUNGE: RFC 9051 6.4.3 and 6.4.9. */
import { type Carry, tellChanges } from "../command.ts";
import { readNumberSet } from "../number_set.ts";

export const expunge: Carry = async function* (state, { text, isUid }) {
  if (isUid) text.space();
  const written = isUid ? readNumberSet(text) : null;
  text.end();
  const view = state.writable;
  const meant = written === null
    ? view.all
    : view.choose(written, { isUid, saved: state.saved }).messages;
  const deleted = meant.map(({ message }) => message).filter(({ flags }) =>
    flags.includes("deleted")
  );
  if (deleted.length === 0) return "Nothing to delete";
  await (await state.folders()).expunge(deleted);
  yield* tellChanges(state, { mayExpunge: true });
  return state.has("CONDSTORE") ? `[HIGHESTMODSEQ ${view.modseq}] Deleted` : "Deleted"; // RFC 7162 3.2.7
};
