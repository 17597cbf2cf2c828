/** What a server needs to know of a store that other processes may serve at the same time. */
import type { ServerFingerprint } from "../model/digests.ts";
import type { MailError } from "../model/errors.ts";
import type { AccountId } from "../model/ids.ts";

/** Work that one process does for all. */
export type SharedJob = "retention";

export interface ProcessStore {
  /** Milliseconds since 1970, by the clock that all processes of the store go by. */
  now(): number;
  /** What an operator should change about the store, a sentence each. */
  warnings(): Promise<readonly string[]>;
  /**
   * Makes a server key that of the store. All processes that serve show the same one. `predecessors` are those that
   * led to it: it takes the place of one of them once no process shows that any more.
   * @throws {MailError} `configuration` where the store has another key
   */
  claimKey(
    fingerprint: ServerFingerprint,
    predecessors: readonly ServerFingerprint[],
  ): Promise<void>;
  /** How many other processes have claimed a key and are not gone. */
  otherServers(): Promise<number>;
  /** The key that was claimed last; null: none is kept. */
  shownKey(): Promise<ServerFingerprint | null>;
  /**
   * Takes a job for a minute, or keeps it so long, and returns what was last kept of it: "" at first. Null where
   * another process has it.
   */
  takeJob(job: SharedJob): Promise<string | null>;
  /** Keeps how far a job came, and the job for another minute; false where another process has it by now. */
  keepJob(job: SharedJob, cursor: string): Promise<boolean>;
  /**
   * Tells a listener of an account whose sessions may have been ended, by whatever process, until the function that
   * it returns is called; of null where that may be any account. It need not tell of what this process does itself.
   */
  watchSessions(listener: (accountId: AccountId | null) => void): () => void;
  /** Tells which accounts are logged in at this process, in the place of what it told before. */
  noteOnline(accounts: readonly AccountId[]): Promise<void>;
  /** Of some accounts, those that are logged in at any process by what that told last. */
  onlineOf(accounts: readonly AccountId[]): Promise<ReadonlySet<AccountId>>;
  /** Resolves with the reason once this process may use the store no longer; else never. */
  unusable(): Promise<MailError>;
}
