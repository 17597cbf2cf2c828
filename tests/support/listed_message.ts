/** A message of the inbox as the client lists it, for tests of what is worked out from such. */
import type { ListedMessage } from "../../src/client/reading/opened_entry.ts";
import { asAddress } from "../../src/model/address.ts";
import { unfiled } from "../../src/model/filing.ts";
import { entryId } from "../../src/model/ids.ts";
import type { Headers } from "../../src/model/message.ts";
import { bareHeaders } from "./envelope.ts";

/** From Alice, signed by a key nobody compared; tests give what matters to them. */
export function listedMessage(
  headers: Partial<Headers> = {},
  more: Partial<ListedMessage> = {},
): ListedMessage {
  return {
    id: entryId(7),
    box: "inbox",
    from: asAddress("alice@x.test"),
    storedAt: 0,
    readAt: null,
    sealedBytes: 1,
    encodedBytes: null,
    outcome: "signed",
    senderFingerprint: null,
    deliveries: [],
    bounced: null,
    retentionNotice: null,
    origin: null,
    notBefore: null,
    heldUntil: null,
    cancelledAt: null,
    expiresAt: null,
    burn: false,
    number: 0,
    filing: unfiled,
    place: 7,
    isKnown: true,
    headers: {
      ...bareHeaders,
      messageId: "1@x.test",
      date: 0,
      from: "alice@x.test",
      ...headers,
    },
    ...more,
  };
}
