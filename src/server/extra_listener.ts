/** Another way into a server than its own protocol: what it gets of the server, and what the server asks of it. */
import type { Forwarding } from "../net/forwarding.ts";
import type { ShownCertificate } from "../net/tls_identity.ts";
import type { Accounts } from "../service/accounts.ts";
import type { AppPasswords } from "../service/app_passwords.ts";
import type { InboundMail } from "../service/inbound_mail.ts";
import type { ConversationContext } from "./context.ts";
import type { ServerIdentity } from "./key/identity.ts";

/** What another way into a server is made of. */
export interface ListenerParts {
  readonly inboundMail: InboundMail;
  readonly accounts: Accounts;
  readonly appPasswords: AppPasswords;
  readonly domain: string;
  readonly certificate: ShownCertificate;
  readonly forwarding: Forwarding;
  /** Bytes of content that one message may have now. */
  readonly maxMessageBytes: () => number;
  /** Counts a connection. @throws {MailError} `try_later` */
  readonly admit: (address: string) => void;
  readonly onConnection: () => void;
  readonly onLoginRefused: (address: string) => void;
  readonly onTrouble: (error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Another way into a server. */
export interface ExtraListener {
  /** What it listens on: a name of the protocol, and `host:port`. */
  readonly addresses: readonly (readonly [protocol: string, address: string])[];
  /** Shows another certificate from now on. @throws {MailError} `configuration` */
  show(certificate: ShownCertificate): void;
  /** Lets what is under way come to its end for so long, and cuts the rest. */
  close(graceMs: number): Promise<void>;
}

/** What the server gives to it. */
export function listenerPartsOf(
  context: ConversationContext,
  identity: ServerIdentity,
  forwarding: Forwarding,
): ListenerParts {
  const { inboundMail, accounts, appPasswords, domain, maxMessageBytes, log, metrics } = context;
  const { tls, certificateDigest } = identity;
  return {
    inboundMail,
    accounts,
    appPasswords,
    domain,
    maxMessageBytes,
    certificate: { ...tls, certificateDigest },
    forwarding,
    now: context.now,
    admit: (address) => {
      try {
        context.admitHandshake(address);
      } catch (error) {
        log.warning("limit hit", { address, operation: "smtp" });
        throw error;
      }
    },
    onConnection: () => metrics.count("smtp_connections_total"),
    onLoginRefused: (address) => log.info("login refused", { address, operation: "smtp" }),
    onTrouble: (error) => log.error("SMTP failed", error),
  };
}
