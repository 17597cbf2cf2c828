/** `sendmail -bs`: SMTP on standard input and output, spoken by the gateway; what is taken goes into the queue. */
import { SmtpServer } from "../../gateway/smtp/server.ts";
import type { SmtpEnvelope, SmtpPolicy, SmtpVisitor } from "../../gateway/smtp/policy.ts";
import { parseTaggedAddress } from "../../model/tagged_address.ts";
import type { LocalAliases } from "../../client/submission/local_aliases.ts";
import { withoutLocalhost } from "../../client/submission/machine_name.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { Connection } from "../../net/connection.ts";
import { mayExist } from "./recipients.ts";

/** Takes a message for these recipients; it is kept or sent when this resolves. @throws {MailError} */
export type Deliver = (
  recipients: readonly string[],
  message: AsyncIterable<Uint8Array>,
) => Promise<void>;

/**
 * Speaks until the other side quits or is gone.
 * @throws {MailError} `protocol` where it went in the middle of a message, of which nothing is kept; what is a defect
 */
export async function speakSmtp(
  connection: Connection,
  aliases: LocalAliases | null,
  deliver: Deliver,
): Promise<void> {
  const sender = new Sender(aliases, deliver);
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
  readonly #aliases: LocalAliases | null;
  readonly #deliver: Deliver;
  /** Why a message has no end; null where all had one. */
  cut: MailError | null = null;

  constructor(aliases: LocalAliases | null, deliver: Deliver) {
    this.#aliases = aliases;
    this.#deliver = deliver;
  }

  /** Whoever the sender is said to be: the account signs. */
  async mail(): Promise<void> {}

  /** A name that no account can have may be an alias, such as `_apt`. It is one word: what is taken is read as a list. */
  async recipient(address: string): Promise<void> {
    const named = withoutLocalhost(address);
    const isWord = /^[^\s@,;:"<>()]+$/.test(named);
    const meant = isWord ? await this.#aliases?.resolve(named, mayExist) : undefined;
    for (const each of meant ?? [named]) parseTaggedAddress(each);
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
