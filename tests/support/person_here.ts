/** A person's mailbox opened in this process, with the keys that the real program saved: cheap enough for crowds. */
import type { EntryId } from "../../src/model/ids.ts";
import type { Draft } from "../../src/client/sending/draft.ts";
import type { Mailbox } from "../../src/client/mailbox.ts";
import { openMailbox } from "../../src/client/open_mailbox.ts";
import { parseServer } from "../../src/client/connection/server_address.ts";
import type { Person } from "./person.ts";

/** Opens a mailbox; whoever does closes it. `server` is `host:port`, with or without `#fingerprint`. */
export function openHere(person: Person, server: string): Promise<Mailbox> {
  return openMailbox({
    state: { folder: `${person.home.folder}/home/.local/state/mailctl` },
    server: parseServer(server),
    name: person.name,
    password: () => Promise.reject(new Error("the saved login was not used")),
  });
}

export interface HereDraft {
  readonly to: readonly string[];
  readonly subject: string;
  readonly body: string;
  readonly key?: string;
  readonly attachments?: Draft["attachments"];
}

/** Sends on a session of its own and returns the id. */
export async function sendHere(person: Person, server: string, draft: HereDraft): Promise<EntryId> {
  const mailbox = await openHere(person, server);
  try {
    const body = new TextEncoder().encode(draft.body);
    return (await mailbox.send({ cc: [], bcc: [], attachments: [], ...draft, body })).id;
  } finally {
    await mailbox.finish();
  }
}
