/** mbsync, which keeps a Maildir and an account the same, in a home of its own. */
import assert from "node:assert/strict";
import type { Home } from "./program.ts";

/** A message in a Maildir. */
export interface MaildirMessage {
  /** The path of its file. */
  readonly path: string;
  readonly folder: string;
  /** As in the header, with its brackets. */
  readonly messageId: string;
  /** Letters of Maildir: D, F, P, R, S, T. */
  readonly flags: string;
  /** When it came, in seconds since 1970. */
  readonly arrived: number;
  /** Without the field X-TUID, which mbsync puts in for itself. */
  readonly text: string;
}

export class Mbsync {
  readonly #home: Home;
  /** The folder of the Maildir. */
  readonly maildir: string;

  constructor(home: Home) {
    this.#home = home;
    this.maildir = `${home.work}/Mail`;
    Deno.mkdirSync(this.maildir, { recursive: true });
  }

  /**
   * Makes both sides the same. `account` has the lines of its IMAPAccount; `options` are more of the command line.
   * @returns how many messages it fetched from the bridge, and how many it appended there
   */
  async sync(
    account: readonly string[],
    options = "",
  ): Promise<{ fetched: number; appended: number }> {
    const path = `${this.#home.work}/mbsyncrc`;
    await Deno.writeTextFile(path, this.#config(account), { mode: 0o600 });
    const line = `timeout 120 mbsync -Dn ${options} -c mbsyncrc mail`;
    const { status, out, err } = await this.#home.shell(line);
    assert.deepEqual([status, err], [0, ""], out.slice(-3_000));
    const count = (pattern: RegExp) => out.match(pattern)?.length ?? 0;
    return {
      fetched: count(/>>> \d+ UID FETCH \d+ \(.*BODY\.PEEK\[\]\)/g),
      appended: count(/> \d+ APPEND /g),
    };
  }

  /** The UIDVALIDITY that it knows each folder by. */
  uidValidities(): Record<string, string> {
    const states = this.folders().map((folder) => {
      const state = Deno.readTextFileSync(`${this.maildir}/${folder}/.mbsyncstate`);
      return [folder, /^FarUidValidity (\d+)$/m.exec(state)![1]!] as const;
    });
    return Object.fromEntries(states);
  }

  folders(parent = ""): string[] {
    return [...Deno.readDirSync(`${this.maildir}/${parent}`)]
      .filter(({ name, isDirectory }) => isDirectory && !/^(?:cur|new|tmp)$/.test(name))
      .flatMap(({ name }) => [parent + name, ...this.folders(`${parent}${name}/`)]).sort();
  }

  /** In the order of folder and Message-ID. */
  messages(): MaildirMessage[] {
    const found = this.folders().flatMap((folder) =>
      ["cur", "new"].flatMap((part) => {
        const path = `${this.maildir}/${folder}/${part}`;
        return [...Deno.readDirSync(path)].map(({ name }) =>
          readMessage(`${path}/${name}`, folder)
        );
      })
    );
    return found.sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
  }

  /** The only message with this Message-ID. */
  find(messageId: string): MaildirMessage {
    const [found, ...more] = this.messages().filter((each) => each.messageId === messageId);
    assert.ok(found !== undefined && more.length === 0, `${messageId}: ${more.length}`);
    return found;
  }

  /** Adds a message, as a mail program does that has the Maildir. `arrived` is in seconds. */
  add(folder: string, text: string, { flags = "", arrived }: { flags?: string; arrived: number }) {
    const path = `${this.maildir}/${folder}`;
    for (const part of ["cur", "new", "tmp"]) {
      Deno.mkdirSync(`${path}/${part}`, { recursive: true });
    }
    const name = `${path}/cur/${arrived}.${crypto.randomUUID()}.test:2,${flags}`;
    Deno.writeTextFileSync(name, text);
    Deno.utimeSync(name, arrived, arrived);
  }

  /** Moves a message; its new file has no UID yet. */
  move({ path, flags }: MaildirMessage, folder: string): void {
    const name = `${crypto.randomUUID()}.test:2,${flags}`;
    Deno.renameSync(path, `${this.maildir}/${folder}/cur/${name}`);
  }

  flag({ path, folder }: MaildirMessage, flags: string): void {
    const name = path.split("/").at(-1)!.replace(/:2,.*$/, `:2,${flags}`);
    Deno.renameSync(path, `${this.maildir}/${folder}/cur/${name}`);
  }

  #config(account: readonly string[]): string {
    return `IMAPAccount bridge
${account.join("\n")}

IMAPStore bridge
Account bridge

MaildirStore here
Path ${this.maildir}/
Inbox ${this.maildir}/INBOX
SubFolders Verbatim

Channel mail
Far :bridge:
Near :here:
Patterns *
Create Both
Remove Both
Expunge Both
CopyArrivalDate yes
SyncState *
`;
  }
}

function readMessage(path: string, folder: string): MaildirMessage {
  const text = Deno.readTextFileSync(path).replace(/^X-TUID: .*\n/m, "");
  return {
    path,
    folder,
    messageId: /^Message-ID: *(<.*>)\r?$/mi.exec(text)?.[1] ?? "",
    flags: /:2,([A-Z]*)$/.exec(path)?.[1] ?? "",
    arrived: Math.floor(Deno.statSync(path).mtime!.getTime() / 1_000),
    text,
  };
}

function keyOf({ folder, messageId }: MaildirMessage): string {
  return `${folder} ${messageId}`;
}
