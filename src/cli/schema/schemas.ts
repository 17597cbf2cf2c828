/**
 * What every command writes with `--json`, one entry each: for `mailctl help schema`, for the compiler (the code that
 * writes takes its types from here, and nothing else: a command never loads this file) and for the tests. A new one
 * takes a case in tests/e2e/golden_test.ts, and `deno task golden`.
 */
import { type FailureCode, failures } from "../../model/errors.ts";
import {
  amount,
  either,
  flag,
  list,
  nullable,
  object,
  oneOf,
  type Schema,
  text,
  type ValueOf,
  whole,
} from "./json_schema.ts";
import {
  account,
  address,
  appPassword,
  comparison,
  failed,
  fingerprint,
  id,
  inviteId,
  listed,
  name,
  opened,
  page,
  queued,
  report,
  sent,
  server,
  service,
  spoken,
  time,
} from "./schema_parts.ts";

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
