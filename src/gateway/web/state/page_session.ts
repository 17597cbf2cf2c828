/** All that one running page knows: whose mailbox is open, what is held, what was uploaded, who listens. */
import { askAboutServer } from "../../../client/connection/connect.ts";
import { type LoginOptions } from "../../../client/account/log_in.ts";
import { deleteAccount, openMailbox, saveLogin } from "../../../client/open_mailbox.ts";
import type { AccountCard } from "../../../client/account.ts";
import type { Mailbox } from "../../../client/mailbox.ts";
import { changePassword } from "../../../client/account/change_password.ts";
import { rotateKeys, type Rotation } from "../../../client/account/rotate_keys.ts";
import { senderText } from "../../../client/reading/display_sender.ts";
import type { Address } from "../../../model/address.ts";
import type { ServerFingerprint } from "../../../model/digests.ts";
import { isFailure, MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import { SerialQueue } from "../../../model/serial_queue.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { Answers } from "./answers.ts";
import { NewMailListener } from "./new_mail_listener.ts";
import { ChangeListener } from "./change_listener.ts";
import { Comparisons } from "./comparisons.ts";
import { Conversations } from "./conversations.ts";
import { MailboxConnections, SignedOut } from "./mailbox_connections.ts";
import { Drafts } from "./drafts.ts";
import { EventHub } from "./events.ts";
import { PageFolders } from "./page_folders.ts";
import { forgetLogin, openTyped, type SignInOptions } from "./typed_login.ts";
import { UndoableMoves } from "./undoable_moves.ts";
import { DraftUploads } from "./uploads.ts";

/** Whose mailbox is to be opened, as far as settings and saved logins tell. */
export interface ProposedLogin extends Omit<LoginOptions, "name" | "password"> {
  readonly name: string | null;
  /** Null: only a saved login, or a person, can tell. */
  readonly password: (() => Promise<string>) | null;
}

/** A mailbox that is open on the page. */
export interface SignedIn {
  readonly account: AccountCard;
  readonly login: LoginOptions;
  readonly connections: MailboxConnections;
  newMail: NewMailListener;
  readonly changes: ChangeListener;
  readonly folders: PageFolders;
  readonly moves: UndoableMoves;
  readonly drafts: Drafts;
  readonly conversations: Conversations;
}

export class PageSession {
  readonly proposed: ProposedLogin;
  readonly hub = new EventHub();
  readonly uploads = new DraftUploads();
  readonly comparisons = new Comparisons();
  /** What is done once waits here for its turn. */
  readonly turns = new SerialQueue();
  readonly answers = new Answers();
  #signedIn: SignedIn | null = null;
  #resuming: Promise<MailError | null> | null = null;
  #isSignedOut = false;
  #mayComeBack = false;
  /** How often somebody signed out. */
  #signOuts = 0;
  #endedBy: string | null = null;

  constructor(proposed: ProposedLogin) {
    this.proposed = proposed;
  }

  /** The mailbox that is open; null: somebody has to sign in. */
  get signedIn(): SignedIn | null {
    return this.#signedIn;
  }

  /** True where somebody signed out, and a saved login could let them in again. */
  get mayComeBack(): boolean {
    return this.#isSignedOut && this.#mayComeBack;
  }

  /** What ended the session, where the user did not end it; null: nothing did. */
  get endedBy(): string | null {
    return this.#endedBy;
  }

  /** Undoes signing out: the saved login is good again. */
  comeBack(): void {
    this.#isSignedOut = false;
  }

  /**
   * Opens the mailbox that settings and saved logins tell of, once at a time, unless somebody signed out. Returns what
   * kept it from that.
   */
  resume(): Promise<MailError | null> {
    return this.#resuming ??= this.#resume().finally(() => this.#resuming = null);
  }

  /** @throws {MailError} `denied`, `server_unknown`, `unavailable` */
  async signIn({ server, name, password, isKept }: SignInOptions): Promise<void> {
    const login = this.#loginOf({ server, name, password: () => Promise.resolve(password) });
    await this.#open(isKept ? await saveLogin(login) : await openTyped(login), login);
  }

  /** Asks an unknown server for its fingerprint; null where it is known, or was given. @throws {MailError} */
  async askFingerprint(server: LoginOptions["server"]): Promise<ServerFingerprint | null> {
    let seen: ServerFingerprint | null = null;
    const confirmServer = (fingerprint: ServerFingerprint) => {
      seen = fingerprint;
      return Promise.resolve(false);
    };
    await askAboutServer({ ...this.proposed, server, confirmServer }).catch((error) => {
      if (seen === null) throw error;
    });
    return seen;
  }

  /** Ends the session. `forget` drops the saved login too. */
  async signOut({ forget }: { readonly forget: boolean }): Promise<void> {
    const signedIn = this.#signedIn;
    if (signedIn === null) return;
    this.#isSignedOut = true;
    this.#signOuts++;
    this.#mayComeBack = !forget && this.proposed.name !== null;
    this.end();
    if (forget) await forgetLogin(signedIn.login);
  }

  /** @throws {MailError} as `changePassword` */
  async changePassword(signedIn: SignedIn, password: string, next: string): Promise<void> {
    const given = (text: string) => () => Promise.resolve(text);
    const { login } = signedIn;
    const isWanted = this.#unlessSignedOut();
    await this.#unheard(
      signedIn,
      () => changePassword({ ...login, password: given(password), newPassword: given(next) }),
    );
    const changed = { ...login, password: given(next) };
    await this.#open(await openMailbox(changed), changed, isWanted);
  }

  /** @throws {MailError} as `rotateKeys` */
  async rotateKeys(signedIn: SignedIn, password: string): Promise<Rotation> {
    const login = { ...signedIn.login, password: () => Promise.resolve(password) };
    const isWanted = this.#unlessSignedOut();
    const rotation = await this.#unheard(signedIn, () => rotateKeys(login, Date.now()));
    await this.#open(await openMailbox(login), login, isWanted);
    return rotation;
  }

  /** @throws {MailError} as `deleteAccount` */
  async deleteAccount(
    signedIn: SignedIn,
    password: string,
  ): Promise<{ address: Address; erased: boolean }> {
    const login = { ...signedIn.login, password: () => Promise.resolve(password) };
    const gone = await this.#unheard(signedIn, () => deleteAccount(login));
    this.#isSignedOut = true;
    this.#mayComeBack = false;
    this.end();
    return gone;
  }

  /** Where nobody can be signed in any more; `error` tells why, where the user did not ask for it. */
  end(error: unknown = null): void {
    if (this.#signedIn === null) return;
    this.#close(this.#signedIn);
    this.#endedBy = error === null ? null : endWords(error);
    this.hub.tell("end", {});
  }

  /** Ends the page. Nobody is sent to sign in: there is nowhere to. */
  close(): void {
    this.#close(this.#signedIn);
    this.hub.close();
  }

  async #resume(): Promise<MailError | null> {
    const { name, password } = this.proposed;
    if (this.#signedIn !== null || name === null || this.#isSignedOut) return null;
    const login = this.#loginOf({
      name,
      password: password ?? (() => Promise.reject(new NoPassword())),
    });
    try {
      // Whoever signed in or out meanwhile stays so.
      const isWanted = () => this.#signedIn === null && !this.#isSignedOut;
      await this.#open(await openMailbox(login), login, isWanted);
      return null;
    } catch (error) {
      if (error instanceof NoPassword) return null;
      if (error instanceof MailError) return error;
      throw error;
    }
  }

  #loginOf(wanted: Pick<LoginOptions, "name" | "password"> & Partial<LoginOptions>): LoginOptions {
    return { ...this.proposed, confirmServer: undefined, ...wanted }; // nobody looks at the terminal now
  }

  /** True until somebody signs out, in another window. */
  #unlessSignedOut(): () => boolean {
    const before = this.#signOuts;
    return () => this.#signOuts === before;
  }

  /** Puts a mailbox in the place of the one that is open, if it is still wanted once it is. */
  async #open(mailbox: Mailbox, login: LoginOptions, isWanted = () => true): Promise<void> {
    const account = await mailbox.account().catch((error) => {
      mailbox.close();
      throw error;
    });
    const connections = new MailboxConnections(mailbox);
    const newMail = await this.#listen(connections).catch((error) => {
      connections.close();
      throw error;
    });
    if (!isWanted()) {
      newMail.close();
      return connections.close();
    }
    const conversations = new Conversations(connections);
    const folders = new PageFolders();
    const changes = new ChangeListener({
      open: () => connections.mailbox.reopen(),
      folders,
      onChange: () => this.hub.tell("change", {}),
      onDefect: (error) => this.#signedIn?.changes === changes && this.end(error),
    });
    const signedIn: SignedIn = {
      account,
      login,
      connections,
      changes,
      folders,
      moves: new UndoableMoves(limits.undoTimeoutMs, () => performance.now()),
      drafts: new Drafts(),
      conversations,
      newMail,
    };
    this.#close(this.#signedIn);
    this.#signedIn = signedIn;
    this.#endedBy = null;
  }

  async #listen(connections: MailboxConnections): Promise<NewMailListener> {
    const { hub } = this;
    const opened = await connections.open();
    if (hub.trouble !== null) hub.tell("well", {}); // that the one before had, which tells no end of it
    const newMail: NewMailListener = new NewMailListener(opened, {
      onMail: (message) =>
        hub.tell("mail", {
          from: visibleLine(senderText(message)),
          subject: visibleLine(message.headers?.subject ?? ""),
          outcome: message.outcome,
        }),
      onTrouble: ({ message }) => {
        const text = `${visibleLine(message)}. Trying again`;
        hub.tell("trouble", { message: text });
      },
      onWell: () => hub.tell("well", {}),
      onEnd: (error) => {
        if (this.#signedIn?.newMail === newMail) this.end(error);
      },
    });
    return newMail;
  }

  /** Does what ends all sessions of an account: that they end is then no news. */
  async #unheard<T>(signedIn: SignedIn, work: () => Promise<T>): Promise<T> {
    signedIn.newMail.close();
    try {
      return await work();
    } catch (error) {
      signedIn.newMail = await this.#listen(signedIn.connections);
      throw error;
    }
  }

  #close(signedIn: SignedIn | null): void {
    if (signedIn === null) return;
    signedIn.newMail.close();
    signedIn.changes.close();
    signedIn.connections.close();
    this.comparisons.clear();
    this.answers.clear();
    if (this.#signedIn === signedIn) this.#signedIn = null;
  }
}

class NoPassword extends Error {}

function endWords(error: unknown): string {
  if (error instanceof SignedOut || isFailure(error, "denied")) {
    return "You were signed out: the password was changed, the login was revoked, or the account was deleted.";
  }
  const reason = error instanceof MailError ? error.message : "this is a bug in mailctl";
  return `You were signed out: ${visibleLine(reason)}`;
}
