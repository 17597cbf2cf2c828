/** Who a message of sendmail goes to: its arguments, each of which may be a list, and the fields of its header. */
import { parseRecipients } from "../../client/correspondents/recipients.ts";
import type { LocalAliases } from "../../client/submission/local_aliases.ts";
import { withoutLocalhost } from "../../client/submission/machine_name.ts";
import { parseAddressList } from "../../mime/header/address_list.ts";
import { readSubmission } from "../../mime/submission.ts";
import { cutText } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { SendmailOptions } from "./arguments.ts";

/** Which accounts there are, only the server knows. */
export const mayExist = () => Promise.resolve(true);

/** The recipients, and what keeps the message from being sent to them. */
export interface FoundRecipients {
  /** As they were given where they cannot be read. */
  readonly recipients: readonly string[];
  readonly fault: MailError | null;
}

/** Finds the recipients, as they were given: who is meant is looked up at each try. The fault is `usage` for nobody, `malformed` for what is no address, or `too_large`. */
export async function findRecipients(
  query: Pick<SendmailOptions, "recipients" | "readsRecipients">,
  header: Uint8Array,
  aliases: LocalAliases | null,
): Promise<FoundRecipients> {
  const { recipients, fault } = await readRecipients(query, header, aliases);
  return { recipients: fault === null ? recipients : cutList(recipients), fault };
}

/** As `findRecipients`, for a message whose header cannot be read. */
export function recipientsWithoutHeader(
  { recipients }: Pick<SendmailOptions, "recipients">,
): string[] {
  return [...cutList(recipients), "(unreadable header)"]; // no address, as `unreadable`
}

async function readRecipients(
  { recipients, readsRecipients }: Pick<SendmailOptions, "recipients" | "readsRecipients">,
  header: Uint8Array,
  aliases: LocalAliases | null,
): Promise<FoundRecipients> {
  const { to, cc, bcc, unread } = readSubmission(header);
  const fields = readsRecipients ? [...to, ...cc, ...bcc].map(({ address }) => address) : [];
  try {
    if (readsRecipients && unread !== null) throw unread;
    const all = [...recipients.flatMap(addressesOf), ...fields].map(withoutLocalhost);
    const meant = await Promise.all(all.map((each) => aliases?.resolve(each, mayExist) ?? each));
    parseRecipients({ to: meant.flat(), cc: [], bcc: [] });
    return { recipients: all, fault: null };
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    const more = readsRecipients && unread !== null ? [unreadable] : [];
    return { recipients: [...recipients, ...fields, ...more], fault: error };
  }
}

/** No address: whoever sends the message again is told, rather than having it go to the others alone. */
const unreadable = "(unreadable field)";

/** What the queue notes of a message that is only kept. Its note is bounded, and an argument is not. */
function cutList(recipients: readonly string[]): string[] {
  const shown = recipients.slice(0, limits.maxRecipients)
    .map((recipient) => cutText(recipient, maxShownBytes));
  const rest = recipients.length - shown.length;
  return rest > 0 ? [...shown, `(and ${rest} more)`] : shown;
}

const maxShownBytes = 1_000;

/** sendmail(8): an argument is a list as in a header. */
function addressesOf(argument: string): string[] {
  try {
    return parseAddressList(argument).map(({ address }) => address);
  } catch (cause) {
    const message = `Cannot send to "${argument}": it is not a list of addresses`;
    throw new MailError("malformed", message, { cause });
  }
}
