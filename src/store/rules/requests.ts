/** What the same request twice means, and how long it is known. */
import { conflictingRequest } from "../failures.ts";
import type { RequestKey } from "../request_store.ts";

/** The last of one account that are kept, and for how long: far more than whoever asks again at once needs. */
export const keptRequests = { most: 1_000, ms: 7 * 86_400_000 } as const;

/** @throws {MailError} `conflict` where the id was that of another call */
export function requireSameCall(earlier: Pick<RequestKey, "call">, request: RequestKey): void {
  if (earlier.call !== request.call) throw conflictingRequest();
}
