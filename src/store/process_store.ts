/** What a server needs to know of a store that other processes may serve at the same time. */
import type { ServerFingerprint } from "../model/digests.ts";
import type { MailError } from "../model/errors.ts";
import type { AccountId } from "../model/ids.ts";

/** Work that one process does for all. */
export type SharedJob = "retention";

/** Settings that all processes have to have, as texts by their names. */
export type SharedSettings = Readonly<Record<string, string>>;

/** How long before all change to a key it is told, at least, in milliseconds. */
export const keyLeadMs = 60_000;

/** A key that follows another, which alone opens it. */
export interface SealedKey {
  readonly fingerprint: ServerFingerprint;
  /** The private key: see `openSuccessor`. */
  readonly sealed: Uint8Array;
  /** What its predecessor signed, for clients. */
  readonly statement: Uint8Array;
}

export interface NextKey extends SealedKey {
  /** When all change to it, from when the store answered, in milliseconds; below 0: they have. */
  readonly startsInMs: number;
  /** The same as milliseconds since 1970. */
  readonly startsAt: number;
  /** That moment is moved no more: every process that lives has the key. */
  readonly isFinal: boolean;
}

/** What a process can show. */
export interface KeyView {
  readonly shown: ServerFingerprint;
  /** The successor that it has opened. */
  readonly ready: ServerFingerprint | null;
}

/** Why a store that is no part of this process cannot be used as it should be. */
export interface StoreTrouble {
  /** Nobody can reach it; it is read, but not written to; its disk is full; calls wait too long, for a lock perhaps. */
  readonly kind: "lost" | "read-only" | "full" | "blocked";
  /** The name and the hosts of the database. */
  readonly database: string;
  readonly reason: string;
}

export interface ProcessStore {
  /** Milliseconds since 1970, by the clock that all processes of the store go by. */
  now(): number;
  /** What an operator should change about the store, a sentence each. */
  warnings(): Promise<readonly string[]>;
  /**
   * Tells a listener of each warning that there is or that begins while the process runs, once, and once more when it is
   * over, until the function that it returns is called. Not of what `watchTrouble` tells.
   */
  watchWarnings(listener: (warning: string, isOver: boolean) => void): () => void;
  /** Notes the settings of this process, now and from time to time: what differs from others is a warning. */
  noteSettings(settings: () => SharedSettings): Promise<void>;
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
  /** Gives a key a successor, which all processes change to later than `keyLeadMs` from now, unless it has one. */
  addNextKey(predecessor: ServerFingerprint, next: SealedKey): Promise<void>;
  /**
   * The successor of the key that is shown; null: it has none. Tells what this process is ready for, and moves the
   * change on, by `keyLeadMs`, while another that lives is not.
   */
  nextKey(view: KeyView): Promise<NextKey | null>;
  /** Notes that this process has changed. @throws {MailError} `configuration` where the store has a third key */
  followKey(predecessor: ServerFingerprint, successor: ServerFingerprint): Promise<void>;
  /** What followed a key that is shown no more; null: nothing did. */
  keyAfter(predecessor: ServerFingerprint): Promise<SealedKey | null>;
  /** Tells a listener when `nextKey` may say something else, until the function that it returns is called. */
  watchKey(listener: () => void): () => void;
  /**
   * Takes a job for a minute, or keeps it so long, and returns what was last kept of it: "" at first. Null where
   * another process has it, or where one that lives has not noted the settings that it needs.
   */
  takeJob(job: SharedJob, needed: SharedSettings): Promise<string | null>;
  /** Keeps how far a job came, and the job for another minute; false where another process has it by now. */
  keepJob(job: SharedJob, cursor: string): Promise<boolean>;
  /**
   * Tells a listener of an account whose sessions may have been ended, by whatever process, until the function that
   * it returns is called; of null where that may be any account. It need not tell of what this process does itself.
   */
  watchSessions(listener: (accountId: AccountId | null) => void): () => void;
  /**
   * Tells a listener of the trouble that there is or that begins, once, and of null when it is over, until the function
   * that it returns is called.
   */
  watchTrouble(listener: (trouble: StoreTrouble | null) => void): () => void;
  /** Tells which accounts are logged in at this process, in the place of what it told before. */
  noteOnline(accounts: readonly AccountId[]): Promise<void>;
  /** Of some accounts, those that are logged in at any process by what that told last. */
  onlineOf(accounts: readonly AccountId[]): Promise<ReadonlySet<AccountId>>;
  /** Resolves with the reason once this process may use the store no longer; else never. */
  unusable(): Promise<MailError>;
}
