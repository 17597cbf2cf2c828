/** SEARCH: RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 4731, RFC 5182, RFC 9585. */
import { heardElsewhere } from "../../../model/promises.ts";
import { inTime } from "../../../net/deadline.ts";
import { type Carry, type Said, useCondstore } from "../command.ts";
import type { SequencedMessage } from "../items/sequenced_message.ts";
import { searchMessages } from "../items/search.ts";
import { readSearch, type SearchRequest, type SearchReturn } from "../items/search_request.ts";
import { NumberSet } from "../number_set.ts";
import { lineBytes } from "../response.ts";
import type { SessionState } from "../session_state.ts";

const progressMs = 10_000;

export const search: Carry = async function* (state, said) {
  const view = state.selected;
  said.text.space();
  const query = readSearch(said.text);
  if (query.usesModseq) yield* useCondstore(state);
  const saves = query.returns?.has("SAVE") ?? false;
  const before = state.saved;
  if (saves) state.saved = new NumberSet([]); // RFC 5182 2.1: also where it fails
  const found = yield* lookThrough(state, said, view.all, query, before);
  if (saves) state.saved = NumberSet.of(savedOf(query.returns!, found).map(uidOf));
  if (query.returns === null && !state.has("IMAP4rev2")) yield plainAnswer(said, query, found);
  else if (query.returns?.size !== 1 || !saves) yield extendedAnswer(said, query, found);
};

/** Tells every ten seconds how far it came. */
async function* lookThrough(
  state: SessionState,
  { tag }: Said,
  messages: readonly SequencedMessage[],
  query: SearchRequest,
  saved: NumberSet,
): AsyncGenerator<Uint8Array, SequencedMessage[]> {
  let progress = "NIL NIL";
  const stop = new AbortController();
  const searching = heardElsewhere(searchMessages(await state.folders(), messages, query, {
    now: state.host.now(),
    saved,
    signal: AbortSignal.any([state.signal, stop.signal]),
    onProgress: (done, total) => void (progress = `${done} ${total}`),
  }));
  const over = Promise.allSettled([searching]);
  try {
    for (;;) {
      if (await inTime(over, progressMs).catch(nullWhenLate) !== null) return await searching;
      yield lineBytes(`* OK [INPROGRESS ("${tag}" ${progress})] Searching`);
    }
  } finally {
    stop.abort(new Error("nobody waits for the search any more"));
  }
}

function nullWhenLate(error: unknown): null {
  if (error instanceof Deno.errors.TimedOut) return null;
  throw error;
}

function plainAnswer({ isUid }: Said, query: SearchRequest, found: readonly SequencedMessage[]) {
  const numbers = found.map((each) => ` ${numberOf(each, isUid)}`).join("");
  const modseq = query.usesModseq && found.length > 0 ? ` (MODSEQ ${highestModseq(found)})` : "";
  return `* SEARCH${numbers}${modseq}`;
}

function extendedAnswer(
  { tag, isUid }: Said,
  { returns, usesModseq }: SearchRequest,
  found: readonly SequencedMessage[],
): string {
  const asked = returns ?? new Set<SearchReturn>(["ALL"]);
  const numbers = found.map((each) => numberOf(each, isUid));
  const isSome = numbers.length > 0;
  return [
    `* ESEARCH (TAG "${tag}")`,
    ...isUid ? ["UID"] : [],
    ...asked.has("MIN") && isSome ? [`MIN ${numbers[0]}`] : [],
    ...asked.has("MAX") && isSome ? [`MAX ${numbers.at(-1)}`] : [],
    ...asked.has("ALL") && isSome ? [`ALL ${NumberSet.of(numbers)}`] : [],
    ...asked.has("COUNT") ? [`COUNT ${numbers.length}`] : [],
    ...usesModseq && isSome ? [`MODSEQ ${highestModseq(savedOf(asked, found))}`] : [],
  ].join(" ");
}

/** RFC 5182 2.1: where only the ends are asked for, they are the result. */
function savedOf(
  asked: ReadonlySet<SearchReturn>,
  found: readonly SequencedMessage[],
): readonly SequencedMessage[] {
  const [first, last] = [found[0], found.at(-1)];
  if (first === undefined || last === undefined) return [];
  if (asked.has("ALL") || asked.has("COUNT") || !(asked.has("MIN") || asked.has("MAX"))) {
    return found;
  }
  return [...asked.has("MIN") ? [first] : [], ...asked.has("MAX") ? [last] : []];
}

function numberOf({ message, sequence }: SequencedMessage, isUid: boolean): number {
  return isUid ? message.uid : sequence;
}

function uidOf({ message }: SequencedMessage): number {
  return message.uid;
}

function highestModseq(found: readonly SequencedMessage[]): number {
  return found.reduce((highest, { message }) => Math.max(highest, message.modseq), 0);
}
