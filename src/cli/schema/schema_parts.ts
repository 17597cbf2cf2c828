/** What the JSON of several commands has in common: the parts that the table in schemas.ts is made of. */
import { appPasswordScopes } from "../../model/app_password.ts";
import { outcomes } from "../../model/message.ts";
import { flag, formed, list, nullable, object, oneOf, text, whole } from "./json_schema.ts";

export const id = whole(1, "Of a message in this mailbox; short, and never used again");
export const time = formed(
  "^[+-]?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
  "ISO 8601, in UTC",
);
export const fingerprint = formed("^[0-9a-f]{64}$", "SHA-256 of public keys, hexadecimal");
export const address = formed("^[^@]+@[^@]+$", "NAME@DOMAIN");
export const server = formed("^.+:[0-9]+$", "HOST:PORT");
export const name = text("The account's name, without the domain");

const attachment = object({
  number: whole(1, "For read --attachment"),
  name: text("As the sender wrote it: not safe as a path"),
  type: text("The media type"),
  size: whole(0, "Bytes"),
});

const reason = oneOf(
  ["no_such_account", "account_deleted", "expired", "not_kept", "mailbox_full"],
  "Why it came back",
);

const delivery = object({
  recipient: address,
  state: oneOf(["held", "cancelled", "stored", "read", "returned"], "How far it got"),
  readAt: nullable(time),
  receipt: nullable(
    oneOf(
      ["verified", "signed", "unknown", "changed", "invalid"],
      "What checking the reader's receipt found; only verified and signed say that it was read",
    ),
  ),
  reason: nullable(reason),
});

const origin = object({
  kind: oneOf(["import", "smtp"], "You imported it; or it came from outside, by SMTP"),
  at: nullable(time),
  account: nullable(text("Whose login it was sent with; null: nobody's")),
  sender: nullable(text("What it gave as its sender (MAIL FROM); not checked")),
  host: nullable(text("What the other host called itself; not checked")),
  address: nullable(text("The network address that it came from")),
});

export const listed = {
  id,
  box: oneOf(["inbox", "sent"], "Where it is"),
  outcome: oneOf(outcomes, "What checking the signature found; see mailctl help inbox"),
  senderFingerprint: nullable(fingerprint),
  from: formed("^[^@]+@[^@]+$", "The account that the server took it from"),
  claimedFrom: nullable(
    text("Who it says that it is from, where outcome is imported or unsigned; else null"),
  ),
  to: list(text("An address, as the sender wrote it")),
  cc: list(text("An address, as the sender wrote it")),
  bcc: list(text("An address; in your own copy only")),
  subject: nullable(text("Null where the message cannot be opened")),
  date: nullable(time),
  storedAt: nullable(time),
  readAt: nullable(time),
  messageId: nullable(text("RFC 5322 Message-ID")),
  inReplyTo: nullable(text("Message-ID of what it answers")),
  sealedBytes: whole(0, "What it takes at the server"),
  attachments: list(attachment),
  deliveries: list(delivery),
  returned: nullable(object({ reason, recipient: address, at: nullable(time) })),
  removal: nullable(object({
    messages: whole(1, "How many go, of both boxes"),
    oldest: nullable(time),
    at: nullable(time),
    goesAt: nullable(time),
  })),
  origin: nullable(origin),
  heldUntil: nullable(time),
  cancelledAt: nullable(time),
  burn: flag("It is erased when it is read; in sent, at its recipients"),
};

export const opened = object({
  ...listed,
  body: nullable(text("UTF-8 of at most 1 MiB; else null")),
  bodyBase64: nullable(text("The bytes of the body where `body` is null")),
});

export const page = object({
  total: whole(0, "Of the whole box, whatever was asked for"),
  unread: whole(0, "Of the whole box"),
  messages: list(object(listed)),
});

export const account = { name, domain: text("What comes after the @"), address, fingerprint };

export const spoken = text("The fingerprint as digits to read to each other");
const known = object({
  fingerprint,
  spoken,
  verified: flag("Somebody compared it"),
  since: nullable(time),
});
export const comparison = object({
  address,
  fingerprint,
  spoken,
  state: oneOf(["unknown", "signed", "verified", "changed"], "What is known of the key"),
  since: nullable(time),
  known: nullable(known),
  own: object({ address, fingerprint, spoken }),
});

export const appPassword = {
  name: text("What its owner calls it"),
  scope: oneOf(appPasswordScopes, "What it is good for"),
  created: nullable(time),
  lastUsed: nullable(time),
};

export const inviteId = formed("^[0-9a-f]{12}$", "Of an invite, made from the hash of its token");
const bound = nullable(whole(1, "Null: no bound"));
export const report = object({
  name,
  state: text("enabled or disabled"),
  fingerprint,
  created: nullable(time),
  disabled: nullable(time),
  sessions: whole(0, "Open now"),
  messages: whole(0, "In the mailbox"),
  unread: whole(0, "Of these"),
  bytes: whole(0, "That count for the quota"),
  quota: object({ bytes: bound, messages: bound, own: flag("Not the server's default") }),
});

export const service = object({
  host: text("A loopback address"),
  port: whole(1, "TCP"),
  security: oneOf(["starttls", "tls"], "STARTTLS or STLS may be used; or TLS comes first"),
});

export const sent = object({
  id,
  messageId: text("RFC 5322 Message-ID"),
  repeated: flag("It was sent before under the same --key, and not again"),
  to: list(text("As it was given")),
  cc: list(text("As it was given")),
  bcc: list(text("As it was given")),
  returned: list(text("Whom it could not reach: your inbox has a notice")),
  receipts: list(object({ recipient: address, readAt: nullable(time) })),
  heldUntil: nullable(time),
});
export const queued = text("Of a message in the queue of this machine");
export const failed = object({ code: text("See mailctl help exit-codes"), message: text("Why") });
