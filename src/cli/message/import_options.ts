/** What is known of messages that come in before they are read. */
import type { ImportedMessage } from "../../client/importing/importer.ts";
import { type Filing, unfiled } from "../../model/filing.ts";
import type { Box } from "../../model/message.ts";

/** What is known of all messages beforehand. */
export interface ImportOptions {
  /** Undefined: the inbox, or what a form says itself. */
  readonly box: Box | undefined;
  /** Of the folder that all come into; 0: the box's own. */
  readonly folder: number;
  /** True: all of them are. */
  readonly read: boolean;
  /** Opens what is still sealed. */
  readonly openSealed: (sealed: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
}

/** What a form does not say; `flags` and `keywords` are what it says of one message. */
export function defaultsOf(
  { box = "inbox", read, folder }: ImportOptions,
  { flags, keywords }: Pick<Filing, "flags" | "keywords"> = unfiled,
): Pick<ImportedMessage, "box" | "isRead" | "filing"> {
  const isFiled = folder !== 0 || flags.length > 0 || keywords.length > 0;
  const filing = isFiled ? { ...unfiled, folder, flags, keywords } : undefined;
  return { box, isRead: read || box === "sent", filing };
}
