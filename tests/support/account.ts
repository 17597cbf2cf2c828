/** Accounts for tests that speak to a server by hand: real keys, no password. */
import { generateSecretKeys, publishKeys } from "../../src/crypto/account/identity.ts";
import { loginKeyOf } from "../../src/crypto/account/login_proof.ts";
import { accountFingerprint } from "../../src/crypto/fingerprint.ts";
import { passwordFloor, type SecretKeys } from "../../src/model/account.ts";
import { type AccountName, addressAt, asAccountName } from "../../src/model/address.ts";
import { type Bytes, randomBytes, utf8 } from "../../src/model/bytes.ts";
import {
  type AccountFingerprint,
  asContentTag,
  asIdempotencyKey,
  asLoginSeed,
  type LoginSeed,
} from "../../src/model/digests.ts";
import type { UploadId } from "../../src/model/ids.ts";
import type { RequestOf } from "../../src/wire/operations.ts";
import { type Asked, RawClient } from "./raw_client.ts";
import type { PipeServer } from "./server.ts";

export interface TestAccount {
  readonly name: AccountName;
  readonly loginSeed: LoginSeed;
  readonly secretKeys: SecretKeys;
  readonly fingerprint: AccountFingerprint;
  readonly registration: Asked<"register">;
}

export async function makeAccount(text: string, domain = "mail.test"): Promise<TestAccount> {
  const name = asAccountName(text);
  const secretKeys = generateSecretKeys();
  const keys = await publishKeys(secretKeys, addressAt(name, domain));
  const loginSeed = asLoginSeed(randomBytes(32));
  const loginKey = await loginKeyOf(loginSeed);
  const parameters = { salt: randomBytes(16), ...passwordFloor };
  const sealedKeys = randomBytes(100);
  return {
    name,
    loginSeed,
    secretKeys,
    fingerprint: await accountFingerprint(keys),
    registration: { name, parameters, loginKey, keys, sealedKeys, loginSeed, domain },
  };
}

/** The request that lists all that a test puts into an inbox. */
export const wholeInbox = {
  box: "inbox",
  before: null,
  limit: 200,
  unread: false,
  from: null,
  since: null,
  aside: null,
} as const;

/** Makes an account at a server, on a connection of its own. */
export async function enter(
  server: PipeServer,
  name: string,
): Promise<[client: RawClient, account: TestAccount]> {
  const client = await RawClient.open(server.connect());
  return [client, await registerOn(client, name)];
}

/** Makes an account at a server and logs in to it. */
export async function registerOn(client: RawClient, name: string): Promise<TestAccount> {
  const account = await makeAccount(name);
  await client.call("register", account.registration);
  return account;
}

/** A message of made-up bytes from an account to accounts. */
export function messageTo(
  recipients: readonly TestAccount[],
  body: Bytes | { readonly upload: UploadId },
): RequestOf<"send"> {
  const envelope = utf8("envelope");
  return {
    idempotencyKey: asIdempotencyKey(randomBytes(32)),
    contentTag: asContentTag(randomBytes(32)),
    upload: "upload" in body ? body.upload : null,
    body: "upload" in body ? null : body,
    own: envelope,
    keyring: null,
    recipients: recipients.map(({ name, fingerprint }) => ({ name, fingerprint, envelope })),
  };
}
