/**
 * The store in one SQLite file, a subject a file: reads on this thread's connection, writes through the queue of the
 * Worker. An awaited write is committed, so every later read sees it.
 */
import type { RequestKey } from "../request_store.ts";
import { onlyProcess } from "../rules/only_process.ts";
import { SessionViews } from "../rules/session_views.ts";
import type { Actor, Cause, SessionTerms, Store } from "../store.ts";
import type { WatcherSets } from "../watchers.ts";
import type { Access } from "./access.ts";
import { accountStore } from "./accounts.ts";
import { administrationStore } from "./administration.ts";
import { aliasStore } from "./aliases.ts";
import { appPasswordStore } from "./app_passwords.ts";
import { appendStore } from "./append.ts";
import { bodyStore } from "./bodies.ts";
import { bounceStore } from "./bounce.ts";
import { credentialStore } from "./credentials.ts";
import { Database, type SqliteOptions } from "./database.ts";
import { deviceStore } from "./devices.ts";
import { mailboxStore } from "./mailbox.ts";
import { makeDataFolder, noSpace } from "./files.ts";
import { filingStore } from "./filing.ts";
import { heldStore } from "./held.ts";
import { arrivalStore } from "./inbound.ts";
import { inviteStore } from "./invites.ts";
import { retentionStore } from "./retention.ts";
import { blockStore } from "./rows/blocked.ts";
import { failedLoginStore } from "./rows/failed_logins.ts";
import { outlineStore } from "./rows/outline.ts";
import { requestStore } from "./rows/request.ts";
import { sendStore } from "./send.ts";
import { Sweeper } from "./sweeper.ts";
import { watchStore } from "./watch.ts";

/**
 * Opens the store in a folder, making it on first use.
 * @throws {MailError} `configuration` for another domain, a newer schema, a folder that others may read or that
 * another server uses; `storage_full` where the disk has no room even for that.
 */
export async function openSqlite(folder: string, options: SqliteOptions): Promise<Store> {
  return await open(folder, options).catch((error) => {
    throw error.code === "storage_full" ? noSpace(folder, error) : error;
  });
}

async function open(folder: string, options: SqliteOptions): Promise<Store> {
  await makeDataFolder(folder);
  const database = new Database(folder, options);
  const sweeper = new Sweeper(database);
  const store = storeOf(database, sweeper);
  try {
    await sweeper.tidy();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function storeOf(database: Database, sweeper: Sweeper): Store {
  const views = new SessionViews();
  let closing: Promise<void> | null = null;
  const whole = {
    ...onlyProcess(),
    identity: () => {
      const { secret, domain } = database.identity;
      return Promise.resolve({ secret: secret.slice(), domain });
    },
    as: (actor: Actor, { asOf }: SessionTerms = {}) =>
      views.get(
        actor,
        () => view({ actor: bareActor(actor), request: actor.request ?? null, asOf }),
        asOf,
      ),
    under: (request: RequestKey) => view({ actor: null, request }),
    load: () => database.load(),
    close: () => closing ??= close(database, sweeper),
  };
  const subjects = (access: Access) => subjectsOf(access, sweeper, database.watchers);
  const view = (cause: Cause): Store => ({ ...subjects(database.for(cause)), ...whole });
  return { ...subjects(database), ...whole };
}

/** What is looked at of who asks: the rest of the account would cross to the writer with every job. */
function bareActor({ id, epoch, device }: Actor): Actor {
  return device === undefined ? { id, epoch } : { id, epoch, device };
}

function subjectsOf(access: Access, sweeper: Sweeper, watchers: WatcherSets) {
  return {
    ...accountStore(access),
    ...administrationStore(access),
    ...aliasStore(access),
    ...inviteStore(access),
    ...failedLoginStore(access),
    ...credentialStore(access),
    ...appPasswordStore(access),
    ...deviceStore(access),
    ...blockStore(access),
    ...bodyStore(access, sweeper),
    ...sendStore(access),
    ...arrivalStore(access),
    ...appendStore(access),
    ...heldStore(access, sweeper),
    ...bounceStore(access, sweeper),
    ...retentionStore(access, sweeper),
    ...mailboxStore(access, sweeper),
    ...filingStore(access),
    ...outlineStore(access),
    ...requestStore(access),
    ...watchStore(access, watchers),
  };
}

async function close(database: Database, sweeper: Sweeper): Promise<void> {
  await database.stop();
  await sweeper.idle();
  database.release();
}
