/**
 * What a restored store passes over: what came after its backup had ids that scripts may have noted, and numbers that
 * readers did. The accounts themselves give the numbers, and are told of it. What changed since nobody knows: who follows
 * a mailbox begins anew.
 */

/** More than come into a mailbox between a backup and the next, and more than it sends to one account. */
const idsPassedOver = 1_000_000;
const msPassedOver = 1000 * idsPassedOver;

/** The highest that mailboxes have of what is given out in turn. */
export interface GivenOut {
  readonly nextEntry: number;
  readonly modseq: number;
  readonly restoredAt: number;
}

/** Reads it from JSON; null where there is none, or it is damaged. */
export function parseGivenOut(text: string): GivenOut | null {
  try {
    const { nextEntry, modseq, restoredAt } = JSON.parse(text) as GivenOut;
    if ([nextEntry, modseq, restoredAt].every(Number.isSafeInteger)) {
      return { nextEntry, modseq, restoredAt };
    }
  } catch {
    // as below
  }
  return null;
}

/** The higher of both, each by itself. */
export function highest(one: GivenOut, other: GivenOut): GivenOut {
  return {
    nextEntry: Math.max(one.nextEntry, other.nextEntry),
    modseq: Math.max(one.modseq, other.modseq),
    restoredAt: Math.max(one.restoredAt, other.restoredAt),
  };
}

/** What asks a store for it, in the SQL of every store. */
export const givenOut = `SELECT coalesce(max(next_entry), 0) AS "nextEntry",
  coalesce(max(modseq), 0) AS "modseq", coalesce(max(restored_at), 0) AS "restoredAt" FROM mailbox`;

/**
 * The statements that have none of them given out again, in the SQL of every store. Numbers go by seconds of
 * `restored_at`: it rises by enough of them with each restore, also where the clock is behind, as on a machine that has
 * just been set up. `replaced`: of the store whose place it takes, which may have been restored from the same backup.
 */
export function passingOver(now: number, replaced: GivenOut | null = null): readonly string[] {
  const least = replaced === null ? [] : [
    ["next_entry", replaced.nextEntry],
    ["modseq", replaced.modseq + 1],
    ["restored_at", replaced.restoredAt + msPassedOver],
  ] as const;
  return [
    `UPDATE mailbox SET next_entry = next_entry + ${idsPassedOver},
       modseq = modseq + ${idsPassedOver},
       restored_at = restored_at + ${msPassedOver} + ${now}`,
    ...least.map(([column, value]) =>
      `UPDATE mailbox SET ${column} = ${value} WHERE ${column} < ${value}`
    ),
    "UPDATE mailbox SET gone = 0, gone_until = modseq",
    "DELETE FROM gone",
  ];
}
