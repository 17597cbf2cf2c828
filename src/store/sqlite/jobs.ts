/**
 * All writes, by name: the jobs of every subject. The Worker runs them, and the main thread is typed from them.
 * A job runs inside a transaction, may run again if that is lost, and never changes what it is given.
 */
import type { Cause } from "../store.ts";
import { accountJobs } from "./accounts.ts";
import { administrationJobs } from "./administration.ts";
import { aliasJobs } from "./aliases.ts";
import { appPasswordJobs } from "./app_passwords.ts";
import { appendJobs } from "./append.ts";
import { bodyJobs } from "./bodies.ts";
import { bounceJobs } from "./bounce.ts";
import type { SqlConnection } from "./connection.ts";
import { credentialJobs } from "./credentials.ts";
import { deviceJobs } from "./devices.ts";
import { mailboxJobs } from "./mailbox.ts";
import { filingJobs } from "./filing.ts";
import { heldJobs } from "./held.ts";
import { arrivalJobs } from "./inbound.ts";
import { inviteJobs } from "./invites.ts";
import { retentionJobs } from "./retention.ts";
import { requireCurrent } from "./rows/account.ts";
import { blockJobs } from "./rows/blocked.ts";
import { failedLoginJobs } from "./rows/failed_logins.ts";
import { outlineJobs } from "./rows/outline.ts";
import { once } from "./rows/request.ts";
import { sweepJobs } from "./rows/sweeping.ts";
import { sendJobs } from "./send.ts";

const jobs = {
  ...accountJobs,
  ...administrationJobs,
  ...failedLoginJobs,
  ...aliasJobs,
  ...inviteJobs,
  ...credentialJobs,
  ...appPasswordJobs,
  ...deviceJobs,
  ...blockJobs,
  ...bodyJobs,
  ...sendJobs,
  ...arrivalJobs,
  ...appendJobs,
  ...heldJobs,
  ...bounceJobs,
  ...retentionJobs,
  ...mailboxJobs,
  ...filingJobs,
  ...outlineJobs,
  ...sweepJobs,
};

export type Jobs = typeof jobs;
export type JobName = keyof Jobs;
export type JobResult<N extends JobName> = ReturnType<Jobs[N]>;
/** What a job is given beside the connection. */
export type Asked<N extends JobName> = Parameters<Jobs[N]> extends [SqlConnection, ...infer A] ? A
  : never;

/** One write on its way to the Worker. */
export interface Job extends Cause {
  readonly name: JobName;
  readonly asked: readonly unknown[];
}

/** @throws Whatever the job throws; the caller rolls back. */
export function runJob(connection: SqlConnection, { name, asked, actor, request }: Job): unknown {
  const job = jobs[name] as (connection: SqlConnection, ...asked: readonly unknown[]) => unknown;
  const work = () => {
    if (actor !== null) requireCurrent(connection, actor);
    return job(connection, ...asked);
  };
  return request === null ? work() : once(connection, request, work);
}
