/** What an account is made of: keys of its own, signed, and sealed under its password. */
import { accountFingerprint } from "../fingerprint.ts";
import { generateSecretKeys, publishKeys, sealSecretKeys } from "./identity.ts";
import { loginKeyOf } from "./login_proof.ts";
import { derivePasswordKeys, newPasswordParameters, type PasswordKeys } from "./password.ts";
import type { RequestOf } from "../../wire/operations.ts";
import { type AccountName, addressAt } from "../../model/address.ts";

/** Makes keys for a new account, and those of its password. Takes 150 ms and more. */
export async function prepareRegistration(
  name: AccountName,
  domain: string,
  password: string,
): Promise<{
  readonly registration: Omit<RequestOf<"register">, "request" | "loginSignature">;
  readonly keys: PasswordKeys;
}> {
  const parameters = newPasswordParameters();
  const login = await derivePasswordKeys(password, parameters);
  const address = addressAt(name, domain);
  const secretKeys = generateSecretKeys();
  const keys = await publishKeys(secretKeys, address);
  const owner = { address, parameters, fingerprint: await accountFingerprint(keys) };
  const sealedKeys = await sealSecretKeys(login.wrappingKey, owner, secretKeys);
  const loginKey = await loginKeyOf(login.loginSeed);
  return { registration: { name, parameters, loginKey, keys, sealedKeys }, keys: login };
}
