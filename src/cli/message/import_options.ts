/** What is known of messages that come in before they are read. */
import type { ImportedMessage } from "../../client/importing/importer.ts";
import type { Box } from "../../model/message.ts";

/** What is known of all messages beforehand. */
export interface ImportOptions {
  /** Undefined: the inbox, or what a form says itself. */
  readonly box: Box | undefined;
  /** True: all of them are. */
  readonly read: boolean;
  /** Opens what is still sealed. */
  readonly openSealed: (sealed: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
}

/** What a form does not say. */
export function defaultsOf(
  { box = "inbox", read }: ImportOptions,
): Pick<ImportedMessage, "box" | "isRead"> {
  return { box, isRead: read || box === "sent" };
}
