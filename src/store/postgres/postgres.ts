/**
 * The store in a PostgreSQL database, a subject a file, which any number of processes keep together. A call is one
 * transaction at the primary, tried until it is known to be done.
 */
import type { OpenOptions } from "../open_options.ts";
import type { ProcessStore } from "../process_store.ts";
import type { RequestKey } from "../request_store.ts";
import { SessionViews } from "../rules/session_views.ts";
import type { Actor, Cause, Identity, SessionTerms, Store } from "../store.ts";
import type { WatcherSets } from "../watchers.ts";
import type { Access } from "./access.ts";
import { accountStore } from "./accounts.ts";
import { parseAddress, readCertificates } from "./address.ts";
import { administrationStore } from "./administration.ts";
import { aliasStore } from "./aliases.ts";
import { appPasswordStore } from "./app_passwords.ts";
import { appendStore } from "./append.ts";
import { bodyStore } from "./bodies.ts";
import { bounceStore } from "./bounce.ts";
import { credentialStore } from "./credentials.ts";
import { Database } from "./database.ts";
import { deviceStore } from "./devices.ts";
import { mailboxStore } from "./mailbox.ts";
import { filingStore } from "./filing.ts";
import { heldStore } from "./held.ts";
import { arrivalStore } from "./inbound.ts";
import { inviteStore } from "./invites.ts";
import { alone, migrate, requireOurs } from "./migrate.ts";
import { Primary } from "./primary.ts";
import { Instance } from "./process/instance.ts";
import { agreements } from "./process/jobs.ts";
import { openingFailure } from "./process/opening.ts";
import {
  requireOwnSession,
  requireRights,
  requireSafe,
  requireSameTime,
} from "./process/safety.ts";
import { serverKeys } from "./process/server_key.ts";
import { retentionStore } from "./retention.ts";
import { blockStore } from "./rows/blocked.ts";
import { failedLoginStore } from "./rows/failed_logins.ts";
import { outlineStore } from "./rows/outline.ts";
import { requestStore } from "./rows/request.ts";
import { sendStore } from "./send.ts";
import { watchStore } from "./watch.ts";

/**
 * Opens the database at an address, making its tables on first use.
 * @throws {MailError} `configuration` for another domain, a newer schema, another program's database, settings by
 * which mail could be lost, a right that is missing, a pooler that shares sessions, a malformed address, and where it
 * cannot be reached; `unavailable` for a clock that differs, and for what else may pass
 */
export async function openPostgres(url: string, options: OpenOptions): Promise<Store> {
  const address = parseAddress(url);
  const primary = new Primary(address, await readCertificates(address));
  try {
    const { identity, instance } = await prepared(primary, options);
    primary.instanceId = instance.id;
    const database = new Database(primary);
    await database.hints.start();
    instance.keepUp(database, primary);
    return storeOf(database, identity, { instance, primary });
  } catch (error) {
    throw openingFailure(error, address);
  }
}

async function prepared(primary: Primary, options: OpenOptions) {
  await primary.lookAround();
  const client = await primary.connect();
  try {
    await requireOwnSession(client, () => primary.connect());
    await requireSafe(client);
    await requireRights(client);
    if (options.mustExist) await requireOurs(client);
    return await alone(client, async () => {
      const identity = await migrate(client, options);
      const instance = await Instance.register(client, options.software ?? "");
      requireSameTime(instance.clock.aheadMs);
      return { identity, instance };
    });
  } finally {
    await client.end();
  }
}

function storeOf(
  database: Database,
  { secret, domain }: Identity,
  { instance, primary }: { readonly instance: Instance; readonly primary: Primary },
): Store {
  const views = new SessionViews();
  let closing: Promise<void> | null = null;
  const whole = {
    ...agreements(database, instance, primary),
    ...serverKeys(database, instance),
    now: () => instance.clock.now(),
    unusable: () => instance.unusable(),
    watchWarnings: (listener: Parameters<ProcessStore["watchWarnings"]>[0]) =>
      instance.watchWarnings(listener),
    watchSessions: (listener: Parameters<ProcessStore["watchSessions"]>[0]) =>
      database.hints.watchSessions(listener),
    watchKey: (listener: () => void) => database.hints.watchKey(listener),
    watchTrouble: (listener: Parameters<ProcessStore["watchTrouble"]>[0]) =>
      database.availability.watch(listener),
    identity: () => Promise.resolve({ secret: secret.slice(), domain }),
    as: (actor: Actor, { rate, asOf }: SessionTerms = {}) =>
      views.get(
        actor,
        () => view({ actor, request: actor.request ?? null, rate, asOf }),
        rate ?? asOf,
      ),
    under: (request: RequestKey) => view({ actor: null, request }),
    load: () => database.load(),
    close: () => closing ??= instance.leave(database).then(() => database.close()),
  };
  const subjects = (access: Access) => subjectsOf(access, database.watchers);
  const view = (cause: Cause): Store => ({ ...subjects(database.for(cause)), ...whole });
  return { ...subjects(database), ...whole };
}

function subjectsOf(access: Access, watchers: WatcherSets) {
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
    ...bodyStore(access),
    ...sendStore(access),
    ...arrivalStore(access),
    ...appendStore(access),
    ...heldStore(access),
    ...bounceStore(access),
    ...retentionStore(access),
    ...mailboxStore(access),
    ...filingStore(access),
    ...outlineStore(access),
    ...requestStore(access),
    ...watchStore(access, watchers),
  };
}
