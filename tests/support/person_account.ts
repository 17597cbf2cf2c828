/**
 * Accounts as the real program would have made them, but without the second that stretching a password takes twice:
 * their derived keys are random, and saved. Nobody can log in to them by password.
 */
import { connect } from "../../src/client/connect.ts";
import { saveKeys } from "../../src/client/logins.ts";
import { formatServer, parseServer } from "../../src/client/server_address.ts";
import { accountFingerprint } from "../../src/crypto/fingerprint.ts";
import { generateSecretKeys, publishKeys, sealSecretKeys } from "../../src/crypto/identity.ts";
import { newPasswordParameters } from "../../src/crypto/password.ts";
import { randomBytes } from "../../src/model/bytes.ts";

/** Makes an account at a server and saves its login in a state folder. */
export async function saveNewAccount(folder: string, server: string, name: string): Promise<void> {
  const address = parseServer(server);
  const client = connect({ state: { folder }, server: address });
  try {
    const { domain } = await client.call("domain", {});
    const keys = { authenticationKey: randomBytes(32), wrappingKey: randomBytes(32) };
    const parameters = newPasswordParameters();
    const secretKeys = await generateSecretKeys();
    const published = await publishKeys(secretKeys, `${name}@${domain}`);
    const fingerprint = await accountFingerprint(published);
    const owner = { address: `${name}@${domain}`, parameters, fingerprint };
    await client.call("register", {
      name,
      parameters,
      authenticationKey: keys.authenticationKey,
      keys: published,
      sealedKeys: await sealSecretKeys(keys.wrappingKey, owner, secretKeys),
    });
    await saveKeys(folder, { server: formatServer(address), name, ...keys });
  } finally {
    client.close();
  }
}
