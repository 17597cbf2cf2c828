/**
 * The table of all writes. The Worker runs them and the main thread is typed from it; a new one is one line.
 * A job runs inside a transaction, may run again if that is lost, and never changes its argument.
 */
import { createAccount, replaceKeyring } from "./accounts.ts";
import { disableAccount, setQuota } from "./administration.ts";
import { addAppPassword, noteAppPasswordUse, removeAppPassword } from "./app_passwords.ts";
import { receive } from "./arrivals.ts";
import { appendUpload, beginUpload, discardLeftovers, discardUpload, sweep } from "./bodies.ts";
import type { Connection } from "./connection.ts";
import { recover, replacePassword, replaceRecovery, replaceSealedKeys } from "./credentials.ts";
import { deleteEntries, markRead, saveSummaries } from "./entries.ts";
import { addInvite, createInvitedAccount, revokeInvites } from "./invites.ts";
import { closeAccount, markErased, retain, settle, truncateLog } from "./closing.ts";
import { deposit } from "./deposit.ts";
import { cancel, release } from "./held.ts";
import { send, submit } from "./send.ts";
import { replaceKeys } from "./successions.ts";

const table = {
  createAccount,
  replaceKeyring,
  replacePassword,
  replaceRecovery,
  recover,
  replaceKeys,
  replaceSealedKeys,
  beginUpload,
  appendUpload,
  discardUpload,
  discardLeftovers,
  sweep,
  send,
  submit,
  receive,
  deposit,
  cancel,
  release,
  closeAccount,
  settle,
  retain,
  truncateLog,
  markErased,
  saveSummaries,
  markRead,
  deleteEntries,
  addInvite,
  createInvitedAccount,
  revokeInvites,
  disableAccount,
  setQuota,
  addAppPassword,
  removeAppPassword,
  noteAppPasswordUse,
};

type Table = typeof table;
export type JobName = keyof Table;
export type JobArgument<N extends JobName> = Parameters<Table[N]>[1];
export type JobResult<N extends JobName> = ReturnType<Table[N]>;

/** One write on its way to the Worker. */
export interface Job {
  readonly name: JobName;
  readonly argument: unknown;
}

/** @throws Whatever the job throws; the caller rolls back. */
export function runJob(connection: Connection, job: Job): unknown {
  const work = table[job.name] as (connection: Connection, argument: unknown) => unknown;
  return work(connection, job.argument);
}
