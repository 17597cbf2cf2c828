/** COPY and MOVE: RFC 9051 6.4.7 and 6.4.8. */
import type { MovedMail } from "../../folders/mail_folders.ts";
import type { Carry, Said } from "../command.ts";
import { readNumberSet } from "../number_set.ts";
import { No } from "../refusal.ts";
import type { SessionState } from "../session_state.ts";

export const copy: Carry = async (state, said) => {
  const { messages, folder } = await readCopy(state, said);
  if (messages.length === 0) return;
  const copied = await (await state.folders()).copy(messages, folder.key);
  if (copied.length === 0) throw expunged();
  return `[${copyUid(folder.uidValidity, copied)}] Copied`;
};

/** RFC 6851 4.3: which UID became which is told before the messages go. */
export const move: Carry = async function* (state, said) {
  state.writable;
  const { messages, folder } = await readCopy(state, said);
  if (messages.length === 0) return;
  const moved = await (await state.folders()).move(messages, folder.key);
  if (moved.length === 0) throw expunged();
  yield `* OK [${copyUid(folder.uidValidity, moved)}] Moved`;
};

async function readCopy(state: SessionState, { text, isUid }: Said) {
  const view = state.selected;
  text.space();
  const written = readNumberSet(text);
  text.space();
  const name = text.astring();
  text.end();
  const { messages, gone } = view.choose(written, { isUid, saved: state.saved });
  const folder = await state.folder(name, "TRYCREATE");
  if (messages.length === 0 && gone > 0 && !isUid) throw expunged();
  return { messages: messages.map(({ message }) => message), folder };
}

/** RFC 4315 3: as many on one side as on the other, in the same order. */
function copyUid(uidValidity: number, moved: readonly MovedMail[]): string {
  const from = setInOrder(moved.map((each) => each.from));
  return `COPYUID ${uidValidity} ${from} ${setInOrder(moved.map(({ to }) => to))}`;
}

/** Writes numbers as a set without sorting them. */
function setInOrder(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => from === to ? `${from}` : `${from}:${to}`).join(",");
}

function expunged(): No {
  return new No("The messages were deleted", "EXPUNGEISSUED");
}
