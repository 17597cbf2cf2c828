/** Requests that changed something: one that comes again under its id changes nothing more, and tells the first result. */
import type { AccountName } from "../model/address.ts";
import type { RequestId } from "../model/digests.ts";

/** Names a request. Its id is a secret of who asks and the server. */
export interface RequestKey {
  /** Whose it is: also an account that the request makes, or closes. `systemName`: an administrator's. */
  readonly account: AccountName;
  readonly id: RequestId;
  /** What is asked for. */
  readonly call: string;
  readonly at: number;
}

export interface RequestStore {
  /** Tells whether a request was carried out. @throws {MailError} `conflict` where its id was another call's */
  wasCarriedOut(request: RequestKey): Promise<boolean>;
}
