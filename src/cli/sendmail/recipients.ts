/** Who a message of sendmail goes to: its arguments, each of which may be a list, and the fields of its header. */
import { parseRecipients } from "../../client/correspondents/recipients.ts";
import { parseAddressList } from "../../mime/header/address_list.ts";
import { readSubmission } from "../../mime/submission.ts";
import { MailError } from "../../model/errors.ts";
import type { SendmailOptions } from "./arguments.ts";

/** The recipients, and what keeps the message from being sent to them. */
export interface FoundRecipients {
  /** As they were given where they cannot be read. */
  readonly recipients: readonly string[];
  readonly fault: MailError | null;
}

/** Finds the recipients. The fault is `usage` for nobody, `malformed` for what is no address, or `too_large`. */
export function findRecipients(
  { recipients, readsRecipients }: Pick<SendmailOptions, "recipients" | "readsRecipients">,
  header: Uint8Array,
): FoundRecipients {
  const { to, cc, bcc, unread } = readSubmission(header);
  const fields = readsRecipients ? [...to, ...cc, ...bcc].map(({ address }) => address) : [];
  try {
    if (readsRecipients && unread !== null) throw unread;
    const all = [...recipients.flatMap(addressesOf), ...fields];
    parseRecipients({ to: all, cc: [], bcc: [] });
    return { recipients: all, fault: null };
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    const more = readsRecipients && unread !== null ? [unreadable] : [];
    return { recipients: [...recipients, ...fields, ...more], fault: error };
  }
}

/** No address: whoever sends the message again is told, rather than having it go to the others alone. */
const unreadable = "(unreadable field)";

/** sendmail(8): an argument is a list as in a header. */
function addressesOf(argument: string): string[] {
  try {
    return parseAddressList(argument).map(({ address }) => address);
  } catch (cause) {
    const message = `Cannot send to "${argument}": it is not a list of addresses`;
    throw new MailError("malformed", message, { cause });
  }
}
