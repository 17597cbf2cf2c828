/** npm smtp-server on connections of ours: its parser, our policy, our sockets, our limits. */
import {
  SMTPServer,
  type SMTPServerAuthentication,
  type SMTPServerDataStream,
  type SMTPServerOptions,
  type SMTPServerSession,
} from "smtp-server";
import { failures, MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { Connection } from "../../net/connection.ts";
import type { TlsIdentity } from "../../net/tls_identity.ts";
import { isOneself } from "../acting_as.ts";
import { ClientSocket } from "./client_socket.ts";
import type { SmtpPolicy, SmtpVisitor, SuccessWish } from "./policy.ts";
import { StrictConnection } from "./strict_connection.ts";

export interface SmtpOptions {
  readonly policy: SmtpPolicy;
  /** What the server calls itself. */
  readonly hostname: string;
  /** For STARTTLS; null: it is not offered. */
  readonly identity: TlsIdentity | null;
  /** Hears of defects, and of nothing that a client can cause. */
  readonly onDefect: (error: unknown) => void;
}

interface Visit {
  readonly connection: StrictConnection;
  visitor: SmtpVisitor | null;
  /** A message is on its way in. */
  isTaking: boolean;
  wrongPasswords: number;
}

/** One face that speaks SMTP, on any number of connections. */
export class SmtpFace {
  readonly #options: SmtpOptions;
  readonly #server: SMTPServer;
  readonly #visits = new Map<SMTPServerSession, Visit>();
  #isFinishing = false;
  #whenAlone = () => {};

  constructor(options: SmtpOptions) {
    this.#options = options;
    this.#server = new SMTPServer(this.#serverOptions(options));
    this.#server.on("error", () => {}); // of connections: cut off, or no TLS
  }

  /** Speaks until the connection is over. One that is inside TLS already tells of its certificate. */
  async speak(connection: Connection): Promise<void> {
    const { policy, identity } = this.#options;
    const socket = new ClientSocket(connection);
    this.#server.options.size = policy.maxMessageBytes;
    const session: StrictConnection = new StrictConnection(this.#server, socket, {
      isSecure: connection.certificateDigest !== null,
      identity,
      ownDomain: policy.ownDomain,
      requiresLogin: policy.requiresLogin,
      verbs: policy.verbs ?? [],
      command: (verb, argument) => this.#command(session.session, verb, argument),
    });
    const visit: Visit = { connection: session, visitor: null, isTaking: false, wrongPasswords: 0 };
    this.#visits.set(session.session, visit);
    try {
      await session.run();
      visit.visitor?.leave();
    } finally {
      this.#visits.delete(session.session);
      if (this.#visits.size === 0) this.#whenAlone();
    }
  }

  /** Ends every connection as soon as no message is on its way in, and waits for the last of them. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    const alone = new Promise<void>((resolve) => this.#whenAlone = resolve);
    for (const visit of this.#visits.values()) this.#part(visit);
    if (this.#visits.size > 0) await alone;
  }

  #part({ connection, isTaking }: Visit): void {
    if (this.#isFinishing && !isTaking) connection.dismiss("4.3.2 The server is closing");
  }

  #serverOptions({ policy, hostname, identity }: SmtpOptions): SMTPServerOptions {
    return {
      name: hostname,
      banner: "mailctl",
      heloResponse: "%s",
      logger: false,
      disableReverseLookup: true,
      disabledCommands: [
        ...unwanted,
        ...(identity === null ? ["STARTTLS"] : []),
        ...(policy.requiresLogin || policy.offersLogin ? [] : ["AUTH"]),
      ],
      authMethods: ["PLAIN", "LOGIN"],
      allowInsecureAuth: !policy.offersLogin, // else the face decides which addresses it listens on
      authOptional: !policy.requiresLogin,
      hideENHANCEDSTATUSCODES: false,
      hideDSN: !policy.offersNotices,
      rejectOversized: true,
      maxRecipients: policy.maxRecipients,
      maxCommandLength: limits.maxCommandBytes,
      maxAllowedUnauthenticatedCommands: limits.maxRefusedCommands,
      socketTimeout: limits.mailProgramIdleMs,
      onConnect: (session, done) => this.#answer(() => this.#receive(session), done),
      onAuth: (auth, session, done) => {
        this.#answer(() => this.#authenticate(auth, session), done);
      },
      onMailFrom: ({ address, args }, session, done) => {
        const bytes = args ? Number(args["SIZE"] ?? 0) : 0;
        this.#answer(() => this.#visitorOf(session).mail(address, bytes), done);
      },
      onRcptTo: ({ address }, session, done) =>
        this.#answer(() => this.#visitorOf(session).recipient(address), done),
      onData: (stream, session, done) => {
        const visit = this.#visitOf(session);
        visit.isTaking = true;
        this.#answer(() => this.#take(stream, session), (error, words) => {
          done(error, words);
          visit.isTaking = false;
          this.#part(visit);
        });
      },
    };
  }

  #receive(session: SMTPServerSession): void {
    const visit = this.#visitOf(session);
    visit.visitor = this.#options.policy.receive({
      id: session.id,
      remoteAddress: session.remoteAddress,
      get isSecure() {
        return session.secure;
      },
      get helo() {
        return session.hostNameAppearsAs || null;
      },
      get protocol() {
        const { openingCommand, secure, user } = session;
        return `${openingCommand === "EHLO" ? "E" : ""}SMTP${secure ? "S" : ""}${user ? "A" : ""}`;
      },
    });
  }

  async #authenticate(
    { username, password, authzid }: SMTPServerAuthentication,
    session: SMTPServerSession,
  ): Promise<{ user?: string }> {
    const visit = this.#visitOf(session);
    const name = username ?? "";
    const isRight = isOneself(authzid ?? "", name) &&
      await visit.visitor?.authenticate?.(name, password ?? "");
    if (isRight) return { user: name };
    if (++visit.wrongPasswords < limits.maxWrongPasswords) return {};
    throw Object.assign(new Error("4.7.0 Too many wrong passwords"), { responseCode: 421 });
  }

  async #command(session: SMTPServerSession, verb: string, argument: string): Promise<string> {
    try {
      return await this.#visitorOf(session).command!(verb, argument);
    } catch (error) {
      const { responseCode, message } = this.#replyTo(error);
      return `${responseCode} ${message}`;
    }
  }

  /** Whatever the visitor leaves of a message is read past: it must not be taken for commands. */
  async #take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> {
    const { mailFrom, rcptTo } = session.envelope;
    const envelope = {
      sender: mailFrom ? mailFrom.address : "",
      recipients: rcptTo.map(({ address }) => address),
      ...(this.#options.policy.offersNotices ? { notify: successWish(session.envelope) } : {}),
    };
    const content = stream[Symbol.asyncIterator]();
    const { connection } = this.#visitOf(session);
    const late = setTimeout(
      () => connection.dismiss("4.4.2 Too slow"),
      limits.mailProgramMessageMs,
    );
    try {
      return await this.#visitorOf(session).message(envelope, bounded(stream, content));
    } finally {
      while (!(await content.next().catch(() => ({ done: true }))).done);
      clearTimeout(late);
    }
  }

  #visitOf(session: SMTPServerSession): Visit {
    return this.#visits.get(session)!;
  }

  #visitorOf(session: SMTPServerSession): SmtpVisitor {
    return this.#visitOf(session).visitor!;
  }

  /** Calls back with what came of some work, as smtp-server has it. */
  #answer<T>(
    work: () => T | Promise<T>,
    done: (error?: Error | null, result?: NonNullable<Awaited<T>>) => void,
  ): void {
    Promise.try(work).then(
      (result) => done(null, result as NonNullable<Awaited<T>>),
      (error) => done(this.#replyTo(error)),
    );
  }

  /** An error with the codes of its row; what is none of ours has those of a defect. */
  #replyTo(error: unknown): Error & { readonly responseCode: number } {
    if (isReply(error)) return error;
    if (!(error instanceof MailError)) this.#options.onDefect(error);
    const failure = error instanceof MailError ? error : new MailError("internal", "Cannot go on");
    const [reply, enhanced] = failures[failure.code].smtp.split(" ");
    const text = failure.message.replace(/[^ -~]/g, "?").slice(0, maxReplyCharacters);
    return Object.assign(new Error(`${enhanced} ${text}`), { responseCode: Number(reply) });
  }
}

function isReply(error: unknown): error is Error & { readonly responseCode: number } {
  return error instanceof Error && "responseCode" in error;
}

/** Commands that smtp-server knows and nobody needs. */
const unwanted = ["XCLIENT", "XFORWARD", "WIZ", "SHELL", "KILL", "HELP"];

const maxReplyCharacters = 400; // RFC 5321 4.5.3.1.5: 512 with the codes

function successWish({ mailFrom, rcptTo }: SMTPServerSession["envelope"]): SuccessWish {
  // The session's own record has what a MAIL said that was refused, too.
  const envelopeId = mailFrom && mailFrom.args && mailFrom.args["ENVID"];
  const wanted = rcptTo.filter(({ dsn }) => dsn?.notify?.includes("SUCCESS"));
  const named = wanted.map(({ address, dsn }) => ({ address, original: dsn?.orcpt ?? null }));
  return { envelopeId: typeof envelopeId === "string" ? envelopeId : null, recipients: named };
}

/** Never closes the stream: what reads on after a failure has to find the rest of it. */
async function* bounded(
  stream: SMTPServerDataStream,
  content: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { value, done } = await content.next().catch(tellCut);
    if (stream.sizeExceeded) throw new MailError("too_large", "Cannot take a message of this size");
    if (done) return;
    yield value;
  }
}

function tellCut(cause: unknown): never {
  throw new MailError("protocol", "Cannot take a message that has no end", { cause });
}
