/** How entries are filed anew and copied, in SQL: a statement for however many, once all of it is counted. */
import type { AccountId, EntryId, MessageId } from "../../../model/ids.ts";
import type { SealedFiling } from "../../filing_store.ts";
import type { EntryFiling } from "../../mailbox_store.ts";
import type { Copied } from "../../rules/filings.ts";
import type { Fill } from "../../rules/quota.ts";
import type { SqlConnection } from "../connection.ts";
import type { FilingColumns } from "./filing.ts";

/** Up to where a mailbox is counted with what is written. */
interface Counted {
  readonly accountId: AccountId;
  readonly modseq: number;
  /** The highest place. */
  readonly last: number;
}

const fillColumns = "inbox + sent AS messages, bytes, max_messages, max_bytes";

/** A filing in the place of another. */
interface Refiling {
  readonly before: FilingColumns & { readonly box: string; readonly readAt: number | null };
  readonly after: FilingColumns & { readonly id: EntryId };
}

/** Files entries as it is counted, and returns how full the mailbox is then. */
export async function writeFilings(
  connection: SqlConnection,
  { accountId, modseq, last }: Counted,
  filings: readonly Refiling[],
): Promise<Fill> {
  const after = filings.map((filing) => filing.after);
  const turned = filings.filter((filing) => filing.before.aside !== filing.after.aside);
  const aside = (isMeant: (before: Refiling["before"]) => boolean) =>
    turned.filter(({ before }) => isMeant(before))
      .reduce((sum, { before, after }) => sum + after.aside - before.aside, 0);
  const fill = await connection.one<Fill>(
    `WITH filed AS (
       UPDATE filing SET sealed = given.sealed, version = given.version, modseq = given.modseq,
         place = given.place
       FROM unnest($2::bigint[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[])
         AS given (id, sealed, version, modseq, place)
       WHERE account_id = $1 AND filing.id = given.id),
     turned AS (
       UPDATE entry SET aside = 1 - aside WHERE account_id = $1 AND id = ANY($7::bigint[]))
     UPDATE mailbox SET modseq = $8, next_entry = $9::bigint + 1, bytes = bytes + $10,
       inbox_aside = inbox_aside + $11, sent_aside = sent_aside + $12,
       unread_aside = unread_aside + $13
     WHERE account_id = $1 RETURNING ${fillColumns}`,
    accountId,
    after.map(({ id }) => id),
    after.map(({ sealed }) => sealed),
    after.map(({ version }) => version),
    after.map((row) => row.modseq),
    after.map(({ place }) => place),
    turned.map((filing) => filing.after.id),
    modseq,
    last,
    filings.reduce((sum, { before, after }) => sum + sizeOf(after) - sizeOf(before), 0),
    aside(({ box }) => box === "inbox"),
    aside(({ box }) => box === "sent"),
    aside(({ readAt }) => readAt === null),
  );
  connection.changedMailboxes.add(accountId);
  return fill;
}

function sizeOf({ sealed }: Pick<EntryFiling, "sealed">): number {
  return sealed?.length ?? 0;
}

/** An entry that is to be copied; numbers are 1 where it is that. */
export interface OriginalEntry extends Copied {
  readonly messageId: MessageId;
  readonly inbox: number;
  readonly unread: number;
  readonly storedAt: number;
  /** Of body and envelope. */
  readonly bytes: number;
}

/** A copy, as it is counted. */
interface Copy extends SealedFiling {
  readonly original: OriginalEntry;
  readonly id: EntryId;
  readonly modseq: number;
  readonly latest: number;
}

/** Adds copies, which their messages are held by, and returns how full the mailbox is then. */
export async function insertCopies(
  connection: SqlConnection,
  { accountId, modseq, last, latest }: Counted & { readonly latest: number },
  copies: readonly Copy[],
): Promise<Fill> {
  const sum = (count: (copy: Copy) => number) => copies.reduce((sum, one) => sum + count(one), 0);
  const bit = (copy: Copy) => copy.aside ? 1 : 0;
  const fill = await connection.one<Fill>(
    `WITH given AS MATERIALIZED (
       SELECT * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[])
         AS given (id, original, modseq, latest, aside, sealed)),
     copied AS (
       INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, read_at,
         was_read, aside, expires_at, charged_to, sealed_bytes, envelope_digest, envelope)
       SELECT account_id, given.id, box, sender_id, message_id, stored_at, given.latest, read_at,
         was_read, given.aside, expires_at, account_id, sealed_bytes, envelope_digest, envelope
       FROM given CROSS JOIN LATERAL (
         SELECT * FROM entry WHERE account_id = $1 AND entry.id = given.original LIMIT 1) AS original),
     filed AS (
       INSERT INTO filing (account_id, id, place, modseq, version, sealed)
       SELECT $1, id, id, modseq, 1, sealed FROM given),
     held AS (
       UPDATE message SET holders = holders + counted.entries
       FROM unnest($8::bigint[], $9::bigint[]) AS counted (id, entries)
       WHERE message.id = counted.id)
     UPDATE mailbox SET modseq = $10, next_entry = $11::bigint + 1, latest = $12, bytes = bytes + $13,
       inbox = inbox + $14, sent = sent + $15, unread = unread + $16,
       inbox_aside = inbox_aside + $17, sent_aside = sent_aside + $18,
       unread_aside = unread_aside + $19
     WHERE account_id = $1 RETURNING ${fillColumns}`,
    accountId,
    copies.map(({ id }) => id),
    copies.map(({ original }) => original.id),
    copies.map((copy) => copy.modseq),
    copies.map((copy) => copy.latest),
    copies.map(bit),
    copies.map(({ sealed }) => sealed),
    ...countsByMessage(copies),
    modseq,
    last,
    latest,
    sum(({ original, sealed }) => original.bytes + sealed.length),
    sum(({ original }) => original.inbox),
    sum(({ original }) => 1 - original.inbox),
    sum(({ original }) => original.unread),
    sum((copy) => bit(copy) * copy.original.inbox),
    sum((copy) => bit(copy) * (1 - copy.original.inbox)),
    sum((copy) => bit(copy) * copy.original.unread),
  );
  connection.changedMailboxes.add(accountId);
  return fill;
}

/** Messages in the order of their ids, so that no two calls wait for each other, and how many copies each has. */
function countsByMessage(copies: readonly Copy[]): [MessageId[], number[]] {
  const counts = new Map<MessageId, number>();
  for (
    const { original } of copies.toSorted((a, b) => a.original.messageId - b.original.messageId)
  ) {
    counts.set(original.messageId, (counts.get(original.messageId) ?? 0) + 1);
  }
  return [[...counts.keys()], [...counts.values()]];
}
