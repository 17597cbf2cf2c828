/** How far a sent message gets, over as many connections as it takes: nothing is asked again and again. */
import type { EntryId } from "../../model/ids.ts";
import type { SentState } from "../reading/sent_state.ts";
import type { ReconnectingMailbox } from "./reconnecting_mailbox.ts";

/** Tells how far a message of `sent` is, and again whenever a receipt came or a copy came back; without end. */
export async function* progressOf(
  steady: ReconnectingMailbox,
  id: EntryId,
): AsyncGenerator<SentState, never> {
  for (let known: number | null = null;;) {
    const state = await steady.ask((mailbox) => mailbox.waitForRead(id, known));
    yield state;
    known = state.progress;
  }
}
