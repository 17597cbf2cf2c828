/** A server that speaks SMTP, with a policy that writes down what it is given. */
import { byteString } from "../../src/mime/byte_string.ts";
import { concatBytes } from "../../src/model/bytes.ts";
import { MailError } from "../../src/model/errors.ts";
import { SmtpServer } from "../../src/gateway/smtp/server.ts";
import type { SmtpEnvelope, SmtpPolicy } from "../../src/gateway/smtp/policy.ts";
import type { TlsIdentity } from "../../src/net/tls_identity.ts";
import { MailProgram } from "./mail_program.ts";
import { pipe, type PipeOptions } from "./pipe.ts";

export interface Taken extends SmtpEnvelope {
  /** One character a byte. */
  readonly text: string;
}

export class SmtpStage {
  readonly taken: Taken[] = [];
  readonly defects: unknown[] = [];
  /** Sources that threw before their end. */
  cut = 0;
  left = 0;
  readonly server: SmtpServer;
  readonly #spoken: Promise<void>[] = [];

  constructor(query: Partial<SmtpPolicy> = {}, identity: TlsIdentity | null = null) {
    const policy: SmtpPolicy = {
      requiresLogin: false,
      ownDomain: "mail.test",
      maxMessageBytes: 1_000_000,
      maxRecipients: 3,
      receive: () => ({
        authenticate: (name, password) =>
          Promise.resolve(name === "alice" && password === "secret"),
        mail: () => Promise.resolve(),
        recipient: (address) => this.#recipient(address),
        message: (envelope, source) => this.#message(envelope, source),
        leave: () => void this.left++,
      }),
      ...query,
    };
    const onDefect = (error: unknown) => void this.defects.push(error);
    this.server = new SmtpServer({ policy, hostname: "here.test", identity, onDefect });
  }

  /** A program that was greeted. */
  async connect(options: PipeOptions = {}): Promise<MailProgram> {
    const [ours, theirs] = pipe(options);
    this.#spoken.push(this.server.speak(ours));
    const program = new MailProgram(theirs);
    const greeting = await program.reply();
    if (greeting !== "220 here.test ESMTP mailctl") throw new Error(`greeted by ${greeting}`);
    return program;
  }

  /** Waits until all connections are over. */
  async over(): Promise<void> {
    await Promise.all(this.#spoken);
  }

  #recipient(address: string): Promise<void> {
    if (address.startsWith("nobody")) {
      throw new MailError(
        "no_such_recipient",
        `Cannot send to ${address}: there is no such account`,
      );
    }
    if (address.startsWith("defect")) throw new TypeError("a defect with a secret");
    return Promise.resolve();
  }

  async #message(envelope: SmtpEnvelope, source: AsyncIterable<Uint8Array>): Promise<string> {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of source) chunks.push(chunk);
    } catch (error) {
      this.cut++;
      throw error;
    }
    const text = byteString(concatBytes(chunks));
    this.taken.push({ ...envelope, text });
    return `taken ${this.taken.length}`;
  }
}
