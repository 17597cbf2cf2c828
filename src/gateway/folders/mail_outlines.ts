/**
 * Headers and structures of messages. Those that some machine of the owner's kept at the server are fetched ahead of a
 * program that goes through a folder; what is found in an opened message is kept for all of them.
 */
import type { NewOutline, OutlinedEntry } from "../../client/filing/outlines.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import type { MimeStructure } from "../../mime/structure.ts";
import { isFailure } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { bestEffort } from "../../model/promises.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import { uidAtLeast } from "./by_uid.ts";
import { ByteBoundMap } from "./byte_bound_map.ts";
import { digestOf, type FiledMail, type FolderState } from "./folder_state.ts";
import type { MailOutline } from "./mail_folders.ts";

const maxKeptBytes = 32 * 1024 * 1024;
/** About what an outline takes besides its texts; a part; a parameter; a text; and what ENVELOPE is written from, a byte. */
const outlineBytes = 1_536;
const [partBytes, parameterBytes, textBytes, envelopeBytes] = [512, 64, 16, 6];
/** What is larger in memory is longer than servers keep. */
const mostSaved = 8 * limits.maxOutlineBytes;
/** What a program that looks at one message gets of its neighbours; more and more where it goes on. */
const fewAhead = 8;
const maxUnsaved = 100;

type Known = MailOutline & { readonly bytes: number };

export class MailOutlines {
  readonly #mailbox: ReconnectingMailbox;
  readonly #state: FolderState;
  readonly #kept = new ByteBoundMap<number, Known>(maxKeptBytes);
  /** UIDs of those that had none at the server: they are opened without asking again. */
  readonly #missing = new Set<number>();
  /** Of those that ask together, the first fetches for all. */
  readonly #queue = new SerialQueue();
  #unsaved: NewOutline[] = [];
  #ahead = { from: 0, count: fewAhead };

  constructor(mailbox: ReconnectingMailbox, state: FolderState) {
    this.#mailbox = mailbox;
    this.#state = state;
  }

  /** Finds the outline of a message that has so many bytes; null: nobody has opened it for one yet. */
  async find(mail: FiledMail, bytes: number): Promise<MailOutline | null> {
    const known = () => this.#missing.has(mail.uid) ? null : this.#kept.get(mail.uid);
    let found = known();
    if (found === undefined) {
      found = await this.#queue.run(async () => {
        const meanwhile = known();
        return meanwhile === undefined ? await this.#fetch(mail) : meanwhile;
      });
    }
    return found === null || found.bytes !== bytes ? null : found;
  }

  /** Keeps what was found in a message, here and at the server. */
  keep(mail: FiledMail, found: Known): void {
    this.#remember(mail, found);
    if (sizeOf(found.structure) > mostSaved) return;
    this.#unsaved.push({ entry: entryOf(mail), outline: found });
    if (this.#unsaved.length >= maxUnsaved) this.save();
  }

  /** Hands what was found to the server. Nobody waits for it: without it, the message is opened once more. */
  save(): void {
    const outlines = this.#unsaved.splice(0);
    if (outlines.length === 0) return;
    bestEffort(
      this.#mailbox.ask(async (mailbox) => (await mailbox.filed()).saveOutlines(outlines)),
    );
  }

  async #fetch(mail: FiledMail): Promise<Known | null> {
    const asked = this.#next(mail);
    const found = await this.#mailbox.ask(async (mailbox) =>
      await (await mailbox.filed()).outlines(asked.map(entryOf))
    ).catch((error) => {
      if (!isFailure(error, "denied")) throw error;
      return [];
    });
    for (const [at, one] of asked.entries()) {
      if (found[at]) this.#remember(one, found[at]);
      else this.#missing.add(one.uid);
    }
    return found[0] ?? null;
  }

  /** The message, and some of those behind it: many once a program goes through them one after the other. */
  #next(mail: FiledMail): FiledMail[] {
    const count = this.#ahead.from === mail.uid
      ? Math.min(limits.maxListEntries, 4 * this.#ahead.count)
      : fewAhead;
    const all = this.#state.messages(mail.folder);
    const at = uidAtLeast(all, mail.uid);
    if (all[at]?.uid !== mail.uid) return [mail];
    this.#ahead = { from: all[at + count]?.uid ?? 0, count };
    const isKnown = (uid: number) => this.#missing.has(uid) || this.#kept.get(uid) !== undefined;
    return all.slice(at, at + count).filter(({ uid }) => uid === mail.uid || !isKnown(uid));
  }

  #remember({ uid }: FiledMail, found: Known): void {
    this.#missing.delete(uid);
    this.#kept.set(uid, found, outlineBytes + found.header.length + sizeOf(found.structure));
  }
}

/** About what a structure takes in memory: a few hundred bytes of a message may become many times as many. */
function sizeOf(part: MimeStructure): number {
  const { parameters, disposition, languages, id, description, location, envelopeFields } = part;
  const all = [...parameters, ...disposition?.parameters ?? []];
  const texts = [id ?? "", description ?? "", location ?? "", ...languages]
    .concat(all.flatMap(({ name, value }) => [name, value]));
  const inner = part.message === null ? part.parts : [part.message];
  return partBytes + parameterBytes * all.length +
    texts.reduce((sum, { length }) => sum + textBytes + length, 0) +
    envelopeBytes * (envelopeFields?.length ?? 0) +
    inner.reduce((sum, each) => sum + sizeOf(each), 0);
}

function entryOf(mail: FiledMail): OutlinedEntry {
  return { id: mail.id, box: mail.box, envelopeDigest: digestOf(mail) };
}
