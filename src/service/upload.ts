/** Sealed bodies that come in pieces, on behalf of one session: counted, bounded, and dropped with it. */
import type { AccountId, UploadId } from "../model/ids.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { bestEffort, heardElsewhere } from "../model/promises.ts";
import type { Account } from "../store/account_store.ts";
import type { BodyStore } from "../store/body_store.ts";
import type { Store } from "../store/store.ts";
import type { UploadBudget } from "./upload_budget.ts";

/** Uploads that a session may have waiting for their send. */
const maxWaiting = 4;
/** Chunks on their way to the store; more make the sender wait. */
const maxInFlight = 4;

/** One body on its way in. */
export class Upload {
  readonly id: UploadId;
  readonly #store: BodyStore;
  readonly #maxBytes: number;
  /** Counts bytes for the account. @throws {MailError} `try_later` */
  readonly #take: (bytes: number) => void;
  readonly #inFlight: Promise<void>[] = [];
  /** The chunk that is being filled: frames may be far smaller than a chunk. */
  #chunk: Uint8Array | null = null;
  #chunkBytes = 0;
  #bytes = 0;
  /** Of the next chunk. */
  #position = 0;

  constructor(
    store: BodyStore,
    id: UploadId,
    bounds: { readonly maxBytes: number; readonly take: (bytes: number) => void },
  ) {
    this.#store = store;
    this.id = id;
    this.#maxBytes = bounds.maxBytes;
    this.#take = bounds.take;
  }

  /** Bytes taken so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes the next bytes, for good; small ones are gathered into whole chunks.
   * @throws {MailError} `too_large`, `try_later`
   */
  async append(bytes: Uint8Array): Promise<void> {
    const after = this.#bytes + bytes.length;
    if (after > this.#maxBytes) throw overLimit(after, this.#maxBytes);
    this.#take(bytes.length);
    this.#bytes = after;
    if (this.#chunk === null && bytes.length === limits.chunkBytes) return await this.#pass(bytes);
    for (let at = 0; at < bytes.length;) {
      this.#chunk ??= new Uint8Array(limits.chunkBytes);
      const piece = bytes.subarray(at, at + limits.chunkBytes - this.#chunkBytes);
      this.#chunk.set(piece, this.#chunkBytes);
      this.#chunkBytes += piece.length;
      at += piece.length;
      if (this.#chunkBytes === limits.chunkBytes) await this.#passGathered();
    }
  }

  /** Waits until all of it has reached the store. */
  async finish(): Promise<void> {
    if (this.#chunkBytes > 0) await this.#passGathered();
    await Promise.all(this.#inFlight.splice(0));
  }

  #passGathered(): Promise<void> {
    const chunk = this.#chunk!.subarray(0, this.#chunkBytes);
    this.#chunk = null;
    this.#chunkBytes = 0;
    return this.#pass(chunk);
  }

  async #pass(chunk: Uint8Array): Promise<void> {
    const done = this.#store.appendUpload(this.id, this.#position++, chunk);
    heardElsewhere(done); // by a later chunk, or by `finish`
    this.#inFlight.push(done);
    if (this.#inFlight.length >= maxInFlight) await this.#inFlight.shift();
  }
}

/** All uploads of one session. */
export class Uploads {
  readonly #store: Store;
  readonly #maxBytes: number;
  readonly #budget: UploadBudget;
  readonly #open = new Map<UploadId, { readonly accountId: AccountId; readonly upload: Upload }>();

  /** `store`: what drops an upload also when its session is over. `maxBytes` bounds one sealed body, `budget` all of an account that wait. */
  constructor(store: Store, maxBytes: number, budget: UploadBudget) {
    this.#store = store;
    this.#maxBytes = maxBytes;
    this.#budget = budget;
  }

  /** Uploads that have begun and that no message has taken. */
  get waiting(): number {
    return this.#open.size;
  }

  /** Begins a body. @throws {MailError} `try_later` while too many wait for their send */
  async begin(account: Account): Promise<Upload> {
    if (this.#open.size >= maxWaiting) {
      throw new MailError(
        "try_later",
        `Cannot begin another upload: ${this.#open.size} are not sent yet, and the limit is ${maxWaiting}`,
      );
    }
    const { id: accountId } = account;
    const store = this.#store.as(account);
    const id = await store.beginUpload(accountId);
    const take = (bytes: number) => this.#budget.take(accountId, bytes);
    const upload = new Upload(store, id, { maxBytes: this.#maxBytes, take });
    this.#open.set(id, { accountId, upload });
    return upload;
  }

  /** Returns how many bytes an upload has. @throws {MailError} `malformed` for one that is not this session's. */
  bytesOf(id: UploadId): number {
    const open = this.#open.get(id);
    if (open !== undefined) return open.upload.bytes;
    throw new MailError("malformed", `Cannot find the upload ${id} in this session`);
  }

  /**
   * Drops an upload, unless a message took it. Whoever asks may have stored that message, so it never fails: what a store
   * cannot drop now, as where it is away, it drops with what servers left that are gone.
   */
  async discard(id: UploadId): Promise<void> {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    this.#budget.giveBack(open.accountId, open.upload.bytes);
    await bestEffort(this.#store.discardUpload(id));
  }

  async discardAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.discard(id)));
  }
}

function overLimit(bytes: number, maxBytes: number): MailError {
  return new MailError(
    "too_large",
    `Cannot accept an encrypted body of ${bytes} bytes: the limit is ${maxBytes}`,
  );
}
