/**
 * What a restored store passes over: what came after its backup had ids that scripts may have noted, and numbers that
 * readers did. The accounts themselves give the numbers, and are told of it. What changed since nobody knows: who follows
 * a mailbox begins anew.
 */

/** More than come into a mailbox between a backup and the next, and more than it sends to one account. */
const idsPassedOver = 1_000_000;

/**
 * The statements that have none of them given out again, in the SQL of every store. Numbers go by seconds of
 * `restored_at`: it rises by enough of them with each restore, also where the clock is behind, as on a machine that has
 * just been set up.
 */
export function passingOver(now: number): readonly string[] {
  return [
    `UPDATE mailbox SET next_entry = next_entry + ${idsPassedOver},
       modseq = modseq + ${idsPassedOver}, gone = 0,
       gone_until = modseq + ${idsPassedOver},
       restored_at = restored_at + ${idsPassedOver}000 + ${now}`,
    "DELETE FROM gone",
  ];
}
