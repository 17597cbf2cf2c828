/** The store in plain maps: for tests, and to be read, a subject a file, as the meaning of every promise of `Store`. */
import { CommitTimes } from "../commit_times.ts";
import type { RequestKey } from "../request_store.ts";
import { onlyProcess } from "../rules/only_process.ts";
import { SessionViews } from "../rules/session_views.ts";
import type { Actor, SessionTerms, Store } from "../store.ts";
import { accountStore } from "./accounts.ts";
import { administrationStore } from "./administration.ts";
import { aliasStore } from "./aliases.ts";
import { appPasswordStore } from "./app_passwords.ts";
import { appendStore } from "./append.ts";
import { blockStore } from "./blocked.ts";
import { bodyStore } from "./bodies.ts";
import { bounceStore } from "./bounce.ts";
import { credentialStore } from "./credentials.ts";
import { deviceStore } from "./devices.ts";
import { mailboxStore } from "./mailbox.ts";
import { failedLoginStore } from "./failed_logins.ts";
import { filingStore } from "./filing.ts";
import { heldStore } from "./held.ts";
import { arrivalStore } from "./inbound.ts";
import { inviteStore } from "./invites.ts";
import { outlineStore } from "./outlines.ts";
import { part } from "./part.ts";
import { wasCarriedOut } from "./requests.ts";
import { retentionStore } from "./retention.ts";
import { sendStore } from "./send.ts";
import { MemoryState } from "./state.ts";
import { watchStore } from "./watch.ts";

/** Opens an empty store, for accounts of a domain. */
export function openMemory(domain: string): Store {
  const state = new MemoryState();
  const views = new SessionViews();
  const whole = {
    ...onlyProcess(),
    identity: () => Promise.resolve({ secret: state.secret.slice(), domain }),
    as: (actor: Actor, { asOf }: SessionTerms = {}): Store =>
      views.get(actor, () => ({ ...subjectsOf(state.as(actor, asOf)), ...whole }), asOf),
    under: (request: RequestKey): Store => ({ ...subjectsOf(state.under(request)), ...whole }),
    load: () => new CommitTimes().load(0), // nothing here takes any time
    close: () => {
      state.closed = true;
      return Promise.resolve();
    },
  };
  return { ...subjectsOf(state), ...whole };
}

function subjectsOf(state: MemoryState) {
  return {
    ...accountStore(state),
    ...administrationStore(state),
    ...aliasStore(state),
    ...inviteStore(state),
    ...failedLoginStore(state),
    ...credentialStore(state),
    ...appPasswordStore(state),
    ...deviceStore(state),
    ...blockStore(state),
    ...bodyStore(state),
    ...sendStore(state),
    ...arrivalStore(state),
    ...appendStore(state),
    ...heldStore(state),
    ...bounceStore(state),
    ...retentionStore(state),
    ...mailboxStore(state),
    ...filingStore(state),
    ...outlineStore(state),
    ...part(state, { wasCarriedOut }),
    ...watchStore(state),
  };
}
