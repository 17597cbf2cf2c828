/** What a subject's part of the store works with: reads on this thread, and its own jobs, which the Worker runs. */
import type { SqlConnection } from "./connection.ts";

/** A subject's writes by name, each a row in the table of all jobs. */
export type SubjectJobs = Readonly<
  Record<string, (connection: SqlConnection, ...asked: never[]) => unknown>
>;

/** Jobs as methods: each resolves when it is on disk. */
export type Writes<Jobs> = {
  readonly [N in keyof Jobs]: Jobs[N] extends
    (connection: SqlConnection, ...asked: infer Asked) => infer Result
    ? (...asked: Asked) => Promise<Result>
    : never;
};

export interface Access {
  /** Makes methods of jobs. They take large buffers from the caller. @throws {MailError} as `WriterQueue.run` does */
  writes<Jobs extends SubjectJobs>(jobs: Jobs): Writes<Jobs>;
  /** Reads in one transaction. @throws {MailError} `internal` once the store was closed */
  read<Asked extends readonly unknown[], Result>(
    work: (reader: SqlConnection, ...asked: Asked) => Result,
    ...asked: Asked
  ): Promise<Result>;
}
