/**
 * Ids that are told apart by their types. A number becomes one where it enters, by the function of that
 * name: decoded from the wire, read from what a person wrote, or made. A row of the database says it in its type.
 */
declare const brand: unique symbol;

/** A type that is told apart by a name. At run time such a value is what it was made of. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };

/** An account in the store; nobody outside the server sees it. */
export type AccountId = Brand<number, "account">;
/** A message in one account's box: short, counted up within the account, never reused. */
export type EntryId = Brand<number, "entry">;
/** A message in the store, whoever has it; nobody outside the store sees it. */
export type MessageId = Brand<number, "message">;
/** A body on its way in. */
export type UploadId = Brand<number, "upload">;

/** Named in one sentence; a person reads no more, and of a large mailbox there may be a million. */
const maxListed = 10;

/** Names messages in a sentence. */
export function listIds(ids: Iterable<EntryId>): string {
  const all = [...ids];
  const more = all.length > maxListed ? ` and ${all.length - maxListed} more` : "";
  return `${all.slice(0, maxListed).join(", ")}${more}`;
}

export const accountId = (value: number): AccountId => value as AccountId;
export const entryId = (value: number): EntryId => value as EntryId;
export const messageId = (value: number): MessageId => value as MessageId;
export const uploadId = (value: number): UploadId => value as UploadId;
