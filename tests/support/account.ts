/** Accounts for tests that speak to a server by hand: real keys, no password. */
import { accountFingerprint } from "../../src/crypto/fingerprint.ts";
import { generateSecretKeys, publishKeys } from "../../src/crypto/identity.ts";
import { type Bytes, randomBytes, utf8 } from "../../src/model/bytes.ts";
import { passwordFloor } from "../../src/model/account.ts";
import type { RequestOf } from "../../src/wire/operations.ts";
import type { RawClient } from "./raw_client.ts";

export interface TestAccount {
  readonly name: string;
  readonly authenticationKey: Bytes;
  readonly fingerprint: Uint8Array;
  readonly registration: RequestOf<"register">;
}

export async function makeAccount(name: string, domain = "mail.test"): Promise<TestAccount> {
  const keys = await publishKeys(await generateSecretKeys(), `${name}@${domain}`);
  const authenticationKey = randomBytes(32);
  const parameters = { salt: randomBytes(16), ...passwordFloor };
  const sealedKeys = randomBytes(100);
  return {
    name,
    authenticationKey,
    fingerprint: await accountFingerprint(keys),
    registration: { name, parameters, authenticationKey, keys, sealedKeys },
  };
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
  body: Bytes | { readonly upload: number },
): RequestOf<"send"> {
  const copy = { bodyHeader: utf8("header\n"), envelope: utf8("envelope") };
  return {
    idempotencyKey: randomBytes(32),
    contentTag: randomBytes(32),
    upload: "upload" in body ? body.upload : null,
    body: "upload" in body ? null : body,
    own: copy,
    recipients: recipients.map(({ name, fingerprint }) => ({ name, fingerprint, copy })),
  };
}
