/**
 * What every command writes with `--json`, one entry each: for `mailctl help schema`, for the compiler (the code that
 * writes takes its types from here, and nothing else: a command never loads this file) and for the tests. A new one
 * takes a case in tests/e2e/golden_test.ts, and `deno task golden`.
 */
import { appPasswordScopes } from "../model/app_password.ts";
import { type FailureCode, failures } from "../model/errors.ts";
import { outcomes } from "../model/message.ts";
import {
  amount,
  either,
  flag,
  formed,
  list,
  nullable,
  object,
  oneOf,
  type Schema,
  text,
  type ValueOf,
  whole,
} from "./json_schema.ts";

const id = whole(1, "Of a message in this mailbox; short, and never used again");
const time = formed(
  "^[+-]?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
  "ISO 8601, in UTC",
);
const fingerprint = formed("^[0-9a-f]{64}$", "SHA-256 of public keys, hexadecimal");
const address = formed("^[^@]+@[^@]+$", "NAME@DOMAIN");
const server = formed("^.+:[0-9]+$", "HOST:PORT");
const name = text("The account's name, without the domain");

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

const listed = {
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

const opened = object({
  ...listed,
  body: nullable(text("UTF-8 of at most 1 MiB; else null")),
  bodyBase64: nullable(text("The bytes of the body where `body` is null")),
});

const page = object({
  total: whole(0, "Of the whole box, whatever was asked for"),
  unread: whole(0, "Of the whole box"),
  messages: list(object(listed)),
});

const account = { name, domain: text("What comes after the @"), address, fingerprint };

const spoken = text("The fingerprint as digits to read to each other");
const known = object({
  fingerprint,
  spoken,
  verified: flag("Somebody compared it"),
  since: nullable(time),
});
const comparison = object({
  address,
  fingerprint,
  spoken,
  state: oneOf(["unknown", "signed", "verified", "changed"], "What is known of the key"),
  since: nullable(time),
  known: nullable(known),
  own: object({ address, fingerprint, spoken }),
});

const appPassword = {
  name: text("What its owner calls it"),
  scope: oneOf(appPasswordScopes, "What it is good for"),
  created: nullable(time),
  lastUsed: nullable(time),
};

const inviteId = formed("^[0-9a-f]{12}$", "Of an invite, made from the hash of its token");
const bound = nullable(whole(1, "Null: no bound"));
const report = object({
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

const service = object({
  host: text("A loopback address"),
  port: whole(1, "TCP"),
  security: oneOf(["starttls", "tls"], "STARTTLS or STLS may be used; or TLS comes first"),
});

const sent = object({
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
const queued = text("Of a message in the queue of this machine");
const failed = object({ code: text("See mailctl help exit-codes"), message: text("Why") });

const table = {
  register: object(account),
  login: object(account),
  logout: object({ dropped: list(object({ server, name })) }),
  passwd: object({ changed: address }),
  "account recovery": object({
    address,
    code: nullable(text("Shown this once; null where the code there was is revoked")),
  }),
  "account recover": object(account),
  "keys rotate": object({
    ...account,
    recoveryEnded: nullable(flag("The recovery code ended; null where nobody can tell")),
  }),
  "keys export": object({
    address,
    fingerprint,
    path: nullable(text("Of the file; null: it is `content`")),
    content: nullable(text("An age identity file, or one sealed with the passphrase")),
  }),
  "keys import": object({
    address,
    imported: whole(0, "Keys that were not there before"),
    recoveryEnded: flag("The recovery code ended"),
  }),
  whoami: object({ ...account, server, serverFingerprint: fingerprint, spoken }),
  send: sent,
  reply: sent,
  forward: sent,
  thread: object({ messages: list(object(listed)) }),
  queue: object({
    queue: list(object({
      id: queued,
      state: oneOf(["waiting", "failed"], "What failed is tried by queue flush only"),
      queuedAt: nullable(time),
      size: whole(0, "Bytes"),
      tries: whole(0, "So far"),
      recipients: list(text("As they were given")),
      failure: nullable(failed),
      user: name,
      server: text("HOST:PORT[#FINGERPRINT]"),
    })),
  }),
  "queue flush": object({
    tried: list(object({
      id: queued,
      outcome: oneOf(["sent", "waiting", "failed"], "What became of it"),
      failure: nullable(failed),
    })),
  }),
  "queue remove": object({ removed: list(queued) }),
  bridge: object({
    smtp: service,
    pop3: service,
    user: text("Also taken without the domain"),
    password: text("Of the bridge, for nothing else; the same at every start"),
    certificate: text("The file with the certificate, which nobody else vouches for"),
    address,
  }),
  inbox: page,
  sent: page,
  read: either(opened, list(opened)),
  wait: opened,
  watch: object(listed),
  cancel: object({ cancelled: list(id) }),
  delete: object({ deleted: list(id) }),
  import: object({
    imported: whole(0, "Messages that were not there before"),
    skipped: whole(0, "Messages that are there already"),
    refused: whole(0, "Messages that cannot be imported; why is on stderr"),
  }),
  contacts: object({
    contacts: list(object({
      address,
      state: oneOf(["verified", "signed"], "Compared, or pinned on first use"),
      since: nullable(time),
      fingerprint,
      spoken,
    })),
  }),
  verify: comparison,
  trust: comparison,
  "app-password create": object({
    name: appPassword.name,
    scope: appPassword.scope,
    address,
    password: text("Shown this once"),
  }),
  "app-password list": object({ appPasswords: list(object(appPassword)) }),
  "app-password revoke": object({ revoked: list(appPassword.name) }),
  "account delete": object({
    deleted: address,
    erased: flag("False: the server goes on erasing by itself"),
  }),
  users: object({
    users: list(
      object({ name, address, online: nullable(flag("Null unless --online asks for it")) }),
    ),
  }),
  "admin invite": object({
    invite: text("One word, for register --invite-file"),
    server,
    fingerprint,
    expires: nullable(time),
    uses: whole(1, "How many accounts it makes"),
    quota: nullable(whole(0, "Bytes that each of them may hold")),
    id: inviteId,
  }),
  "admin invites": object({
    invites: list(object({
      id: inviteId,
      made: nullable(time),
      expires: nullable(time),
      uses: whole(1, "How many accounts it can still make"),
      quota: nullable(whole(0, "Bytes that each of them may hold; null: the server's")),
      for: oneOf(["register", "import"], "Who uses it; import: an admin import that runs"),
    })),
  }),
  "admin invites revoke": object({ revoked: list(inviteId) }),
  "admin users": object({ accounts: list(report) }),
  "admin show": report,
  "admin quota": report,
  "admin disable": object({ disabled: list(name) }),
  "admin enable": object({ enabled: list(name) }),
  "admin remove": object({
    removed: list(name),
    erased: flag("False: the server goes on erasing by itself"),
  }),
  "admin import": object({
    accounts: list(object({
      name,
      state: text("created, exists or failed"),
    }, { reason: text("Why it failed") })),
  }),
  "admin stats": object({
    accounts: whole(0, "In all"),
    disabled: whole(0, "Of these"),
    messages: whole(0, "Each copy for itself"),
    unread: whole(0, "Of these"),
    bytes: whole(0, "Of all mailboxes"),
    invites: whole(0, "That can be used"),
    connections: whole(0, "Now"),
    online: whole(0, "Accounts that are logged in now"),
    started: text("When the server was, ISO 8601 in UTC"),
  }),
  "keys server show": object({ fingerprint, keys: text("The folder of the keys") }),
  "admin verify": object({
    domain: text("Of the accounts"),
    schema: whole(1, "Version of the tables"),
    accounts: whole(0, "How many"),
    messages: whole(0, "How many, each copy for itself"),
    bytes: whole(0, "Of the file"),
  }),
  ping: object({
    server,
    serverSoftware: text("Name and version"),
    clientVersion: text("Of this program"),
    serverFingerprint: fingerprint,
    serverTime: text("ISO 8601 in UTC, by the server's clock; or unknown"),
    protocol: whole(1, "The version of the protocol"),
    roundTripMs: amount("Milliseconds"),
  }),
  error: object({
    error: object({
      code: oneOf(Object.keys(failures) as FailureCode[], "See mailctl help exit-codes"),
      message: text("What could not be done, and why"),
      hint: nullable(text("What to do next")),
    }, {
      retryAfterSeconds: whole(0, "Where it is known when to try again"),
    }),
  }),
};

export type SchemaName = keyof typeof table;

/** What the code of a command may write with `--json`. */
export type JsonOf<N extends SchemaName> = ValueOf<(typeof table)[N]>;

/** A message as lists show it. */
export type ListedJson = JsonOf<"inbox">["messages"][number];

/** The names of commands, and `error`: what any of them writes where it fails. */
export const schemaNames: readonly string[] = Object.keys(table);

/** Finds a schema as a document of its own; null where there is none of that name. */
export function findSchema(name: string): Schema<unknown> | null {
  if (!Object.hasOwn(table, name)) return null;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: name === "error" ? "A failure with --json" : `mailctl ${name} --json`,
    ...table[name as SchemaName],
  };
}
