/** How far a sent message gets, over as many connections as it takes: nothing is asked again and again. */
import type { EntryId } from "../../model/ids.ts";
import type { SentState } from "../reading/sent_state.ts";
import { Pauses } from "./pauses.ts";
import type { ReconnectingMailbox } from "./reconnecting_mailbox.ts";

/** Tells how far a message of `sent` is, and again whenever a receipt came or a copy came back; without end. */
export async function* progressOf(
  steady: Pick<ReconnectingMailbox, "ask">,
  id: EntryId,
): AsyncGenerator<SentState, never> {
  const pauses = new Pauses();
  for (let known: number | null = null;;) {
    const askedAt = performance.now();
    const state = await steady.ask((mailbox) => mailbox.waitForRead(id, known));
    yield state;
    if (known !== null && state.progress <= known) await pauses.afterFruitless(askedAt);
    known = state.progress;
  }
}
