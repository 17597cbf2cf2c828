/** How the messages of a mailbox are filed: read by their ids, changed on what is there. WIRE.md 9.3. */
import { MailError } from "../../model/errors.ts";
import type { Filing } from "../../model/filing.ts";
import { type EntryId, listIds } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { WireFiledEntry } from "../../wire/layouts.ts";
import type { RequestOf } from "../../wire/operations.ts";
import { tryAnew } from "../compare_and_swap.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { portionsOf } from "../portions.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import { type FiledMessage, openFiled, sealFiling } from "./filed_message.ts";
import { applyChange, type FilingChange, isSameFiling, requireChange } from "./filing_change.ts";

/** How often a change is made anew where other machines are quicker. */
const filingAttempts = 5;

/** A filing as somebody heard of it, which may have changed since. */
export type KnownFiling = Pick<
  FiledMessage,
  "id" | "version" | "modseq" | "envelopeDigest" | "filing"
>;

export interface FilingChangeOptions {
  /** A count of changes: what changed behind it is left out. */
  readonly unchangedSince?: number | undefined;
  /** What is known of some of them: that is not asked for, unless the change would make no difference to it. */
  readonly known?: readonly KnownFiling[] | undefined;
}

export class KnownFilings {
  readonly #context: MailboxContext;
  /** The newest version of each that was seen: nothing older is believed. */
  readonly #versions = new Map<EntryId, number>();

  constructor(context: MailboxContext) {
    this.#context = context;
  }

  /**
   * Opens what the server gave. @throws {MailError} `bad_signature` for one that is older than was seen before;
   * `protocol` for an id or a place that stands there twice
   */
  async open(entries: readonly WireFiledEntry[]): Promise<FiledMessage[]> {
    requireEachOnce(entries.map(({ id }) => id));
    requireEachOnce(entries.map(({ filing }) => filing.place));
    const { mailboxKey } = await this.#context.account;
    for (const { id, filing: { version } } of entries) this.#note(id, version);
    return await Promise.all(entries.map((entry) => openFiled(mailboxKey, entry)));
  }

  /** Forgets what went. */
  forget(ids: readonly EntryId[]): void {
    for (const id of ids) this.#versions.delete(id);
  }

  /** Forgets all, where the server cannot tell what changed. */
  forgetAll(): void {
    this.#versions.clear();
  }

  /** Reads how messages are filed; those that are gone are left out. */
  async read(ids: readonly EntryId[]): Promise<FiledMessage[]> {
    const found: FiledMessage[] = [];
    for (const portion of portionsOf(ids, limits.maxFilingsPerRequest)) {
      const asked = this.#context.client.call("filings", { ids: portion });
      const { entries } = await this.#context.afterLogin(asked);
      requireAnswers(entries.map((entry) => entry?.id ?? null), portion);
      found.push(...await this.open(entries.filter((entry) => entry !== null)));
    }
    return found;
  }

  /**
   * Changes how messages are filed, each on what is there. Returns them as they are then; those that are gone are left out.
   * @throws {MailError} `malformed`, `too_large`; `over_quota`; `bad_signature` for one that was altered; `try_later`
   * where other machines are quicker five times
   */
  async change(
    ids: readonly EntryId[],
    change: FilingChange,
    { unchangedSince = Infinity, known = [] }: FilingChangeOptions = {},
  ): Promise<FiledMessage[]> {
    requireChange(change);
    const told = new Map(known.map((one) => [one.id, one]));
    const changed: FiledMessage[] = [];
    for (const portion of portionsOf([...new Set(ids)], limits.maxFilingsPerRequest)) {
      const first = await this.#before(portion, change, told);
      changed.push(...await this.#changeSome(first, change, unchangedSince));
    }
    return changed;
  }

  /** How messages are filed before a change; what is wrongly known is stale at the server. */
  async #before(
    ids: readonly EntryId[],
    change: FilingChange,
    known: ReadonlyMap<EntryId, KnownFiling>,
  ): Promise<Before> {
    const told = ids.flatMap((id) => known.get(id) ?? []).filter((one) => !isDone(one, change));
    const isTold = new Set(told.map(({ id }) => id));
    return { told, read: await this.read(ids.filter((id) => !isTold.has(id))) };
  }

  async #changeSome(
    { told, read }: Before,
    change: FilingChange,
    unchangedSince: number,
  ): Promise<FiledMessage[]> {
    const done: FiledMessage[] = [];
    const isMeant = ({ modseq }: KnownFiling) => modseq <= unchangedSince;
    let [known, left] = [told.filter(isMeant), read.filter(isMeant)];
    const attempt = async () => {
      requireIntact(left);
      done.push(...left.filter((one) => isDone(one, change))); // perhaps the quicker one did the same
      const wanted = [...known, ...left.filter((one) => !isDone(one, change))];
      const { filed, stale } = await this.#file(wanted, change);
      done.push(...filed);
      [known, left] = [[], stale.filter(isMeant)];
      return left.length === 0;
    };
    if (await tryAnew(attempt, () => Promise.resolve(), filingAttempts)) return done;
    const names = listIds(left.map(({ id }) => id));
    throw new MailError(
      "try_later",
      `Cannot change message ${names}: other machines keep changing it`,
    );
  }

  /** What is stale comes back as it is now. */
  async #file(
    messages: readonly KnownFiling[],
    change: FilingChange,
  ): Promise<{ filed: FiledMessage[]; stale: FiledMessage[] }> {
    if (messages.length === 0) return { filed: [], stale: [] };
    const filings = await Promise.all(messages.map((one) => this.#next(one, change)));
    const { answers } = await this.#context.client.repeat("file", { filings });
    if (answers.length !== messages.length) throw unexpectedReply();
    const of = async (outcome: "filed" | "stale") =>
      await this.open(
        answers.flatMap((answer, at) => {
          if (answer.outcome !== outcome) return [];
          if (answer.entry?.id !== messages[at]!.id) throw unexpectedReply();
          return answer.entry;
        }),
      );
    return { filed: await of("filed"), stale: await of("stale") };
  }

  async #next(
    { id, envelopeDigest, version: expectedVersion, filing }: KnownFiling,
    change: FilingChange,
  ): Promise<RequestOf<"file">["filings"][number]> {
    const { mailboxKey } = await this.#context.account;
    const next = applyChange(filing, change);
    const sealed = await sealFiling(mailboxKey, envelopeDigest, expectedVersion + 1, next);
    return { id, expectedVersion, moves: change.comesAnew || comesAnew(filing, next), ...sealed };
  }

  #note(id: EntryId, version: number): void {
    const seen = this.#versions.get(id) ?? 0;
    if (version < seen) throw wentBack(id);
    if (version > seen) this.#versions.set(id, version); // most were never filed
  }
}

interface Before {
  /** As it was heard of. */
  readonly told: readonly KnownFiling[];
  /** As it was read just now. */
  readonly read: readonly FiledMessage[];
}

function isDone({ filing }: KnownFiling, change: FilingChange): boolean {
  return !change.comesAnew && isSameFiling(filing, applyChange(filing, change));
}

/** True for what comes into another folder, and where the message itself comes in the place of a note. */
function comesAnew(before: Filing, after: Filing): boolean {
  const wasNote = before.flags.includes("noted") && !after.flags.includes("noted");
  return before.folder !== after.folder || wasNote;
}

function requireEachOnce(numbers: readonly number[]): void {
  if (new Set(numbers).size !== numbers.length) throw unexpectedReply();
}

function requireAnswers(answered: readonly (EntryId | null)[], ids: readonly EntryId[]): void {
  const isRight = answered.length === ids.length &&
    answered.every((id, at) => id === null || id === ids[at]);
  if (!isRight) throw unexpectedReply();
}

/** Whoever changed what was altered would seal its loss. */
function requireIntact(messages: readonly FiledMessage[]): void {
  const broken = messages.filter(({ isIntact }) => !isIntact).map(({ id }) => id);
  if (broken.length === 0) return;
  throw new MailError(
    "bad_signature",
    `Cannot trust the server: it altered the flags and the folder of message ${listIds(broken)}`,
  );
}

/** Of a message that was seen filed otherwise, later. */
export function wentBack(id: EntryId): MailError {
  return new MailError(
    "bad_signature",
    `Cannot trust the server: it shows older flags of message ${id} than were seen before`,
  );
}
