/** Whose key is whose: a correspondent's key beside the pinned one, and the pin that a decision makes of it. */
import { type Address, formatAddress, localName } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { parseTaggedAddress } from "../../model/tagged_address.ts";
import type { OpenAccount } from "../account.ts";
import type { Client } from "../connection/client.ts";
import type { Contact } from "./contacts.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import type { Keyring, Standing } from "./keyring.ts";
import { resolveRecipient } from "./recipients.ts";

/** Two keys that two people compare, and what is known of the other one's. */
export interface Comparison {
  /** `name@domain` of the correspondent, or of an alias */
  readonly address: Address;
  /** `name@domain` of the account: another one where the address is an alias. */
  readonly account: Address;
  /** Of the keys that the server gives for it now. Only a comparison by another way says whose they are. */
  readonly fingerprint: AccountFingerprint;
  readonly state: Standing;
  /** The pin; null where there is none. Of another key where the state is `changed`. */
  readonly pinned: Contact | null;
  /** The other key that was pinned until a decision replaced it. */
  readonly replaced: Contact | null;
  readonly own: { readonly address: Address; readonly fingerprint: AccountFingerprint };
}

/** What a comparison needs of the mailbox it is made in. */
export interface TrustContext {
  readonly client: Client;
  readonly account: Promise<OpenAccount>;
  readonly keyring: () => Promise<Keyring>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Looks up a correspondent; see `Mailbox.compare`. One round trip, and another where the key changed. */
export async function compareKeys(context: TrustContext, name: string): Promise<Comparison> {
  const wanted = parseTaggedAddress(name);
  const opening = context.keyring();
  const lookUp = context.client.call("lookUp", { names: [wanted.name] });
  const account = await context.account;
  if (localName(wanted, account.domain) === account.name) throw oneself();
  const { found: [found, ...more] } = await lookUp;
  if (found === undefined || more.length > 0) throw unexpectedReply();
  const isElsewhere = localName(wanted, account.domain) === null;
  if (found === null || isElsewhere) {
    throw new MailError(
      "no_such_recipient",
      `Cannot find ${formatAddress(wanted)}: ${
        isElsewhere
          ? `the server has only accounts of ${account.domain}`
          : "there is no such account"
      }`,
    );
  }
  const recipient = await resolveRecipient(wanted, account, found, "to");
  const { aliases: [address = recipient.address], fingerprint } = recipient;
  const keyring = await opening;
  if (keyring.judge(address, fingerprint) === "changed") {
    await followKeyChange(context, keyring, { address, account: recipient.address });
  }
  const own = { address: account.address, fingerprint: account.fingerprint };
  return judged(keyring, {
    address,
    account: recipient.address,
    fingerprint,
    own,
    replaced: null,
  });
}

/** Pins the key that was shown; see `Mailbox.accept`. */
export async function acceptKey(
  context: Pick<TrustContext, "client" | "keyring" | "now">,
  shown: Comparison,
  verified: boolean,
): Promise<Comparison> {
  context.client.requireAllowed("block"); // as that does, it holds for the whole account
  const keyring = await context.keyring();
  const { address, account, fingerprint, pinned, own } = shown;
  const replaces = pinned?.fingerprint ?? null;
  await keyring.accept({ address, fingerprint, verified, replaces }, context.now());
  const isOther = pinned !== null && !equalBytes(pinned.fingerprint, fingerprint);
  return judged(keyring, { address, account, fingerprint, own, replaced: isOther ? pinned : null });
}

/** Goes on to the new key where the pinned one led to it: as for a send, that is no change, and nobody compared it. */
async function followKeyChange(
  { client, account, now }: TrustContext,
  keyring: Keyring,
  whose: Pick<Comparison, "address" | "account">,
): Promise<void> {
  const { fetchLines } = await import("./key_history.ts");
  const lines = await fetchLines(client, (await account).domain, [whose.account]);
  const line = lines.get(whose.account);
  if (line !== undefined) await keyring.followKeyChanges(new Map([[whose.address, line]]), now());
}

function judged(
  keyring: Keyring,
  comparison: Omit<Comparison, "state" | "pinned">,
): Comparison {
  const { address, fingerprint } = comparison;
  return {
    ...comparison,
    state: keyring.judge(address, fingerprint),
    pinned: keyring.find(address),
  };
}

function oneself(): MailError {
  return new MailError("usage", "Cannot compare your own key with itself: name another account", {
    hint: "Run `mailctl whoami` to see your own key.",
  });
}
