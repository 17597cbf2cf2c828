/** What the JSON of several commands has in common: the parts that the table in schemas.ts is made of. */
import { appPasswordScopes } from "../../model/device.ts";
import { folderUses, shownFlags } from "../../model/filing.ts";
import { outcomes } from "../../model/message.ts";
import { either, flag, formed, list, nullable, object, oneOf, text, whole } from "./json_schema.ts";

export const id = whole(1, "The id of a message in this mailbox; it is never used again");
export const time = formed(
  "^[+-]?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
  "ISO 8601, in UTC",
);
export const fingerprint = formed("^[0-9a-f]{64}$", "SHA-256 of public keys, in hexadecimal");
export const address = formed("^[^@]+@[^@]+$", "NAME@DOMAIN");
export const server = formed("^.+:[0-9]+$", "HOST:PORT");
export const name = text("The account's name, without the domain");

const attachment = object({
  number: whole(1, "The number for read --attachment"),
  name: text("The file name that the sender chose; it is not safe as a path"),
  type: text("The media type"),
  size: whole(0, "Its size in bytes"),
});

const reason = oneOf(
  ["no_such_account", "account_deleted", "expired", "not_kept", "mailbox_full"],
  "Why it was returned to you",
);

const delivery = object({
  recipient: address,
  state: oneOf(
    ["held", "cancelled", "stored", "received", "read", "bounced"],
    "The state of the delivery",
  ),
  readAt: nullable(time),
  receipt: nullable(
    oneOf(
      ["verified", "signed", "unknown", "changed", "invalid"],
      "The result of checking the receipt; only verified and signed mean that it was read",
    ),
  ),
  reason: nullable(reason),
});

const origin = object({
  kind: oneOf(["import", "smtp"], "import: you imported it; smtp: it came by SMTP"),
  at: nullable(time),
  account: nullable(text("The account that was logged in; null without a login")),
  sender: nullable(text("The sender that it gave (MAIL FROM); not checked")),
  host: nullable(text("The name that the other host gave; not checked")),
  address: nullable(text("The network address of the other host")),
});

export const listed = {
  id,
  box: oneOf(["inbox", "sent"], "inbox: you received it; sent: you sent it"),
  outcome: oneOf(outcomes, "The result of checking the signature; see mailctl help inbox"),
  senderFingerprint: nullable(fingerprint),
  from: nullable(
    formed("^[^@]+@[^@]+$", "The account that sent it; null if outcome is imported or unsigned"),
  ),
  claimedFrom: nullable(
    text(
      "The sender that it names, which nobody signed; null unless outcome is imported or unsigned",
    ),
  ),
  to: list(text("An address, as the sender wrote it")),
  cc: list(text("An address, as the sender wrote it")),
  bcc: list(text("An address; in your own copy only")),
  subject: nullable(text("Null if the message cannot be opened")),
  date: nullable(time),
  storedAt: nullable(time),
  receivedAt: nullable(time),
  readAt: nullable(time),
  messageId: nullable(text("RFC 5322 Message-ID")),
  inReplyTo: nullable(text("The Message-ID of the message that it answers")),
  sealedBytes: whole(0, "Its size at the server, in bytes"),
  attachments: list(attachment),
  deliveries: list(delivery),
  bounced: nullable(object({ reason, recipient: address, at: nullable(time) })),
  retentionNotice: nullable(object({
    messages: whole(1, "The number of messages that will be removed"),
    oldest: nullable(time),
    at: nullable(time),
    goesAt: nullable(time),
  })),
  origin: nullable(origin),
  notBefore: nullable(time),
  heldUntil: nullable(time),
  cancelledAt: nullable(time),
  expiresAt: nullable(time),
  burn: flag("True if it is erased once it is read; in sent, for its recipients"),
  folder: text("The name of the folder that it is in"),
  flags: list(oneOf(shownFlags, "What was noted about it")),
  keywords: list(text("A keyword that you gave it")),
};

export const opened = object({
  ...listed,
  body: nullable(text("The body, if it is UTF-8 of at most 1 MiB; else null")),
  bodyBase64: nullable(text("The bytes of the body in base64, if `body` is null")),
  text: nullable(
    text("All text of the message, decoded, as `mailctl read` shows it; at most 1 MiB"),
  ),
  type: nullable(text("The media type of the body")),
  charset: nullable(text("The charset of the body, as the sender wrote it")),
});

export const missing = list(object({
  from: address,
  count: whole(1, "How many messages from there are missing"),
}));

export const more = flag("True if there may be more messages");

export const page = object({
  total: whole(0, "The number of messages in the folder, listed or not"),
  unread: whole(0, "The number of unread messages in the folder"),
  messages: list(object(listed)),
  more,
  missing,
});

export const account = { name, domain: text("The part after the @"), address, fingerprint };

export const spoken = text("The fingerprint as digits, to read aloud");
const known = object({
  fingerprint,
  spoken,
  verified: flag("True if you have compared it"),
  since: nullable(time),
});
export const comparison = object({
  address,
  fingerprint,
  spoken,
  state: oneOf(["unknown", "signed", "verified", "changed"], "The state of the key"),
  since: nullable(time),
  known: nullable(known),
  own: object({ address, fingerprint, spoken }),
});

export const appPassword = {
  name: text("The name that its owner chose"),
  scope: oneOf(appPasswordScopes, "What it permits"),
  created: nullable(time),
  lastUsed: nullable(time),
};

export const inviteId = formed(
  "^[0-9a-f]{12}$",
  "The id of an invite, made from the hash of its token",
);
const bound = nullable(whole(1, "Null means no limit"));
export const report = object({
  name,
  state: text("enabled or disabled"),
  fingerprint,
  created: nullable(time),
  disabled: nullable(time),
  sessions: whole(0, "The number of open sessions"),
  messages: whole(0, "The number of messages in the mailbox"),
  unread: whole(0, "The number of unread messages"),
  bytes: whole(0, "The size that counts for the quota"),
  quota: object({
    bytes: bound,
    messages: bound,
    own: flag("True if it is not the server's default"),
  }),
});

export const service = object({
  host: text("A loopback address"),
  port: whole(1, "The TCP port"),
  security: oneOf(
    ["starttls", "tls"],
    "starttls: STARTTLS or STLS is possible; tls: TLS from the first byte",
  ),
});

/** With --save-draft, the draft. */
export const sent = either(
  object({
    id,
    messageId: text("RFC 5322 Message-ID"),
    repeated: flag("True if it was sent before with the same --key, and not again"),
    to: list(address),
    cc: list(address),
    bcc: list(address),
    bounced: list(text("A recipient that does not exist; your inbox has a notice")),
    receipts: list(object({ recipient: address, readAt: nullable(time) })),
    heldUntil: nullable(time),
  }),
  object({ draft: id }),
);
export const queued = text("The id of a message in the queue of this machine");
export const failed = object({
  code: text("See mailctl help exit-statuses"),
  message: text("Why it failed"),
});

export const folderName = text("The name of a folder");
export const folder = object({
  name: folderName,
  use: oneOf(["inbox", "sent", ...folderUses], "What it is for; none for a folder of your own"),
  messages: whole(0, "The number of messages in it"),
  unread: whole(0, "The number of unread messages in it"),
});
/** What `move` and its like write. */
export const moved = object({ moved: list(id), folder: folderName });
