/** An account as a client holds it once it is logged in, without a server. */
import type { OpenAccount } from "../../src/client/account.ts";
import { accountFingerprint } from "../../src/crypto/fingerprint.ts";
import { generateSecretKeys, publicKeysOf } from "../../src/crypto/account/identity.ts";
import { MailboxKey } from "../../src/crypto/account/mailbox_key.ts";

/** Makes one with new keys, at `example.org`. */
export async function makeOpenAccount(name: string): Promise<OpenAccount> {
  const domain = "example.org";
  const secretKeys = generateSecretKeys();
  const publicKeys = await publicKeysOf(secretKeys);
  const address = `${name}@${domain}`;
  return {
    name,
    address,
    domain,
    publicKeys,
    fingerprint: await accountFingerprint(publicKeys),
    secretKeys,
    mailboxKey: await MailboxKey.derive(secretKeys.mailboxKey, address),
    maxMessageBytes: 1000,
  };
}
