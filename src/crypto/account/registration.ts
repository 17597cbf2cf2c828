/** What an account is made of: keys of its own, signed, and sealed under its password. */
import { accountFingerprint } from "../fingerprint.ts";
import { generateSecretKeys, publishKeys, sealSecretKeys } from "./identity.ts";
import { deriveLoginKeys, type LoginKeys, newPasswordParameters } from "./password.ts";
import type { RequestOf } from "../../wire/operations.ts";
import { type AccountName, addressAt } from "../../model/address.ts";

/** Makes keys for a new account, and those of its password. Takes 150 ms and more. */
export async function prepareRegistration(
  name: AccountName,
  domain: string,
  password: string,
): Promise<{ readonly registration: RequestOf<"register">; readonly keys: LoginKeys }> {
  const parameters = newPasswordParameters();
  const login = await deriveLoginKeys(password, parameters);
  const address = addressAt(name, domain);
  const secretKeys = generateSecretKeys();
  const keys = await publishKeys(secretKeys, address);
  const owner = { address, parameters, fingerprint: await accountFingerprint(keys) };
  const sealedKeys = await sealSecretKeys(login.wrappingKey, owner, secretKeys);
  const { authenticationKey } = login;
  return { registration: { name, parameters, authenticationKey, keys, sealedKeys }, keys: login };
}
