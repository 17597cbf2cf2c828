/**
 * Mail that came as mail and is still in the mailbox: what `export` wrote of it is not imported beside it. Its
 * Message-ID finds it, the digests of its body make sure.
 */
import type { EntryId } from "../../model/ids.ts";
import { describeStart } from "../../mime/unsigned.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { BodyDigests, Box } from "../../model/message.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import type { SerialQueue } from "../../model/serial_queue.ts";

/** What is asked of the mailbox. */
export interface PresentSource {
  /** Ends `@domain` of every sender that it may hold mail of. */
  readonly domain: string;
  messages(box: Box): AsyncIterable<ListedMessage>;
  digests(id: EntryId): Promise<BodyDigests | null>;
}

interface Candidate {
  readonly box: Box;
  readonly bytes: Uint8Array;
  readonly digests: BodyDigests;
}

export class Present {
  readonly #source: PresentSource;
  /** By box, then by Message-ID; a box is read once, when a message could be in it. */
  readonly #boxes = new Map<Box, Promise<Map<string, EntryId[]>>>();

  constructor(source: PresentSource) {
    this.#source = source;
  }

  /** Tells whether the message is there. Only what says that it is from the own domain can be. */
  async has({ box, bytes, digests }: Candidate, connection: SerialQueue): Promise<boolean> {
    const { from, messageId } = describeStart(bytes);
    if (messageId === null || !from.endsWith(`@${this.#source.domain}`)) return false;
    return await connection.run(async () => {
      const ids = (await this.#idsOf(box)).get(messageId) ?? [];
      for (const id of ids) {
        const found = await this.#source.digests(id);
        if (found !== null && isSame(found, digests)) return true;
      }
      return false;
    });
  }

  #idsOf(box: Box): Promise<Map<string, EntryId[]>> {
    const known = this.#boxes.get(box) ?? this.#read(box);
    this.#boxes.set(box, known);
    return known;
  }

  async #read(box: Box): Promise<Map<string, EntryId[]>> {
    const found = new Map<string, EntryId[]>();
    for await (const { id, headers, origin, outcome } of this.#source.messages(box)) {
      const isImport = origin?.kind === "import"; // found by its key
      if (headers === null || isImport || outcome === "invalid") continue;
      found.set(headers.messageId, [...found.get(headers.messageId) ?? [], id]);
    }
    return found;
  }
}

function isSame(a: BodyDigests, b: BodyDigests): boolean {
  return a.bodyBytes === b.bodyBytes && a.bodyPieces.length === b.bodyPieces.length &&
    a.bodyPieces.every((piece, at) => equalBytes(piece, b.bodyPieces[at]!));
}
