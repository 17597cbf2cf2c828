/** An SMTP session on standard input and output (`sendmail -bs`), as far as programs that submit mail need it: RFC 5321. */
import { parseAddress } from "../model/address.ts";
import { type FailureCode, MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { SmtpInput } from "./smtp_input.ts";
import { visibleLine } from "../model/visible.ts";

/** Takes a message for these recipients; it is kept or sent when this resolves. @throws {MailError} */
export type Deliver = (
  recipients: readonly string[],
  message: AsyncIterable<Uint8Array>,
) => Promise<void>;

/** Speaks until the other side quits or is gone. */
export async function speakSmtp(
  source: AsyncIterable<Uint8Array>,
  write: (text: string) => Promise<void>,
  deliver: Deliver,
): Promise<void> {
  const session = new SmtpSession(new SmtpInput(source), write, deliver);
  await write("220 localhost ESMTP mailctl\r\n");
  while (await session.next());
}

class SmtpSession {
  readonly #input: SmtpInput;
  readonly #write: (text: string) => Promise<void>;
  readonly #deliver: Deliver;
  #hasSender = false;
  #recipients: string[] = [];

  constructor(input: SmtpInput, write: (text: string) => Promise<void>, deliver: Deliver) {
    this.#input = input;
    this.#write = write;
    this.#deliver = deliver;
  }

  /** Answers one line; false once the session is over. */
  async next(): Promise<boolean> {
    const line = await this.#input.readLine();
    if (line === null) return false;
    const [, verb = "", rest = ""] = /^([a-z]{4})(?: (.*))?$/i.exec(line.trimEnd()) ?? [];
    await this.#write(`${await this.#answer(verb.toUpperCase(), rest.trim())}\r\n`);
    return verb.toUpperCase() !== "QUIT";
  }

  async #answer(verb: string, rest: string): Promise<string> {
    switch (verb) {
      case "EHLO":
        this.#reset();
        return "250-localhost\r\n250 8BITMIME";
      case "HELO":
        this.#reset();
        return "250 localhost";
      case "MAIL":
        return this.#mail(rest);
      case "RCPT":
        return this.#recipient(rest);
      case "DATA":
        return await this.#data();
      case "RSET":
        this.#reset();
        return "250 Nothing is left";
      case "NOOP":
        return "250 Done";
      case "QUIT":
        return "221 Goodbye";
      default:
        return verb === "" ? "500 Cannot read this line" : "502 There is no such command here";
    }
  }

  /** Whoever the sender is said to be: the account signs. */
  #mail(rest: string): string {
    if (!/^from: ?<[^<>]*>/i.test(rest)) return "501 Write MAIL FROM:<address>";
    if (this.#hasSender) return "503 One message at a time";
    this.#hasSender = true;
    return "250 Go on";
  }

  #recipient(rest: string): string {
    const address = /^to: ?<([^<>]+)>/i.exec(rest)?.[1];
    if (!this.#hasSender) return "503 MAIL comes first";
    if (address === undefined) return "501 Write RCPT TO:<address>";
    if (this.#recipients.length === limits.maxRecipients) return "452 Too many recipients";
    try {
      parseAddress(address);
    } catch (error) {
      return answerTo(error);
    }
    this.#recipients.push(address);
    return "250 Go on";
  }

  async #data(): Promise<string> {
    if (this.#recipients.length === 0) return "503 RCPT comes first";
    await this.#write("354 End it with a line of one dot\r\n");
    const message = this.#input.readMessage();
    // Whoever stops reading must not end it: what is left would be taken for commands.
    const source = { [Symbol.asyncIterator]: () => ({ next: () => message.next() }) };
    const recipients = this.#recipients;
    this.#reset();
    const answer = await this.#deliver(recipients, source).then(() => "250 Taken", answerTo);
    while ((await message.next()).done !== true);
    return answer;
  }

  #reset(): void {
    this.#hasSender = false;
    this.#recipients = [];
  }
}

const statuses: ReadonlyMap<FailureCode, number> = new Map([
  ["no_such_recipient", 550],
  ["malformed", 553],
  ["too_large", 552],
  ["cannot_create", 452],
  ["io", 452],
]);

/** Says what failed, on one line of ASCII. @throws what is no failure of ours to tell of, or ends the session */
function answerTo(error: unknown): string {
  if (!(error instanceof MailError) || error.code === "protocol") throw error;
  const text = visibleLine(error.message).replace(/[^ -~]/g, "?").slice(0, 400);
  return `${statuses.get(error.code) ?? 554} ${text}`;
}
