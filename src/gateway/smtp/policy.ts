/** What a server that speaks SMTP decides. The session speaks; nothing here knows how. */
import type { FindScramKeys } from "../sasl/scram_exchange.ts";
import type { Reply } from "./refusal.ts";

/** Who is at the other end, as far as is known at the moment. */
export interface SmtpPeer {
  /** For the log. */
  readonly id: string;
  /** An IP address, or a name for what has none. */
  readonly remoteAddress: string;
  /** True inside TLS. */
  readonly isSecure: boolean;
  /** As it was said, and believed by nobody; null before HELO and EHLO. */
  readonly helo: string | null;
  /** `ESMTPSA` and the like, by RFC 3848. */
  readonly protocol: string;
  /** Ends the connection as soon as no message is on its way in: its login is over. */
  readonly endLogin: () => void;
}

/** What was said before DATA. Addresses are as they were written, without brackets. */
export interface SmtpEnvelope {
  /** Empty for the null sender, `<>`. */
  readonly sender: string;
  /** At least one, none of them twice. */
  readonly recipients: readonly string[];
  /** What the sender wants to hear, where the policy offers it: RFC 3461. */
  readonly notify?: SuccessNotice | undefined;
}

/** That somebody is to be told once a message has arrived. */
export interface SuccessNotice {
  /** What the sender calls the message. */
  readonly envelopeId: string | null;
  /** Whom it has to arrive at for that, and whom the sender first meant. */
  readonly recipients: readonly { readonly address: string; readonly original: string | null }[];
}

/**
 * One connection's dealings with a server. Calls come one after the other. What they throw is told in the words and with
 * the SMTP codes of its row in the failure table; anything but a `MailError` is `internal`.
 */
export interface SmtpVisitor {
  /** Where there are no passwords it is missing. False: wrong. */
  authenticate?(name: string, password: string): Promise<boolean>;
  /**
   * `bytes`: what the message is said to have; 0 where nothing is said.
   * @throws {MailError} for a sender that is not welcome
   */
  mail(sender: string, bytes: number): Promise<void>;
  /** @throws {MailError} for a recipient that nothing can be taken for */
  recipient(address: string): Promise<void>;
  /**
   * Takes a message; it is delivered, or kept for good, when this resolves, with the words that the client is told.
   * The source throws where the message is cut off or over the limit: nothing of it may be kept then.
   * @throws {MailError}
   */
  message(envelope: SmtpEnvelope, source: AsyncIterable<Uint8Array>): Promise<string>;
  /** Carries out a command of the policy's own. Missing where there are none. */
  command?(verb: string, argument: string): Promise<Reply>;
  /** The connection is over, however it ended. */
  leave(): void;
}

export interface SmtpPolicy {
  /** Begins with a connection. @throws {MailError} to refuse it */
  receive(peer: SmtpPeer): SmtpVisitor;
  /** True: nothing but HELO, STARTTLS and QUIT before AUTH. */
  readonly requiresLogin: boolean;
  /** AUTH where it is not required: only inside TLS. */
  readonly offersLogin?: boolean | undefined;
  /** Keys for logins in which the password is not said; they are not offered where it is missing. */
  readonly scramKeys?: FindScramKeys | undefined;
  /** Delivery status notifications. */
  readonly offersNotices?: boolean | undefined;
  /** Commands of its own, in capitals. */
  readonly verbs?: readonly string[] | undefined;
  /** The domain of addresses that were written without one. */
  readonly ownDomain: string;
  /** Bytes of one message, its header with it; it may change from one connection to the next. */
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
}
