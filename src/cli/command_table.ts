/** The list of the files in `commands/`. */
import type { CommandModule, CommandTable } from "./command_module.ts";

/**
 * Every command: one line each, loaded only when it is run. Sections and order are those of the help. A name may have
 * several words: what shares its first ones is a group.
 */
const sections = {
  Mail: {
    send: () => import("./commands/send.ts"),
    reply: () => import("./commands/reply.ts"),
    forward: () => import("./commands/forward.ts"),
    drafts: () => import("./commands/filing/drafts.ts"),
    inbox: () => import("./commands/inbox.ts"),
    sent: () => import("./commands/sent.ts"),
    search: () => import("./commands/search.ts"),
    read: () => import("./commands/read.ts"),
    missing: () => import("./commands/missing.ts"),
    thread: () => import("./commands/thread.ts"),
    cancel: () => import("./commands/cancel.ts"),
    delete: () => import("./commands/delete.ts"),
    export: () => import("./commands/export.ts"),
    import: () => import("./commands/import.ts"),
    web: () => import("./commands/web.ts"),
  },
  "Folders and flags": {
    folders: () => import("./commands/folders/list.ts"),
    "folders create": () => import("./commands/folders/create.ts"),
    "folders rename": () => import("./commands/folders/rename.ts"),
    "folders delete": () => import("./commands/folders/delete.ts"),
    move: () => import("./commands/filing/move.ts"),
    archive: () => import("./commands/filing/archive.ts"),
    trash: () => import("./commands/filing/trash.ts"),
    flag: () => import("./commands/filing/flag.ts"),
    unread: () => import("./commands/filing/unread.ts"),
  },
  "Waiting for mail": {
    wait: () => import("./commands/wait.ts"),
    watch: () => import("./commands/watch.ts"),
  },
  "Programs that send mail": {
    sendmail: () => import("./commands/sendmail.ts"),
    queue: () => import("./commands/queue/list.ts"),
    "queue flush": () => import("./commands/queue/flush.ts"),
    "queue remove": () => import("./commands/queue/remove.ts"),
  },
  "Mail programs": {
    bridge: () => import("./commands/bridge.ts"),
  },
  "Account and keys": {
    register: () => import("./commands/register.ts"),
    login: () => import("./commands/login/login.ts"),
    "login list": () => import("./commands/login/list.ts"),
    "login move": () => import("./commands/login/move.ts"),
    "login revoke": () => import("./commands/login/revoke.ts"),
    logout: () => import("./commands/login/logout.ts"),
    whoami: () => import("./commands/whoami.ts"),
    passwd: () => import("./commands/passwd.ts"),
    "account recovery": () => import("./commands/account/recovery.ts"),
    "account recover": () => import("./commands/account/recover.ts"),
    "account delete": () => import("./commands/account/delete.ts"),
    "app-password create": () => import("./commands/app_password/create.ts"),
    "app-password list": () => import("./commands/app_password/list.ts"),
    "app-password revoke": () => import("./commands/app_password/revoke.ts"),
    "keys rotate": () => import("./commands/keys/rotate.ts"),
    "keys export": () => import("./commands/keys/export.ts"),
    "keys import": () => import("./commands/keys/import.ts"),
  },
  Correspondents: {
    contacts: () => import("./commands/contacts/contacts.ts"),
    verify: () => import("./commands/verify.ts"),
    trust: () => import("./commands/trust.ts"),
    block: () => import("./commands/contacts/block.ts"),
    unblock: () => import("./commands/contacts/unblock.ts"),
    users: () => import("./commands/users.ts"),
  },
  Server: {
    serve: () => import("./commands/serve.ts"),
    ping: () => import("./commands/ping.ts"),
    "keys server show": () => import("./commands/keys/server_show.ts"),
    "keys server export": () => import("./commands/keys/server_export.ts"),
    "admin invite": () => import("./commands/admin/invite.ts"),
    "admin invites": () => import("./commands/admin/invites.ts"),
    "admin invites revoke": () => import("./commands/admin/invites_revoke.ts"),
    "admin import": () => import("./commands/admin/import.ts"),
    "admin users": () => import("./commands/admin/users.ts"),
    "admin show": () => import("./commands/admin/show.ts"),
    "admin disable": () => import("./commands/admin/disable.ts"),
    "admin enable": () => import("./commands/admin/enable.ts"),
    "admin remove": () => import("./commands/admin/remove.ts"),
    "admin quota": () => import("./commands/admin/quota.ts"),
    "admin alias add": () => import("./commands/admin/alias/add.ts"),
    "admin alias list": () => import("./commands/admin/alias/list.ts"),
    "admin alias remove": () => import("./commands/admin/alias/remove.ts"),
    "admin rotate-key": () => import("./commands/admin/rotate_key.ts"),
    "admin stats": () => import("./commands/admin/stats.ts"),
    "admin backup": () => import("./commands/admin/backup.ts"),
    "admin verify": () => import("./commands/admin/verify.ts"),
    "admin restore": () => import("./commands/admin/restore.ts"),
  },
  "This program": {
    help: () => import("./commands/help.ts"),
    completion: () => import("./commands/completion.ts"),
  },
} satisfies Record<string, Record<string, () => Promise<CommandModule>>>;

const loaders: Readonly<Record<string, () => Promise<CommandModule>>> = Object.assign(
  {},
  ...Object.values(sections),
);

export const commandTable: CommandTable = {
  names: Object.keys(loaders),
  sections: Object.entries(sections).map(([title, commands]) => [title, Object.keys(commands)]),
  load: async (name) => Object.hasOwn(loaders, name) ? await loaders[name]!() : null,
};

/** Finds the command that the first words name, the longest name first; null where they name none. */
export function findCommand(
  words: readonly string[],
): { readonly name: string; readonly rest: string[] } | null {
  for (let count = mostWords; count > 0; count--) {
    const name = words.slice(0, count).join(" ");
    if (Object.hasOwn(loaders, name)) return { name, rest: words.slice(count) };
  }
  return null;
}

const mostWords = 3;

/** The longest group that the first words name, and what may follow it: without any, all first words of commands. */
export function findGroup(
  words: readonly string[],
): { readonly name: string; readonly members: readonly string[] } {
  let name = "";
  for (const word of words) {
    if (!commandTable.names.some((command) => command.startsWith(`${name}${word} `))) break;
    name += `${word} `;
  }
  const within = commandTable.names.filter((command) => command.startsWith(name));
  const members = new Set(within.map((command) => command.slice(name.length).split(" ")[0]!));
  return { name: name.trimEnd(), members: [...members] };
}
