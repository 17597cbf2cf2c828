/** What a session of IMAP knows while it lasts; its commands work on it. */
import { Lazy } from "../../model/promises.ts";
import type { MailFolder, MailFolders } from "../folders/mail_folders.ts";
import type { LoginHost } from "../sasl/program_login.ts";
import type { ImapLogin } from "./imap_login.ts";
import { decodeMailboxName, encodeMailboxName } from "./mailbox_name.ts";
import { NumberSet } from "./number_set.ts";
import { Bad, No } from "./refusal.ts";
import type { FolderView, Telling } from "./folder_view.ts";

export interface ImapHost extends LoginHost {
  /** Who is connected is known: nobody has to log in. RFC 9051 7.1.4 */
  readonly isPreauthenticated: boolean;
  /** Of a message of APPEND. */
  readonly maxMessageBytes: number;
  /** The folders of the account, which all sessions share. @throws {MailError} */
  open(): Promise<MailFolders>;
  /** A session that had them open is over. */
  close(): void;
  readonly now: () => number;
  /** Hears of defects. */
  readonly onDefect: (error: unknown) => void;
}

/** What the connection does behind a response. */
export type Next = "go on" | "secure" | "close";

export const extensions = ["CONDSTORE", "QRESYNC", "UTF8=ACCEPT", "IMAP4rev2"] as const;

export type Extension = typeof extensions[number];

export class SessionState {
  readonly host: ImapHost;
  readonly login: ImapLogin;
  /** STARTTLS is possible. */
  canSecure: boolean;
  view: FolderView | null = null;
  next: Next = "go on";
  /** What `$` stands for, UIDs: RFC 9051 6.4.4.1. */
  saved = new NumberSet([]);
  readonly #enabled = new Set<Extension>();
  readonly #folders = new Lazy<MailFolders>();
  readonly #over = new AbortController();

  constructor(host: ImapHost, login: ImapLogin, { canSecure }: { readonly canSecure: boolean }) {
    this.host = host;
    this.login = login;
    this.canSecure = canSecure;
  }

  get isLoggedIn(): boolean {
    return this.host.isPreauthenticated || this.login.isDone;
  }

  /** Aborts when the session is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Opens the account the first time; tries again where that failed. @throws {MailError} */
  folders(): Promise<MailFolders> {
    return this.#folders.get(() => this.host.open());
  }

  /** The selected folder. @throws {Bad} */
  get selected(): FolderView {
    if (this.view === null) throw new Bad("Select a folder first");
    return this.view;
  }

  /** The selected folder, where it may be changed. @throws {No} */
  get writable(): FolderView {
    if (this.selected.isReadOnly) throw new No("The folder is open for reading only", "CANNOT");
    return this.selected;
  }

  enable(extension: Extension): void {
    this.#enabled.add(extension);
    if (extension === "QRESYNC") this.#enabled.add("CONDSTORE"); // RFC 7162 3.2.3
  }

  has(extension: Extension): boolean {
    return this.#enabled.has(extension);
  }

  /** The client reads and writes UTF-8 in strings. */
  get isUtf8(): boolean {
    return this.has("UTF8=ACCEPT") || this.has("IMAP4rev2");
  }

  telling(mayExpunge: boolean): Telling {
    return { mayExpunge, withModseq: this.has("CONDSTORE"), byUid: this.has("QRESYNC") };
  }

  /** Null for what no folder is named. */
  decodeName(written: string): string | null {
    return decodeMailboxName(written, this.isUtf8);
  }

  encodeName(name: string): string {
    return encodeMailboxName(name, this.isUtf8);
  }

  /**
   * @throws {No} `code` where there is no such folder, but there may be one
   * @throws {MailError} where that cannot be known
   */
  async folder(written: string, code = "NONEXISTENT"): Promise<MailFolder> {
    const name = this.decodeName(written);
    const folders = await this.folders();
    const find = () => folders.folders.find((folder) => folder.name === name);
    const known = find();
    if (known !== undefined) return known;
    if (name !== null) await folders.refresh(); // another machine may have made it just now
    const found = find();
    if (found === undefined) {
      throw new No("There is no such folder", name === null ? "NONEXISTENT" : code);
    }
    return found;
  }

  /** Ends what is under way, and lets go of the folders. */
  async close(): Promise<void> {
    this.view = null;
    this.#over.abort(new Error("the session is over"));
    const opened = await this.#folders.made?.catch(() => null);
    this.#folders.forget();
    if (opened) this.host.close();
  }
}
