/** A person's mailbox for any mail program on this machine: SMTP and POP3 on a connection a session, IMAP on shared ones. */
import type { AccountCard } from "../../client/account.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import { tryLockFile } from "../../client/state_file.ts";
import type { Address } from "../../model/address.ts";
import { appPasswordVerifier } from "../../crypto/account/app_password.ts";
import { BoundedMap } from "../../model/bounded_map.ts";
import { equalBytes, utf8 } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import { MailError } from "../../model/errors.ts";
import { mimeBytes } from "../../model/size.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import type { SocketSource } from "../../net/byte_socket.ts";
import type { Connection } from "../../net/connection.ts";
import type { TlsIdentity } from "../../net/tls_identity.ts";
import { listenForPrograms, type ListeningForPrograms } from "../listen.ts";
import { AccountFolders } from "../folders/account_folders.ts";
import type { ImapHost } from "../imap/session_state.ts";
import { speakImap } from "../imap/speak.ts";
import { Inbox } from "../pop3/inbox_maildrop.ts";
import type { Pop3Host } from "../pop3/session.ts";
import { speakPop3 } from "../pop3/speak.ts";
import { SmtpServer } from "../smtp/server.ts";
import { OutgoingQueue, type QueueOptions } from "./outgoing_queue.ts";
import { SharedFolders } from "./shared_folders.ts";
import { SharedPassword } from "./shared_password.ts";
import { submissionPolicy } from "./submission.ts";

export interface BridgeOptions {
  /** Logged in; the bridge opens it anew for every session. */
  readonly mailbox: Mailbox;
  /** Opens a mailbox on a new connection, by the login that is saved then. */
  readonly reopen: (mailbox: Mailbox) => Promise<Mailbox>;
  readonly account: AccountCard;
  /** What programs have to say; null: who is connected is known, whatever they say. */
  readonly password: string | null;
  readonly identity: TlsIdentity | null;
  /** The folder of the client's own files. */
  readonly folder: string;
  /** Where false, what programs fetch is not marked as read. */
  readonly marksRead: boolean;
  /** Where mail waits while the server is away; null: it is refused for then. */
  readonly queue: QueueOptions | null;
  readonly now: () => number;
  /** Hears of defects, and why nothing can be accepted at the moment. */
  readonly onTrouble: (error: unknown) => void;
}

export type Protocol = "smtp" | "pop3" | "imap";

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly flag: string;
  /** Set where a service manager opened the address. */
  readonly source?: SocketSource | undefined;
  /** TLS comes first. */
  readonly isImplicit: boolean;
}

export class Bridge {
  readonly #options: BridgeOptions;
  readonly #smtp: SmtpServer;
  /** Null where no password is needed. */
  readonly #shared: SharedPassword | null;
  readonly #folders: SharedFolders;
  readonly #queue: OutgoingQueue | null;
  readonly #asking = new SerialQueue();
  /** Passwords that are asked about, or wait for it. */
  #guesses = 0;
  /** Application passwords that were right when the server was asked last. */
  readonly #appPasswords = new BoundedMap<string, true>(limits.maxAppPasswords);
  /** The newest that was opened: it knows the newest keyring. */
  #newest: Mailbox;

  constructor(options: BridgeOptions) {
    const { account, password, identity, now, onTrouble, mailbox } = options;
    this.#options = options;
    this.#newest = mailbox;
    const isName = (name: string) => this.#isName(name);
    this.#shared = password === null ? null : new SharedPassword(password, isName);
    const open = () => this.#open();
    this.#queue = options.queue && new OutgoingQueue({ ...options.queue, open, now, onTrouble });
    const policy = submissionPolicy({
      open,
      domain: account.domain,
      maxContentBytes: account.maxMessageBytes,
      authenticate: password === null ? null : (name, said) => this.#authenticate(name, said),
      scramKeys: this.#shared === null ? undefined : (name) => this.#shared!.scramKeys(name),
      queue: this.#queue,
      now,
    });
    this.#folders = new SharedFolders(() => AccountFolders.open({ open, now, onTrouble }));
    this.#smtp = new SmtpServer({ policy, hostname: "localhost", identity, onDefect: onTrouble });
    this.#queue?.sendWaiting(); // of a bridge before this one
  }

  /** Takes an address for programs. @throws {MailError} `unavailable`, `configuration` */
  listen(
    protocol: Protocol,
    { host, port, flag, isImplicit, source }: ListenerOptions,
  ): ListeningForPrograms {
    const { identity, onTrouble } = this.#options;
    return listenForPrograms({
      hostname: host,
      port,
      flag,
      source,
      speak: (connection, { engage }) => this.speak(protocol, connection, engage),
      refusal: refusals[protocol],
      implicitTls: isImplicit ? identity ?? undefined : undefined,
      maxConnections: limits.maxMailProgramConnections,
      onTrouble,
    });
  }

  /** Speaks until the connection is over. `engage` hears that who is connected has logged in and works. */
  speak(protocol: Protocol, connection: Connection, engage = () => {}): Promise<void> {
    const { identity } = this.#options;
    if (protocol === "smtp") return this.#smtp.speak(connection, engage);
    if (protocol === "imap") return speakImap(connection, { host: this.#imap(engage), identity });
    return speakPop3(connection, { host: this.#pop3(engage), identity });
  }

  /** Lets go of what sessions shared. */
  close(): void {
    this.#folders.close();
    this.#queue?.close();
  }

  #imap(engage: () => void): ImapHost {
    const { account, password, now, onTrouble } = this.#options;
    return {
      isPreauthenticated: password === null,
      maxMessageBytes: mimeBytes(account.maxMessageBytes),
      authenticate: (name, said) => this.#authenticate(name, said),
      shared: this.#shared,
      open: () => {
        engage();
        return this.#folders.open();
      },
      close: () => this.#folders.release(),
      now,
      onDefect: onTrouble,
    };
  }

  #pop3(engage: () => void): Pop3Host {
    return {
      authenticate: (name, password) => this.#authenticate(name, password),
      shared: this.#shared,
      open: () => {
        engage();
        return this.#openInbox();
      },
      onDefect: this.#options.onTrouble,
    };
  }

  /** The bridge's own password, or an application password that the server knows. */
  async #authenticate(name: string, password: string): Promise<boolean> {
    const { password: own } = this.#options;
    if (own === null) return true;
    const isPassword = equalBytes(utf8(password), utf8(own));
    return this.#isName(name) && (isPassword || await this.#isAppPassword(password));
  }

  #isName(name: string): boolean {
    const { account } = this.#options;
    const names: readonly string[] = [account.name, account.address];
    return names.includes(name.normalize("NFKC").toLowerCase());
  }

  /**
   * Asks the server about one at a time: who guesses here shall not use up what the server allows this machine. One that
   * was right before does not wait for guesses. @throws {MailError} `try_later`
   */
  async #isAppPassword(password: string): Promise<boolean> {
    if (await appPasswordVerifier(password) === null) return false;
    if (this.#appPasswords.has(password)) return await this.#askServer(password);
    if (this.#guesses === maxGuesses) {
      throw new MailError("try_later", "Cannot check the password: too many others wait for that");
    }
    this.#guesses++;
    const asked = this.#asking.run(() => this.#askServer(password)).finally(() => this.#guesses--);
    const isWrong = asked.then((holds) => !holds, () => true);
    this.#asking.run(async () => await isWrong && await pause(wrongPasswordPauseMs));
    return await asked;
  }

  async #askServer(password: string): Promise<boolean> {
    const mailbox = await this.#open();
    try {
      const holds = await mailbox.checkAppPassword("bridge", password);
      if (holds) this.#appPasswords.set(password, true);
      else this.#appPasswords.delete(password);
      return holds;
    } finally {
      mailbox.close();
    }
  }

  /** Null: a program has it, of this bridge or of another one. RFC 1939 8 */
  async #openInbox(): Promise<Inbox | null> {
    const { folder, account, marksRead } = this.#options;
    const release = await tryLockFile(`${folder}/pop3-${lockName(account.address)}.lock`);
    if (release === null) return null;
    try {
      return await Inbox.open({ open: () => this.#open(), marksRead, release });
    } catch (error) {
      release();
      throw error;
    }
  }

  async #open(): Promise<Mailbox> {
    return this.#newest = await this.#options.reopen(this.#newest);
  }
}

const wrongPasswordPauseMs = 500;
const maxGuesses = 10;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const refusals: Readonly<Record<Protocol, string>> = {
  smtp: "421 4.7.0 Too many connections\r\n",
  pop3: "-ERR [SYS/TEMP] Too many connections\r\n",
  imap: "* BYE [UNAVAILABLE] Too many connections\r\n",
};

/** Addresses may have any letters; a file name has these. */
function lockName(address: Address): string {
  return utf8(address).toHex();
}
