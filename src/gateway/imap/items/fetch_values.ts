/** Data items that need no content: one row an item. RFC 9051 7.5.2 */
import type { MailFacts, MailMessage, MailOutline } from "../../folders/mail_folders.ts";
import { flagText } from "../flags.ts";
import { formatBodyStructure } from "./body_structure.ts";
import { emailId } from "./email_id.ts";
import { formatEnvelope } from "./envelope.ts";
import { formatInternalDate } from "./internal_date.ts";

/** What was asked of a message for its answer; what no item needs is null. */
export interface FetchedParts {
  readonly message: MailMessage;
  readonly isRecent?: boolean | undefined;
  readonly facts: MailFacts | null;
  readonly outline: MailOutline | null;
}

/** What an item needs to know. */
export type FetchNeed = "facts" | "outline";

interface FetchValue {
  readonly needs: readonly FetchNeed[];
  /** A byte a character. */
  readonly format: (parts: FetchedParts, isUtf8: boolean) => string;
}

function byMessage(format: (message: MailMessage) => string): FetchValue {
  return { needs: [], format: ({ message }) => format(message) };
}

function byOutline(format: (outline: MailOutline, isUtf8: boolean) => string): FetchValue {
  return { needs: ["outline"], format: ({ outline }, isUtf8) => format(outline!, isUtf8) };
}

export const fetchValues = {
  FLAGS: { needs: ["facts"], format: (parts) => flagText(parts, parts.facts) },
  UID: byMessage(({ uid }) => String(uid)),
  INTERNALDATE: byMessage(({ internalDate }) => formatInternalDate(internalDate)),
  "RFC822.SIZE": { needs: ["facts"], format: ({ facts }) => String(facts!.bytes) },
  ENVELOPE: byOutline(({ header }, isUtf8) => formatEnvelope(header, isUtf8)),
  BODY: byOutline(({ structure }, isUtf8) =>
    formatBodyStructure(structure, { isExtended: false, isUtf8 })
  ),
  BODYSTRUCTURE: byOutline(({ structure }, isUtf8) =>
    formatBodyStructure(structure, { isExtended: true, isUtf8 })
  ),
  MODSEQ: byMessage(({ modseq }) => `(${modseq})`),
  EMAILID: byMessage(({ id }) => `(${emailId(id)})`),
  // RFC 8474 5.2: threads are not told.
  THREADID: byMessage(() => "NIL"),
} as const satisfies Record<string, FetchValue>;

export type ValueName = keyof typeof fetchValues;

export function isValueName(name: string): name is ValueName {
  return Object.hasOwn(fetchValues, name);
}
