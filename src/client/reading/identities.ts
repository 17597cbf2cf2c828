/** What opens mail that was sealed to an account. Loaded only where something is opened by public key. */
import { AgeIdentity } from "../../crypto/age/stanza.ts";
import { identityTextsOf, type OpenAccount } from "../account.ts";

const identities = new WeakMap<OpenAccount["share"], readonly AgeIdentity[]>();

/**
 * Every age identity that mail of this account may be sealed to, the current one first; taken up once.
 * @throws {MailError} `denied` for a login that opens no mail
 */
export function identitiesOf({ share }: Pick<OpenAccount, "share">): readonly AgeIdentity[] {
  return identities.getOrInsertComputed(
    share,
    () => identityTextsOf({ share }).map((each) => new AgeIdentity(each)),
  );
}
