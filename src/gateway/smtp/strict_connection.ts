/** smtp-server's connection, without its delay and its sockets, and with less patience. */
import type { SMTPServer } from "smtp-server";
import { SMTPConnection } from "smtp-server/lib/smtp-connection.js";
import { limits } from "../../model/limits.ts";
import { inTime } from "../../net/deadline.ts";
import type { TlsIdentity } from "../../net/tls_identity.ts";
import type { ClientSocket } from "./client_socket.ts";
import { parameterFault } from "./parameters.ts";
import { StrictStream } from "./strict_stream.ts";

type Socket = SMTPConnection["_socket"];

export interface StrictOptions {
  /** True where the socket is inside TLS already. */
  readonly isSecure: boolean;
  readonly identity: TlsIdentity | null;
  readonly ownDomain: string | null;
  readonly requiresLogin: boolean;
  /** Commands of the policy's own. */
  readonly verbs: readonly string[];
  /** Carries one out; gives the reply with its code. Never throws. */
  readonly command: (verb: string, argument: string) => Promise<string>;
}

export class StrictConnection extends SMTPConnection {
  readonly #client: ClientSocket;
  readonly #options: StrictOptions;
  #refused = 0;
  #isGreeting = false;

  constructor(server: SMTPServer, client: ClientSocket, options: StrictOptions) {
    super(server, client as unknown as Socket, { remoteAddress: client.remoteAddress });
    this.#client = client;
    this.#options = options;
    this.session.secure = this.secure = options.isSecure;
    client.onBareLine = (what) => this.#dismiss(521, `5.5.2 A bare ${what} ends no line`);
    this.on("error", () => {}); // cut off in the middle of something
  }

  /** Speaks until it is over. */
  async run(): Promise<void> {
    const over = new Promise<void>((resolve) => this.#client.once("close", () => resolve()));
    const { requiresLogin } = this.#options;
    const late = requiresLogin && setTimeout(() => this.#loginIsLate(), limits.mailProgramLoginMs);
    this._setListeners(() => this.connectionReady());
    await over;
    if (late !== false) clearTimeout(late);
  }

  /** Ends it, telling why. */
  dismiss(reason: string): void {
    this.#dismiss(421, reason);
  }

  /** Replies; to who was refused too often, for the last time. Texts of ours bring their own enhanced status code. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const hasCode = typeof data === "string" && /^\d\.\d+\.\d+ /.test(data);
    if (code === 421) this.#client.lingers = true;
    super.send(code, data, hasCode ? false : context);
    if (code >= 400 && code !== 421 && ++this.#refused === limits.maxRefusedCommands) {
      this.dismiss("4.7.0 Too many refused commands");
    }
  }

  /** Where a password has to wait for TLS, AUTH is not offered before (RFC 4954 4). */
  override handler_EHLO(command: never, callback: () => void): void {
    this.#isGreeting = true;
    super.handler_EHLO(command, callback);
    this.#isGreeting = false;
  }

  override _isDisabled(command: string): boolean {
    const hides = this.#isGreeting && this.#mustSecure && command === "AUTH";
    return hides || super._isDisabled(command);
  }

  /** Not behind MAIL (RFC 4954 4): a sender is checked against whoever is logged in by then. */
  override handler_AUTH(command: never, callback: () => void): void {
    const isLate = Boolean(this.session.envelope.mailFrom);
    if (!this.#mustSecure && !isLate) return super.handler_AUTH(command, callback);
    if (isLate) this.send(503, "5.5.1 Not within a transaction");
    else this.send(538, "Must issue a STARTTLS command first");
    callback();
  }

  override handler_MAIL(command: never, callback: () => void): void {
    if (this.#isWellPut("MAIL", command, callback)) super.handler_MAIL(command, callback);
  }

  override handler_RCPT(command: never, callback: () => void): void {
    if (this.#isWellPut("RCPT", command, callback)) super.handler_RCPT(command, callback);
  }

  override handler_DATA(command: never, callback: () => void): void {
    if (String(command).trim().length === "DATA".length) {
      return super.handler_DATA(command, callback);
    }
    this.send(501, "5.5.4 DATA stands alone");
    callback();
  }

  /** Refuses what has unknown parameters, or ones that are not written as they should be. */
  #isWellPut(verb: "MAIL" | "RCPT", command: unknown, callback: () => void): boolean {
    const fault = parameterFault(verb, String(command), !this._server.options.hideDSN);
    if (fault === null) return true;
    this.send(fault.code, fault.text);
    callback();
    return false;
  }

  get #mustSecure(): boolean {
    return !this.secure && !this._server.options.allowInsecureAuth;
  }

  override _getHandler(command: string): ReturnType<SMTPConnection["_getHandler"]> {
    if (!this.#options.verbs.includes(command)) return super._getHandler(command);
    return (line, done) => {
      const argument = String(line).trim().replace(/^\S+\s*/, "");
      this.#options.command(command, argument).then((reply) => {
        this.send(Number(reply.slice(0, 3)), reply.slice(4), false);
        done();
      });
    };
  }

  /** Addresses without a domain are of our own, where there is one. */
  override _parseAddressCommand(
    name: string,
    command: Uint8Array | string,
  ): ReturnType<SMTPConnection["_parseAddressCommand"]> {
    const { ownDomain } = this.#options;
    const text = typeof command === "string" ? command : new TextDecoder().decode(command);
    const whole = ownDomain === null
      ? text
      : text.replace(/^([^<]*<[^<>@\s]+)>/, (_, bare) => `${bare}@${ownDomain}>`);
    return super._parseAddressCommand(name, whole);
  }

  override _createParser(): StrictStream {
    const parser = new StrictStream({ maxCommandLength: limits.maxCommandBytes });
    parser.oncommand = (command, done) => this._onCommand(command, done);
    parser.on("error", ({ message }) => this.send(421, `Error: ${message}`));
    return parser;
  }

  /** STARTTLS: the stream goes on inside TLS, and all that is known of the client is forgotten. */
  override upgrade(callback: () => void): void {
    this.#client.unpipe();
    if (this._parser) this._parser.isClosed = true; // what was said in the clear behind it does not count
    this._parser = this._createParser();
    this._upgrading = true;
    setImmediate(callback);
    this.#secure().catch(() => this.#client.destroy());
  }

  async #secure(): Promise<void> {
    const client = this.#client;
    const secured = client.secure(this.#options.identity!);
    await inTime(secured, limits.handshakeTimeoutMs, () => client.destroy());
    if (!this._parser) return; // closed meanwhile
    this.session.secure = this.secure = true;
    this.session.user = this.hostNameAppearsAs = this.openingCommand = false;
    this._upgrading = false;
    this._resetSession();
    client.pipe(this._parser);
  }

  #loginIsLate(): void {
    if (!this.session.user) this.dismiss("4.7.0 No login in time");
  }

  #dismiss(code: number, reason: string): void {
    this.#client.lingers = true;
    this.send(code, reason);
    this.close();
  }
}
