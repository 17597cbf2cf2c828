/** Where rows are played: a server that can be held and killed, and somebody for each row to do it. */
import { DatabaseSync } from "node:sqlite";
import { fillRing } from "../support/full_ring.ts";
import { Hold } from "../support/hold.ts";
import { Person, Stage } from "../support/person.ts";
import { passwordLogin, saveNewAccount } from "../support/person_account.ts";
import { type HereDraft, sendHere } from "../support/person_here.ts";
import type { Home } from "../support/program.ts";
import { ServerProcess } from "../support/program_server.ts";

export class Stand implements AsyncDisposable {
  readonly stage: Stage;
  readonly server: ServerProcess;
  readonly hold: Hold;
  readonly #people = new Map<string, Promise<Person>>();

  private constructor(stage: Stage, server: ServerProcess, hold: Hold) {
    this.stage = stage;
    this.server = server;
    this.hold = hold;
  }

  static async set(): Promise<Stand> {
    const stage = new Stage();
    const hold = new Hold(`${stage.folder}/hold`);
    const home = stage.home("server");
    home.runsWith(hold.flagsFor("writes"), "sources");
    const server = stage.keep(await ServerProcess.start(home, { env: hold.env }));
    return new Stand(stage, server, hold);
  }

  /**
   * Somebody of this name, with a login saved but without a password, who knows so many that a change of the keyring
   * goes behind it.
   */
  person(name: string): Promise<Person> {
    return this.#people.getOrInsertComputed(name, async () => {
      const { trusted } = this.server;
      const person = await Person.register(name, this.stage.home(name), trusted);
      await fillRing(person, trusted, 40);
      return person;
    });
  }

  /** Makes an account that has `password`, and saves its login in a home. */
  account(name: string, home: Home, login = passwordLogin()): Promise<void> {
    return saveNewAccount(stateOf(home), this.server.trusted, name, login);
  }

  /** Sends in this process, from somebody who may be there only for that. */
  async send(from: string, draft: HereDraft): Promise<number> {
    return await sendHere(await this.person(from), this.server.address, draft);
  }

  /** The server's data folder. */
  get data(): string {
    return `${this.stage.folder}/server/home/.local/share/mailctl/data`;
  }

  /** Asks the database, whether or not a server runs. */
  query(sql: string, ...values: (string | number)[]): Record<string, unknown>[] {
    using database = new DatabaseSync(`${this.data}/mailctl.db`, { readOnly: true });
    return database.prepare(sql).all(...values);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hold.release();
    await this.stage[Symbol.asyncDispose]();
  }
}

function stateOf({ folder }: Home): string {
  return `${folder}/home/.local/state/mailctl`;
}

/** Whose rows of the database are looked at, and which invites: those of so many uses. */
export interface Kept {
  readonly accounts: readonly string[];
  readonly uses?: number;
}

/** What the database has of an account, but for what its client keeps to be quicker, and how it filed messages. */
const tables = [
  `SELECT held.* FROM held JOIN account ON account.id = sender_id WHERE name = ?
    ORDER BY message_id`,
  "SELECT * FROM account WHERE name = ?",
  `SELECT keyring.* FROM keyring JOIN account ON account.id = account_id WHERE name = ?
    ORDER BY version`,
  `SELECT next_entry, latest, inbox, sent, unread, max_bytes, max_messages,
       bytes - (SELECT coalesce(sum(length(summary)), 0) FROM entry
         WHERE entry.account_id = mailbox.account_id)
       - (SELECT coalesce(sum(length(sealed)), 0) FROM filing
         WHERE filing.account_id = mailbox.account_id) AS bytes
     FROM mailbox JOIN account ON account.id = mailbox.account_id WHERE name = ?`,
  `SELECT entry.id, box, message_id, stored_at, read_at, envelope_digest FROM entry
     JOIN account ON account.id = account_id WHERE name = ? ORDER BY entry.id`,
  `SELECT message.id, idempotency_key, content_tag, holders FROM message
     JOIN account ON account.id = sender_id WHERE name = ? ORDER BY message.id`,
  `SELECT delivery.* FROM delivery JOIN message ON message.id = message_id
     JOIN account ON account.id = sender_id WHERE name = ? ORDER BY message_id, position`,
  `SELECT bounce.* FROM bounce JOIN message ON message.id = message_id
     JOIN account ON account.id = sender_id WHERE name = ? ORDER BY message_id, recipient`,
  "SELECT recovery.* FROM recovery JOIN account ON account.id = account_id WHERE name = ?",
  `SELECT succession.* FROM succession JOIN account ON account.id = account_id
     WHERE name = ? ORDER BY position`,
  `SELECT app_password.* FROM app_password JOIN account ON account.id = account_id
     WHERE name = ? ORDER BY label`,
  `SELECT public_key, label, scope, device.sealed_keys, wrapped_key, expires_at FROM device
     JOIN account ON account.id = account_id WHERE name = ? ORDER BY label`,
  `SELECT alias.* FROM alias JOIN account ON account.id = account_id
     WHERE account.name = ? ORDER BY alias.name`,
  `SELECT blocked.* FROM blocked JOIN account ON account.id = account_id
     WHERE name = ? ORDER BY address`,
];

/** How messages are filed, and into which folders. */
const filingTables = [
  `SELECT filing.id, place, filing.version, sealed FROM filing
     JOIN account ON account.id = account_id WHERE name = ? ORDER BY filing.id`,
  "SELECT folder_list.* FROM folder_list JOIN account ON account.id = account_id WHERE name = ?",
];

/** What the server keeps of accounts and invites, as something to compare; `filed`: with how messages are filed. */
export function keptOf(stand: Stand, { accounts, uses = 0 }: Kept, filed = false): string {
  const asked = [...tables, ...filed ? filingTables : []];
  const rows = accounts.flatMap((name) => asked.flatMap((sql) => stand.query(sql, name)));
  const invites = stand.query("SELECT * FROM invite WHERE uses = ? ORDER BY token_hash", uses);
  return JSON.stringify(
    [...rows, ...invites],
    (_, value) => value instanceof Uint8Array ? value.toHex() : value,
  );
}

/** Every file below a folder with its size, by path. */
export function filesBelow(folder: string, prefix = ""): Record<string, number> {
  const files: Record<string, number> = {};
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) Object.assign(files, filesBelow(path, `${prefix}${name}/`));
    else if (isFile) files[`${prefix}${name}`] = Deno.lstatSync(path).size;
  }
  return files;
}

/** Files that are no more than the way to another. */
export function leftovers(folder: string): string[] {
  return Object.keys(filesBelow(folder)).filter(isLeftover);
}

export function isLeftover(path: string): boolean {
  return /(^|\/)\.mailctl-|\.new$/.test(path);
}
