/** What opens mail that was sealed to an account. Loaded only where something is opened by public key. */
import { AgeIdentity } from "../../crypto/age/stanza.ts";
import type { SecretKeys } from "../../model/account.ts";
import type { OpenAccount } from "../account.ts";

const identities = new WeakMap<SecretKeys, readonly AgeIdentity[]>();

/** Every age identity that mail of this account may be sealed to, the current one first; taken up once. */
export function identitiesOf(
  { secretKeys }: Pick<OpenAccount, "secretKeys">,
): readonly AgeIdentity[] {
  return identities.getOrInsertComputed(
    secretKeys,
    ({ identity, earlier = [] }) =>
      [identity, ...earlier.map(({ identity }) => identity)].map((each) => new AgeIdentity(each)),
  );
}
