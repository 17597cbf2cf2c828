/** An account as a client holds it once it is logged in, without a server. */
import type { OwnAccount } from "../../src/client/account.ts";
import { shareOf } from "../../src/crypto/account/device.ts";
import { accountFingerprint } from "../../src/crypto/fingerprint.ts";
import { generateSecretKeys, publicKeysOf } from "../../src/crypto/account/identity.ts";
import { MailboxKey } from "../../src/crypto/account/mailbox_key.ts";
import { addressAt, asAccountName } from "../../src/model/address.ts";

/** Makes one with new keys, at `example.org`. */
export async function makeOpenAccount(text: string): Promise<OwnAccount> {
  const name = asAccountName(text);
  const domain = "example.org";
  const secretKeys = generateSecretKeys();
  const publicKeys = await publicKeysOf(secretKeys);
  const address = addressAt(name, domain);
  return {
    name,
    address,
    domain,
    publicKeys,
    fingerprint: await accountFingerprint(publicKeys),
    secretKeys,
    sealedKeys: new Uint8Array(), // no server has them
    share: await shareOf("mail", secretKeys),
    mailboxKey: await MailboxKey.derive(secretKeys.mailboxKey, address, [secretKeys.identity]),
    maxMessageBytes: 1000,
  };
}
