/** The commands of IMAP, by name. */
import type { ImapCommand } from "./command.ts";
import { append } from "./commands/append.ts";
import {
  capability,
  enable,
  id,
  logout,
  namespace,
  noop,
  startTls,
} from "./commands/connection.ts";
import { copy, move } from "./commands/copy.ts";
import { expunge } from "./commands/expunge.ts";
import { fetch } from "./commands/fetch.ts";
import { create, remove, rename, subscribe, unsubscribe } from "./commands/folders.ts";
import { idle } from "./commands/idle.ts";
import { list, lsub } from "./commands/list.ts";
import { authenticate, login } from "./commands/login.ts";
import { getQuota, getQuotaRoot } from "./commands/quota.ts";
import { search } from "./commands/search.ts";
import { close, examine, select, unselect } from "./commands/select.ts";
import { status } from "./commands/status.ts";
import { store } from "./commands/store.ts";

export const commandTable: ReadonlyMap<string, ImapCommand> = new Map<string, ImapCommand>([
  ["CAPABILITY", { place: "anywhere", run: capability }],
  ["NOOP", { place: "anywhere", run: noop }],
  ["LOGOUT", { place: "anywhere", run: logout }],
  ["ID", { place: "anywhere", run: id }],
  ["STARTTLS", { place: "logged out", run: startTls }],
  ["LOGIN", { place: "logged out", run: login }],
  ["AUTHENTICATE", { place: "logged out", run: authenticate }],
  ["ENABLE", { place: "logged in", run: enable }],
  ["NAMESPACE", { place: "logged in", run: namespace }],
  ["SELECT", { place: "logged in", run: select }],
  ["EXAMINE", { place: "logged in", run: examine }],
  ["CREATE", { place: "logged in", run: create }],
  ["DELETE", { place: "logged in", run: remove }],
  ["RENAME", { place: "logged in", run: rename }],
  ["SUBSCRIBE", { place: "logged in", run: subscribe }],
  ["UNSUBSCRIBE", { place: "logged in", run: unsubscribe }],
  ["LIST", { place: "logged in", run: list }],
  ["LSUB", { place: "logged in", run: lsub }],
  ["STATUS", { place: "logged in", run: status }],
  ["APPEND", { place: "logged in", run: append }],
  ["IDLE", { place: "logged in", run: idle }],
  ["GETQUOTA", { place: "logged in", run: getQuota }],
  ["GETQUOTAROOT", { place: "logged in", run: getQuotaRoot }],
  ["CHECK", { place: "selected", run: noop }],
  ["CLOSE", { place: "selected", run: close }],
  ["UNSELECT", { place: "selected", run: unselect }],
  ["EXPUNGE", { place: "selected", run: expunge }],
  ["SEARCH", { place: "selected", run: search, keepsNumbers: true }],
  ["FETCH", { place: "selected", run: fetch, keepsNumbers: true }],
  ["STORE", { place: "selected", run: store, keepsNumbers: true }],
  ["COPY", { place: "selected", run: copy }],
  ["MOVE", { place: "selected", run: move }],
]);

/** Those that may stand behind UID: RFC 9051 6.4.9. */
export const uidCommands: ReadonlySet<string> = new Set([
  "FETCH",
  "STORE",
  "SEARCH",
  "COPY",
  "MOVE",
  "EXPUNGE",
]);
