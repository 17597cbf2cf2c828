/** Requests of an administrator where no server runs on this machine: carried out at the store, which others may serve. */
import { MailError } from "../../model/errors.ts";
import { Administration } from "../../service/administration.ts";
import { Aliases } from "../../service/aliases.ts";
import { DueWork } from "../../service/due_work.ts";
import { Invites } from "../../service/invites.ts";
import { RetentionSweep } from "../../service/retention_sweep.ts";
import type { Quota } from "../../store/administration_store.ts";
import type { Store } from "../../store/store.ts";
import type { Log } from "../log.ts";
import { answering } from "./channel.ts";

/** Answers one line as a server would. `quota`: what a mailbox may hold that has none of its own. */
export async function answerDirectly(
  store: Store,
  line: string,
  { quota, log }: { readonly quota: Quota; readonly log: Log },
): Promise<string> {
  const now = () => store.now();
  const { domain } = await store.identity();
  const fingerprint = await keyOf(store);
  const retentionSweep = new RetentionSweep(store, now, () => null);
  const dueWork = new DueWork(store, now, { retentionSweep, quota });
  const services = {
    administration: new Administration({
      store,
      quota,
      now,
      sessionsOf: () => 0,
      endSessions: () => {}, // servers see it by themselves
      endAccount: (account) => store.closeAccount(account, now()),
      runDue: () => dueWork.runSome(),
    }),
    aliases: new Aliases(store, domain),
    invites: new Invites(store, "invite", now),
    server: () => ({ address: null, domain, fingerprint }),
    data: null,
    rotateKey: () => Promise.reject(noServer()),
    now,
    startedAt: null,
    connections: () => null,
    accountsOnline: () => null,
    warnings: () => store.warnings(),
  };
  return await answering(services, log)(line);
}

function noServer(): MailError {
  return new MailError("configuration", "Cannot change the key: no server runs on this machine", {
    hint: "Run it where `mailctl serve` runs.",
  });
}

async function keyOf(store: Store) {
  const key = await store.shownKey();
  if (key !== null) return key;
  throw new MailError("configuration", "Cannot use the database: no server has used it yet", {
    hint: "Run `mailctl serve` with it first.",
  });
}
