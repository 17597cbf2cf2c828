/** The commands of SMTP, and what has to come before them: each is a method of the session. */
import type { RefusalReason, Reply } from "./refusal.ts";

/** What a session does for each command; `argument` is what stands behind its name. */
export interface Verbs {
  hello(verb: "HELO" | "EHLO", argument: string): Reply;
  startTls(argument: string): Reply;
  auth(argument: string): Reply | Promise<Reply>;
  mail(argument: string): Promise<Reply>;
  recipient(argument: string): Promise<Reply>;
  data(argument: string): Reply;
  reset(): Reply;
  verify(argument: string): Reply;
  quit(): Reply;
}

export type Command = (this: Verbs, argument: string) => Reply | Promise<Reply>;

/** By name, in capitals. */
export const commands: Readonly<Record<string, Command>> = {
  HELO(argument) {
    return this.hello("HELO", argument);
  },
  EHLO(argument) {
    return this.hello("EHLO", argument);
  },
  STARTTLS(argument) {
    return this.startTls(argument);
  },
  AUTH(argument) {
    return this.auth(argument);
  },
  MAIL(argument) {
    return this.mail(argument);
  },
  RCPT(argument) {
    return this.recipient(argument);
  },
  DATA(argument) {
    return this.data(argument);
  },
  RSET() {
    return this.reset();
  },
  NOOP() {
    return [250, "2.0.0 OK"];
  },
  VRFY(argument) {
    return this.verify(argument);
  },
  QUIT() {
    return this.quit();
  },
};

/** They hand a message over: where a login is required, it comes before them. */
export const transferCommands: ReadonlySet<string> = new Set(["MAIL", "RCPT", "DATA"]);

/** They come behind HELO or EHLO (RFC 5321 4.1.4). */
export const greetedCommands: ReadonlySet<string> = new Set([...transferCommands, "AUTH"]);

/**
 * What ends a connection: a page in a browser can connect to a port of this machine, and says HTTP first; a PROXY
 * header that is not a forwarder's own would tell another address than the peer's.
 */
export function intruding(line: string): RefusalReason | null {
  if (/^PROXY /i.test(line)) return "proxy";
  const isHttp = /^(?:OPTIONS|GET|HEAD|POST|PUT|DELETE|TRACE|CONNECT) \/.* HTTP\/\d\.\d$/i.test(
    line,
  );
  return isHttp ? "http" : null;
}
