/**
 * Accounts as the real program would have made them, but without the time that stretching a password takes twice:
 * their derived keys are random, or all those of one password, and saved.
 */
import { connect } from "../../src/client/connection/connect.ts";
import { openAccount } from "../../src/client/account.ts";
import { saveDevice } from "../../src/client/account/save_login.ts";
import { parseServer } from "../../src/client/connection/server_address.ts";
import { loginKeyOf, proveLogin } from "../../src/crypto/account/login_proof.ts";
import { accountFingerprint } from "../../src/crypto/fingerprint.ts";
import {
  generateSecretKeys,
  publishKeys,
  sealSecretKeys,
} from "../../src/crypto/account/identity.ts";
import {
  derivePasswordKeys,
  newPasswordParameters,
  type PasswordKeys,
} from "../../src/crypto/account/password.ts";
import type { PasswordParameters } from "../../src/model/account.ts";
import { asAccountName, asAddress } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { asLoginSeed, asWrappingKey } from "../../src/model/digests.ts";
import { stretchQuickly } from "./quick_argon2id.ts";

/** What an account is made of besides its name and its own keys. */
export interface PersonLogin {
  readonly parameters: PasswordParameters;
  readonly keys: PasswordKeys;
}

/** The password of everybody who has one. */
export const password = "correct horse battery";

const logins = new Map<string, Promise<PersonLogin>>();

/**
 * A login by `password`; one for all without a name. Those whose password is to change need one by a name of their own,
 * for a server takes the replaced one from nobody any more.
 */
export function passwordLogin(whose = ""): Promise<PersonLogin> {
  return logins.getOrInsertComputed(whose, async () => {
    stretchQuickly();
    const parameters = newPasswordParameters();
    return { parameters, keys: await derivePasswordKeys(password, parameters) };
  });
}

/** A login without a password. */
function randomLogin(): PersonLogin {
  const keys = {
    loginSeed: asLoginSeed(randomBytes(32)),
    wrappingKey: asWrappingKey(randomBytes(32)),
  };
  return { parameters: newPasswordParameters(), keys };
}

/** Makes an account at a server and saves its login in a state folder. */
export async function saveNewAccount(
  folder: string,
  server: string,
  name: string,
  login: PersonLogin | Promise<PersonLogin> = randomLogin(),
): Promise<void> {
  const address = parseServer(server);
  const client = connect({ state: { folder }, server: address });
  try {
    const { domain } = await client.call("domain", {});
    const { keys, parameters } = await login;
    const secretKeys = generateSecretKeys();
    const [account, accountAddress] = [asAccountName(name), asAddress(`${name}@${domain}`)];
    const published = await publishKeys(secretKeys, accountAddress);
    const fingerprint = await accountFingerprint(published);
    const owner = { address: accountAddress, parameters, fingerprint };
    const registration = {
      name: account,
      parameters,
      loginKey: await loginKeyOf(keys.loginSeed),
      keys: published,
      sealedKeys: await sealSecretKeys(keys.wrappingKey, owner, secretKeys),
    };
    const made = await client.change("register", async (transcript) => {
      const proof = await proveLogin(keys.loginSeed, { transcript, address: accountAddress });
      return { ...registration, loginSignature: proof.signature };
    });
    const options = { state: { folder }, server: address, device: { label: "test" } };
    const byPassword = { address: accountAddress, ...keys };
    await saveDevice(client, options, byPassword, await openAccount(made, keys));
  } finally {
    client.close();
  }
}
