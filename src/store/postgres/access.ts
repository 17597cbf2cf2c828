/** What a subject's part of the store works with: reads, and writes that are done once however often they are tried. */
import type { Cause } from "../store.ts";
import type { SqlConnection } from "./connection.ts";

/** A subject's writes by name. */
export type SubjectJobs = Readonly<
  Record<string, (connection: SqlConnection, ...asked: never[]) => Promise<unknown>>
>;

/** Jobs as methods: each resolves when it is on disk. */
export type Writes<Jobs> = {
  readonly [N in keyof Jobs]: Jobs[N] extends
    (connection: SqlConnection, ...asked: infer Asked) => Promise<infer Result>
    ? (...asked: Asked) => Promise<Result>
    : never;
};

type Work<Asked extends readonly unknown[], Result> = (
  connection: SqlConnection,
  ...asked: Asked
) => Promise<Result>;

/** A call that may be carried out with others. */
export interface GroupedCall<Asked> {
  /** Of the one who asks: the connection works for nobody. */
  readonly cause: Cause;
  readonly asked: Asked;
}

/** Carries out several by one statement, all or none; their results come in the same order. */
export type GroupedWork<Asked, Result> = (
  connection: SqlConnection,
  calls: readonly GroupedCall<Asked>[],
) => Promise<readonly Result[]>;

export interface Access {
  /**
   * Makes methods of jobs. A job locks what it changes first (`SqlConnection.lock`), may run again where a
   * connection is lost, and never changes what it is given. Large buffers are taken from the caller.
   */
  writes<Jobs extends SubjectJobs>(jobs: Jobs): Writes<Jobs>;
  /** Reads by one statement: one round trip. @throws {MailError} `internal` once the store was closed */
  ask<Asked extends readonly unknown[], Result>(
    work: Work<Asked, Result>,
    ...asked: Asked
  ): Promise<Result>;
  /** Reads by several statements, in one snapshot. @throws {MailError} as `ask` does */
  read<Asked extends readonly unknown[], Result>(
    work: Work<Asked, Result>,
    ...asked: Asked
  ): Promise<Result>;
  /** Changes something by one statement that is safe to repeat, as a function with a key of its own is. */
  call<Asked extends readonly unknown[], Result>(
    work: Work<Asked, Result>,
    ...asked: Asked
  ): Promise<Result>;
  /** The same, with others that come at the same moment. Where that fails by one of them, each is carried out by itself. */
  together<Asked, Result>(work: GroupedWork<Asked, Result>, asked: Asked): Promise<Result>;
}
