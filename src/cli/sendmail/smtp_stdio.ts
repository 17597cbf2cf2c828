/** `sendmail -bs`: SMTP on standard input and output, spoken by the gateway; what is taken goes into the queue. */
import { SmtpServer } from "../../gateway/smtp/server.ts";
import type { SmtpEnvelope, SmtpPolicy, SmtpVisitor } from "../../gateway/smtp/policy.ts";
import { parseTaggedAddress } from "../../model/tagged_address.ts";
import { withoutLocalhost } from "../../client/submission/machine_name.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { Connection } from "../../net/connection.ts";

/** Takes a message for these recipients; it is kept or sent when this resolves. @throws {MailError} */
export type Deliver = (
  recipients: readonly string[],
  message: AsyncIterable<Uint8Array>,
) => Promise<void>;

/**
 * Speaks until the other side quits or is gone.
 * @throws {MailError} `protocol` where it went in the middle of a message, of which nothing is kept; what is a defect
 */
export async function speakSmtp(connection: Connection, deliver: Deliver): Promise<void> {
  const sender = new Sender(deliver);
  const defects: unknown[] = [];
  const server = new SmtpServer({
    policy: policyOf(sender),
    hostname,
    identity: null,
    onDefect: (error) => defects.push(error),
  });
  await server.speak(connection);
  for (const error of defects) throw error;
  if (sender.cut !== null) throw sender.cut;
}

/** What this side calls itself, and the domain of addresses without one: which it really is, only the server knows. */
const hostname = "localhost";

function policyOf(sender: SmtpVisitor): SmtpPolicy {
  return {
    requiresLogin: false,
    ownDomain: hostname,
    maxMessageBytes: limits.maxMessageCeilingBytes + limits.maxHeaderBytes,
    maxRecipients: limits.maxRecipients,
    receive: () => sender,
  };
}

class Sender implements SmtpVisitor {
  readonly #deliver: Deliver;
  /** Why a message has no end; null where all had one. */
  cut: MailError | null = null;

  constructor(deliver: Deliver) {
    this.#deliver = deliver;
  }

  /** Whoever the sender is said to be: the account signs. */
  async mail(): Promise<void> {}

  /** A name without a domain may be an alias, though no account can have it, such as `_apt`. */
  recipient(address: string): Promise<void> {
    const meant = withoutLocalhost(address);
    return Promise.try(() => void (meant.includes("@") && parseTaggedAddress(meant)));
  }

  async message({ recipients }: SmtpEnvelope, source: AsyncIterable<Uint8Array>): Promise<string> {
    try {
      await this.#deliver(recipients.map(withoutLocalhost), source);
    } catch (error) {
      if (isFailure(error, "protocol")) this.cut = error;
      throw error;
    }
    return "Taken";
  }

  leave(): void {}
}
