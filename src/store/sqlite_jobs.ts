/**
 * The table of all writes. The Worker runs them and the main thread is typed from it; a new one is one line.
 * A job runs inside a transaction, may run again if that is lost, and never changes its argument.
 */
import { createAccount, replaceKeyring } from "./sqlite_accounts.ts";
import { disableAccount, setQuota } from "./sqlite_administration.ts";
import { addAppPassword, noteAppPasswordUse, removeAppPassword } from "./sqlite_app_passwords.ts";
import { receive } from "./sqlite_arrivals.ts";
import {
  appendUpload,
  beginUpload,
  discardLeftovers,
  discardUpload,
  sweep,
} from "./sqlite_bodies.ts";
import type { Connection } from "./sqlite_connection.ts";
import {
  recover,
  replacePassword,
  replaceRecovery,
  replaceSealedKeys,
} from "./sqlite_credentials.ts";
import { deleteEntries, markRead, saveSummaries } from "./sqlite_entries.ts";
import { addInvite, createInvitedAccount, revokeInvites } from "./sqlite_invites.ts";
import { closeAccount, markErased, retain, settle, truncateLog } from "./sqlite_closing.ts";
import { deposit } from "./sqlite_deposit.ts";
import { cancel, release } from "./sqlite_held.ts";
import { send, submit } from "./sqlite_send.ts";
import { replaceKeys } from "./sqlite_successions.ts";

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
