/** Whose key is whose: a correspondent's key beside the pinned one, and the pin that a decision makes of it. */
import { formatAddress, localName, parseAddress } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import type { OpenAccount } from "../account.ts";
import type { Client } from "../connection/client.ts";
import type { Contact } from "./contacts.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import type { Keyring, Standing } from "./keyring.ts";
import { resolveRecipient } from "./recipients.ts";

/** Two keys that two people compare, and what is known of the other one's. */
export interface Comparison {
  /** `name@domain` of the correspondent */
  readonly address: string;
  /** Of the keys that the server gives for it now. Only a comparison by another way says whose they are. */
  readonly fingerprint: Uint8Array;
  readonly state: Standing;
  /** The pin; null where there is none. Of another key where the state is `changed`. */
  readonly pinned: Contact | null;
  /** The other key that was pinned until a decision replaced it. */
  readonly replaced: Contact | null;
  readonly own: { readonly address: string; readonly fingerprint: Uint8Array };
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
  const wanted = parseAddress(name);
  const opening = context.keyring();
  const lookUp = context.client.call("lookUp", { names: [wanted.name] });
  const account = await context.account;
  if (localName(wanted, account.domain) === account.name) throw oneself();
  const { keys: [keys, ...more] } = await lookUp;
  if (keys === undefined || more.length > 0) throw unexpectedReply();
  const isElsewhere = localName(wanted, account.domain) === null;
  if (keys === null || isElsewhere) {
    throw new MailError(
      "no_such_recipient",
      `Cannot find ${formatAddress(wanted)}: ${
        isElsewhere
          ? `the server has only accounts of ${account.domain}`
          : "there is no such account"
      }`,
    );
  }
  const { address, fingerprint } = await resolveRecipient(wanted.name, account, keys, "to");
  const keyring = await opening;
  if (keyring.judge(address, fingerprint) === "changed") {
    await followKeyChange(context, keyring, address);
  }
  const own = { address: account.address, fingerprint: account.fingerprint };
  return judged(keyring, { address, fingerprint, own, replaced: null });
}

/** Pins the key that was shown; see `Mailbox.accept`. */
export async function acceptKey(
  context: Pick<TrustContext, "keyring" | "now">,
  shown: Comparison,
  verified: boolean,
): Promise<Comparison> {
  const keyring = await context.keyring();
  const { address, fingerprint, pinned, own } = shown;
  const replaces = pinned?.fingerprint ?? null;
  await keyring.accept({ address, fingerprint, verified, replaces }, context.now());
  const isOther = pinned !== null && !equalBytes(pinned.fingerprint, fingerprint);
  return judged(keyring, { address, fingerprint, own, replaced: isOther ? pinned : null });
}

/** Goes on to the new key where the pinned one led to it: as for a send, that is no change, and nobody compared it. */
async function followKeyChange(
  { client, account, now }: TrustContext,
  keyring: Keyring,
  address: string,
): Promise<void> {
  const { fetchLines } = await import("./key_history.ts");
  await keyring.followKeyChanges(
    await fetchLines(client, (await account).domain, [address]),
    now(),
  );
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
