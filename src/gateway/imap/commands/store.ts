/** STORE: RFC 9051 6.4.6, RFC 7162 3.1.3. */
import type { MailChange } from "../../folders/mail_folders.ts";
import { type Carry, useCondstore } from "../command.ts";
import type { CommandText } from "../command_text.ts";
import { changeOf, isChangedTo, readFlags, type WrittenFlags } from "../flags.ts";
import type { SequencedMessage } from "../items/sequenced_message.ts";
import { NumberSet, readNumberSet } from "../number_set.ts";
import { someGone } from "../refusal.ts";
import type { SessionState } from "../session_state.ts";

interface StoreQuery {
  readonly unchangedSince: number | null;
  readonly isSilent: boolean;
  readonly flags: WrittenFlags;
  readonly change: MailChange;
}

export const store: Carry = async function* (state, { text, isUid }) {
  text.space();
  const written = readNumberSet(text);
  const query = readStore(text);
  if (query.unchangedSince !== null) yield* useCondstore(state);
  const view = state.writable;
  const { messages, gone } = view.choose(written, { isUid, saved: state.saved });
  const folders = await state.folders();
  const passedOver = messages.length === 0 ? [] : await folders.change(
    messages.map(({ message }) => message),
    query.change,
    query.unchangedSince ?? undefined,
  );
  const stale = new Set(passedOver);
  const changed = view.renew(messages.filter(({ message }) => !stale.has(message.id)));
  const isTold = (each: SequencedMessage) => !isAsExpected(state, each, query);
  const { true: told = [], false: silent = [] } = Object.groupBy(
    changed,
    (each) => `${isTold(each)}`,
  );
  for (const each of silent) view.noteTold(each);
  yield* view.tellFlags(told, state.telling(false));
  if (stale.size === 0) return gone > 0 && !isUid ? someGone : undefined;
  const modified = messages.filter(({ message }) => stale.has(message.id))
    .map(({ message, sequence }) => isUid ? message.uid : sequence);
  return `[MODIFIED ${NumberSet.of(modified)}] The others are changed`;
};

function readStore(text: CommandText): StoreQuery {
  text.space();
  let unchangedSince: number | null = null;
  if (text.skip("(UNCHANGEDSINCE ")) {
    unchangedSince = text.number64();
    text.require(") ");
  }
  const sign = text.skip("+") ? "+" : text.skip("-") ? "-" : "";
  text.require("FLAGS");
  const isSilent = text.skip(".SILENT");
  text.space();
  const flags = readFlags(text);
  text.end();
  return { unchangedSince, isSilent, flags, change: changeOf(sign, flags) };
}

/** True where the client knows already how the message is: it asked not to be told, and nobody else changed it. */
function isAsExpected(
  state: SessionState,
  each: SequencedMessage,
  { isSilent, flags, change }: StoreQuery,
): boolean {
  return isSilent && flags.isWhole && !state.has("CONDSTORE") &&
    isChangedTo(each.message, state.selected.toldAs(each), change);
}
