/** `mailctl queue flush` */
import { buildCommand } from "@stricli/core";
import type { Mailbox } from "../../../client/mailbox.ts";
import type { LocalAliases } from "../../../client/submission/local_aliases.ts";
import type { Claim, Spool } from "../../../client/submission/spool.ts";
import { type Hint, MailError } from "../../../model/errors.ts";
import { heardElsewhere } from "../../../model/promises.ts";
import { jsonFlag } from "../../flag.ts";
import { stateFolder } from "../../settings/folders.ts";
import { writeJson } from "../../terminal/output.ts";
import type { Tried } from "../../../client/submission/flush.ts";
import { accountFlags, loginOptions } from "../../session.ts";
import { writeTabSeparated } from "../../terminal/table.ts";
import { host } from "../../host.ts";

interface Flags {
  readonly passwordFile: string | undefined;
  readonly passwordStdin: boolean;
  readonly json: boolean;
}

interface Flushed extends Tried {
  readonly id: string;
}

export const examples = ["mailctl queue flush"];

export const command = buildCommand({
  docs: {
    brief: "Send the queued mail now",
    fullDescription:
      "Try to send every message in the queue, also those that have failed, each with\n" +
      "the account that it was queued for. A message that was kept while no account was\n" +
      "selected is sent with the one that is selected now.\n" +
      "\n" +
      "Prints a line for each, with columns separated by tabs: id, result (sent,\n" +
      "waiting or failed), why it was not sent. If all are sent, the exit status is 0.\n" +
      "Otherwise it is that of the first message that was not sent.\n" +
      "\n" +
      "With --json, prints tried, an array of id, outcome and failure.",
  },
  parameters: {
    flags: {
      json: jsonFlag,
      passwordFile: accountFlags.passwordFile,
      passwordStdin: accountFlags.passwordStdin,
    },
  },
  func: flushQueue,
});

/** Tries all that is in the queue. @throws {MailError} the failure of the first message that is not sent */
export async function flushQueue(flags: Flags): Promise<void> {
  const { Spool } = await import("../../../client/submission/spool.ts");
  const spool = new Spool(stateFolder(host.env));
  const { readAliases } = await import("../../sendmail/read_aliases.ts");
  const accounts = new Accounts(flags, await readAliases());
  try {
    await spool.tidy();
    const tried: Flushed[] = [];
    for (const id of await spool.ids()) tried.push(...await tryOne(spool, accounts, id));
    await tell(tried, flags.json);
  } finally {
    await accounts.close();
  }
}

/** Tries a message; none where it is gone, or somebody else is just sending it. */
async function tryOne(spool: Spool, accounts: Accounts, id: string): Promise<Flushed[]> {
  try {
    const claim = await spool.claim(id);
    if (claim === null) return [];
    try {
      return [{ id, ...await accounts.send(claim) }];
    } finally {
      claim.release();
    }
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return [{ id, outcome: "failed", error }];
  }
}

/** The mailboxes that messages are for, each opened once; one that cannot be opened is not tried again. */
class Accounts {
  readonly #flags: Flags;
  readonly #aliases: LocalAliases | null;
  readonly #opened = new Map<string, Promise<Mailbox>>();

  constructor(flags: Flags, aliases: LocalAliases | null) {
    this.#flags = flags;
    this.#aliases = aliases;
  }

  async send(claim: Claim): Promise<Tried> {
    const { noteFailure, tryClaim } = await import("../../../client/submission/flush.ts");
    const key = `${claim.server} ${claim.user}`;
    const opening = this.#opened.get(key) ?? this.#open(claim);
    this.#opened.set(key, opening);
    try {
      await opening;
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      await noteFailure(claim, error, false); // not the message's fault
      return { outcome: "waiting", error };
    }
    const tried = await tryClaim(opening, claim, { isNew: false, aliases: this.#aliases });
    if (tried.error?.code === "unavailable") this.#giveUp(key, opening, tried.error);
    return tried;
  }

  async close(): Promise<void> {
    for (const opening of this.#opened.values()) {
      await opening.then((mailbox) => mailbox.finish(), () => {});
    }
  }

  async #open({ server, user }: Claim): Promise<Mailbox> {
    const { openMailbox } = await import("../../../client/open_mailbox.ts");
    const account = { server: server ?? undefined, user: user ?? undefined };
    const mailbox = await openMailbox(await loginOptions({ ...this.#flags, ...account }));
    await mailbox.account().catch((error) => {
      mailbox.close();
      throw error;
    });
    return mailbox;
  }

  /** A server that went away must not be waited for with every message. */
  #giveUp(key: string, opening: Promise<Mailbox>, error: MailError): void {
    opening.then((mailbox) => mailbox.close());
    this.#opened.set(key, heardElsewhere(Promise.reject(error))); // by the next message, if there is one
  }
}

async function tell(tried: readonly Flushed[], json: boolean): Promise<void> {
  if (json) await writeJson({ tried: tried.map(flushedJson) });
  else {
    const cells = tried.map(({ id, outcome, error }) => [id, outcome, error?.message ?? ""]);
    await writeTabSeparated(cells.map((each) => ({ cells: each })));
  }
  const left = tried.filter(({ error }) => error !== null);
  const [first] = left;
  if (!first?.error) return;
  const { code, message, by } = first.error;
  const hint = await hintOf(first);
  throw new MailError(code, `Cannot send ${left.length} of ${tried.length} messages: ${message}`, {
    hint,
    by,
  });
}

/** What failed for good is tried again by hand only, so it may be that nobody wants it any more. */
async function hintOf({ id, outcome, error }: Flushed): Promise<Hint | undefined> {
  if (outcome === "waiting") return error?.hint;
  const { hintToRemove } = await import("../../../client/submission/spool_file.ts");
  const [hint, remove] = [error?.hint, hintToRemove(id)];
  return hint === undefined || hint === remove ? remove : `${hint} ${remove}`;
}

function flushedJson({ id, outcome, error }: Flushed) {
  return { id, outcome, failure: error && { code: error.code, message: error.message } };
}
