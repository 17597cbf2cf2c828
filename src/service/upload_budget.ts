/** What the uploads of each account that wait for their send may take together, over all of its sessions. */
import type { AccountId } from "../model/ids.ts";
import { MailError } from "../model/errors.ts";

export class UploadBudget {
  readonly #maxBytes: () => number;
  readonly #taken = new Map<AccountId, number>();

  /** `maxBytes`: of one account, asked each time; 0 is no bound. */
  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes;
  }

  /** Counts bytes that are about to be stored. @throws {MailError} `try_later`, counting nothing */
  take(accountId: AccountId, bytes: number): void {
    const taken = (this.#taken.get(accountId) ?? 0) + bytes;
    const most = this.#maxBytes();
    if (most > 0 && taken > most) throw tooMuch(most);
    this.#taken.set(accountId, taken);
  }

  /** Counts bytes no more that a message has taken, or that were dropped. */
  giveBack(accountId: AccountId, bytes: number): void {
    const left = (this.#taken.get(accountId) ?? 0) - bytes;
    if (left > 0) this.#taken.set(accountId, left);
    else this.#taken.delete(accountId);
  }

  /** Accounts that have something waiting. */
  get size(): number {
    return this.#taken.size;
  }
}

function tooMuch(maxBytes: number): MailError {
  return new MailError(
    "try_later",
    `Cannot accept more of the upload: an account may have ${maxBytes} bytes that are not sent yet`,
    { hint: "Try again when the account's other messages are sent." },
  );
}
