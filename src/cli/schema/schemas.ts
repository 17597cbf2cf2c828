/**
 * What every command writes with `--json`, one entry each: for `mailctl help schema`, for the compiler (the code that
 * writes takes its types from here, and nothing else: a command never loads this file) and for the tests. A new one
 * takes a case in tests/e2e/golden_test.ts, and `deno task golden`.
 */
import { deviceScopes } from "../../model/device.ts";
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
  folder,
  folderName,
  id,
  inviteId,
  listed,
  missing,
  more,
  moved,
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

const aliasName = text("The alias, without the domain; * for all names that are nobody's");
const alias = object({ alias: aliasName, account: name });

const table = {
  register: object(account),
  login: object(account),
  "login list": object({
    logins: list(object({
      label: text("The name that its owner chose, or that of the machine"),
      scope: oneOf(deviceScopes, "What it may do"),
      from: nullable(list(name)),
      created: nullable(time),
      lastUsed: nullable(time),
      expires: nullable(time),
      here: flag("True for the login of this machine"),
    })),
  }),
  "login revoke": object({
    revoked: text("The label"),
    fingerprint: nullable(fingerprint),
  }),
  logout: object({ dropped: list(object({ server, name })) }),
  passwd: object({ changed: address }),
  "account recovery": object({
    address,
    code: nullable(text("The code, shown only once; null after --revoke")),
  }),
  "account recover": object(account),
  "keys rotate": object({
    ...account,
    recoveryEnded: flag("True if a recovery code ended"),
  }),
  "keys export": object({
    address,
    fingerprint,
    path: nullable(text("The file; null if the keys are in `content`")),
    content: nullable(text("An age identity file, or one encrypted with the passphrase")),
  }),
  "keys import": object({
    address,
    imported: whole(0, "The number of new keys"),
    recoveryEnded: flag("True if a recovery code ended"),
  }),
  whoami: object({
    ...{ ...account, server, serverFingerprint: fingerprint, spoken },
    scope: nullable(oneOf(deviceScopes, "What the saved login may do; null without one")),
    from: nullable(list(name)),
    expires: nullable(time),
  }),
  send: sent,
  reply: sent,
  forward: sent,
  thread: object({ messages: list(object(listed)) }),
  search: object({
    messages: list(object(listed)),
    more,
  }),
  queue: object({
    queue: list(object({
      id: queued,
      state: oneOf(["waiting", "failed"], "waiting is tried by itself; failed only by queue flush"),
      queuedAt: nullable(time),
      size: whole(0, "Its size in bytes"),
      tries: whole(0, "The number of tries so far"),
      recipients: list(text("An address, as it was given")),
      failure: nullable(failed),
      user: nullable(text("The account that sends it; null if none was selected yet")),
      server: nullable(text("HOST:PORT[#FINGERPRINT]; null as above")),
    })),
  }),
  "queue flush": object({
    tried: list(object({
      id: queued,
      outcome: oneOf(["sent", "waiting", "failed"], "The result"),
      failure: nullable(failed),
    })),
  }),
  "queue remove": object({ removed: list(queued) }),
  bridge: object({
    smtp: service,
    imap: service,
    pop3: service,
    user: text("The user name; it also works without the domain"),
    password: text("The password of the bridge; the same at every start"),
    certificate: text("The file with the certificate, which the bridge has signed itself"),
    address,
  }),
  drafts: page,
  inbox: page,
  sent: page,
  read: either(opened, list(opened)),
  missing: object({ missing }),
  wait: opened,
  watch: object(listed),
  folders: object({ folders: list(folder) }),
  "folders create": object({ created: folderName }),
  "folders rename": object({ renamed: folderName, name: folderName }),
  "folders delete": object({ deleted: folderName }),
  move: moved,
  archive: moved,
  trash: either(moved, object({ deleted: list(id) })),
  flag: object({
    messages: list(object({ id, flags: listed.flags, keywords: listed.keywords })),
  }),
  unread: object({ unread: list(id) }),
  cancel: object({ cancelled: list(id) }),
  delete: object({ deleted: list(id) }),
  import: object({
    imported: whole(0, "The number of messages imported"),
    skipped: whole(0, "The number of messages that were in the mailbox already"),
    refused: whole(0, "The number of messages that cannot be imported; stderr says why"),
  }),
  contacts: either(
    object({
      contacts: list(object({
        address,
        state: oneOf(
          ["verified", "signed"],
          "verified: you have compared the key; signed: saved on first use",
        ),
        since: nullable(time),
        fingerprint,
        spoken,
      })),
    }),
    object({ blocked: list(object({ address, since: nullable(time) })) }),
  ),
  block: object({ blocked: list(address) }),
  unblock: object({ unblocked: list(address) }),
  verify: comparison,
  trust: comparison,
  "app-password create": object({
    name: appPassword.name,
    scope: appPassword.scope,
    address,
    password: text("The password, shown only once"),
  }),
  "app-password list": object({ appPasswords: list(object(appPassword)) }),
  "app-password revoke": object({ revoked: list(appPassword.name) }),
  "account delete": object({
    deleted: address,
    erased: flag("False while the server is still erasing"),
  }),
  users: object({
    users: list(
      object({
        name,
        address,
        online: nullable(flag("Whether the account is logged in; null without --online")),
      }),
    ),
  }),
  "admin invite": object({
    invite: text("The invite, for register --invite-file"),
    server,
    fingerprint,
    expires: nullable(time),
    uses: whole(1, "The number of accounts it can create"),
    quota: nullable(whole(0, "The size limit of each mailbox, in bytes")),
    id: inviteId,
  }),
  "admin invites": object({
    invites: list(object({
      id: inviteId,
      made: nullable(time),
      expires: nullable(time),
      uses: whole(1, "The number of accounts it can still create"),
      quota: nullable(whole(0, "The size limit of each mailbox, in bytes; null: the server's")),
      for: oneOf(["register", "import"], "register, or import for a running admin import"),
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
    erased: flag("False while the server is still erasing"),
  }),
  "admin import": object({
    accounts: list(object({
      name,
      state: text("created, exists or failed"),
    }, { reason: text("Why it failed") })),
  }),
  "admin alias add": object({ added: alias }),
  "admin alias list": object({ aliases: list(alias) }),
  "admin alias remove": object({ removed: list(aliasName) }),
  "admin rotate-key": object({
    fingerprint,
    active: text("When the servers change to the key, ISO 8601 in UTC"),
  }),
  "admin stats": object({
    accounts: whole(0, "The number of accounts"),
    disabled: whole(0, "The number of disabled accounts"),
    messages: whole(0, "The number of messages; each copy counts"),
    unread: whole(0, "The number of unread messages"),
    bytes: whole(0, "The size of all mailboxes"),
    invites: whole(0, "The number of unused invites"),
    connections: nullable(whole(0, "The number of open connections; null without a server here")),
    online: nullable(whole(0, "The number of accounts that are logged in")),
    started: nullable(text("When the server started, ISO 8601 in UTC")),
    warnings: list(text("What is wrong with the database")),
  }),
  "keys server show": object({ fingerprint, keys: text("The folder of the keys") }),
  "admin verify": object({
    domain: text("The domain of the accounts"),
    schema: whole(1, "The version of the tables"),
    accounts: whole(0, "The number of accounts"),
    messages: whole(0, "The number of messages; each copy counts"),
    bytes: whole(0, "The size of the file"),
  }),
  ping: object({
    server,
    serverSoftware: text("The name and version of the server"),
    clientVersion: text("The version of this program"),
    serverFingerprint: fingerprint,
    serverTime: text("The server's clock, ISO 8601 in UTC; or unknown"),
    protocol: whole(1, "The version of the protocol"),
    roundTripMs: amount("The round trip in milliseconds"),
  }),
  error: object({
    error: object({
      code: oneOf(Object.keys(failures) as FailureCode[], "See mailctl help exit-statuses"),
      message: text("The failed action, and why it failed"),
      hint: nullable(text("A command to run, or a value to change")),
    }, {
      retryAfterSeconds: whole(0, "The seconds to wait before trying again, if known"),
      by: oneOf(["server"], "The party that chose message and hint, if not mailctl"),
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
