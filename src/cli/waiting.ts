/** What `wait` and `watch` share: a mailbox that outlives its connections, and what is passed over. */
import type { ListedMessage, OpenedMessage } from "../client/mailbox.ts";
import type { SteadyMailbox } from "../client/steady.ts";
import { equalBytes } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import type { Outcome } from "../model/message.ts";
import { say } from "./output.ts";
import { type AccountFlags, withMailbox } from "./session.ts";

/** Opens a mailbox that is opened again as often as its connection is lost, and closes it when the work is over. */
export function withSteadyMailbox<T>(
  flags: AccountFlags,
  work: (steady: SteadyMailbox) => Promise<T>,
): Promise<T> {
  return withMailbox(flags, async (mailbox) => {
    if (Deno.stdin.isTerminal() && Deno.stderr.isTerminal()) {
      say("Waiting for mail; Ctrl-C ends it");
    }
    const { SteadyMailbox } = await import("../client/steady.ts");
    const steady = new SteadyMailbox(
      mailbox,
      ({ message }) => say(`${message}; trying again until it answers`),
    );
    try {
      return await work(steady);
    } finally {
      steady.close();
    }
  });
}

const reasons: Readonly<Record<Outcome, string>> = {
  verified: "its key was compared",
  signed: "its key was not compared",
  unknown: "its key was not seen before",
  changed: "it is signed by another key than the one known for its sender",
  invalid: "its signature does not hold",
  notice: "it is the server's word, which nobody signed",
  imported: "you imported it; nobody signed who wrote it",
  unsigned: "it came from outside, and nobody signed it",
};

/** Says that nothing is done on a message, and why. */
export function sayPassedOver({ id, outcome }: ListedMessage): void {
  say(`Passed over message ${id}: ${reasons[outcome]}`);
}

/** True where a message is its sender's as far as can be known: nothing is done on others by itself. */
export function isTrusted({ outcome }: ListedMessage): boolean {
  return outcome === "verified" || outcome === "signed" || outcome === "unknown";
}

/**
 * Makes sure that the server gave the message that was listed: it could have shown one and given another.
 * @throws {MailError} `protocol`
 */
export function requireSame(opened: OpenedMessage, listed: ListedMessage): void {
  const same = opened.headers.messageId === listed.headers?.messageId &&
    opened.from === listed.from && (opened.origin === null) === (listed.origin === null) &&
    isSameKey(opened.senderFingerprint, listed.senderFingerprint);
  if (same && (isTrusted(opened) || !isTrusted(listed))) return;
  throw new MailError("protocol", `Cannot use message ${opened.id}: it is not the one that came`);
}

function isSameKey(one: Uint8Array | null, other: Uint8Array | null): boolean {
  return one === null || other === null ? one === other : equalBytes(one, other);
}
