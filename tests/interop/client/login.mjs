/** WIRE 7.3, 7.7 and 8.4: how a session becomes an account's, by a password or as a device. */
import { Buffer, hkdf, join, nothing, open, publicKeyOf, randomBytes, seal } from "./bytes.mjs";
import {
  checkedKeys,
  earlierKeys,
  fromPassword,
  loginBy,
  makeSecrets,
  openSecrets,
  publicKeysOf,
  sealSecrets,
} from "./account.mjs";
import { decode, encode, firstForm, fixed, list, optional, struct, text } from "./fields.mjs";
import { deviceScope } from "./structures.mjs";

const leastParameters = { memoryKiB: 65_536, passes: 3 };

const share = struct({
  form: firstForm,
  signingSeed: optional(fixed(32)),
  identity: optional(text),
  earlier: earlierKeys,
  summaryKeys: list(fixed(32)),
  keyringKey: fixed(32),
  filingKey: optional(fixed(32)),
  sendKey: fixed(32),
  markKey: optional(fixed(32)),
});

/** Registers an account (operation 3). @returns who the session is of then, as `logIn` does */
export async function register(session, name, password, stretched = null) {
  const { domain } = await session.call("domain");
  const address = `${name}@${domain}`;
  const parameters = { salt: randomBytes(16), ...leastParameters };
  const { loginSeed, wrappingKey } = fromPassword(password, parameters, stretched?.(parameters));
  const secrets = makeSecrets();
  const keys = publicKeysOf(secrets, address);
  const context = { address, parameters, fingerprint: keys.fingerprint };
  const { key, signature } = loginBy(loginSeed, session.transcript, address);
  const account = await session.call("register", {
    request: randomBytes(16),
    name,
    parameters,
    loginKey: key,
    keys,
    sealedKeys: sealSecrets(wrappingKey, secrets, context),
    loginSignature: signature,
  });
  return ownerOf(session, account, wrappingKey);
}

/** Logs in by a password (7.3). @returns who the session is of: its address and keys */
export async function logIn(session, name, password, stretched = null) {
  const { domain } = await session.call("domain");
  const parameters = await session.call("passwordParameters", { name });
  const { loginSeed, wrappingKey } = fromPassword(password, parameters, stretched?.(parameters));
  const login = loginBy(loginSeed, session.transcript, `${name}@${domain}`);
  return ownerOf(session, await session.call("login", { name, ...login }), wrappingKey);
}

function ownerOf(session, account, wrappingKey) {
  const { keys, address } = checkedAccount(account);
  const { parameters, sealedKeys } = account;
  const context = { address, parameters, fingerprint: keys.fingerprint };
  const secrets = openSecrets(wrappingKey, sealedKeys, context);
  return { session, address, keys, wrappingKey, secrets, ...shareOf(secrets) };
}

function checkedAccount(account) {
  const address = `${account.name}@${account.domain}`;
  return { address, keys: checkedKeys(account.keys, address) };
}

/** What a device of scope `mail` has of the secret keys (7.7), the keys of 8.4 among them. */
function shareOf({ mailboxKey, ...rest }) {
  const derived = (ikm, info) => hkdf(ikm, nothing, info);
  const identities = [
    rest.identity,
    ...rest.earlier.map(({ identity }) => identity),
  ];
  return {
    ...rest,
    summaryKeys: identities.map((identity) =>
      derived(join(mailboxKey, identity), "mailctl summary v2")
    ),
    keyringKey: derived(mailboxKey, "mailctl keyring v1"),
    filingKey: derived(mailboxKey, "mailctl filing v1"),
    sendKey: derived(mailboxKey, "mailctl send v1"),
    markKey: derived(mailboxKey, "mailctl mark v1"),
  };
}

/** Makes a device of scope `mail` (operation 100). @returns what the device keeps */
export async function addDevice(who, label) {
  const loginSeed = randomBytes(32);
  const deviceKey = randomBytes(32);
  const key = publicKeyOf(loginSeed);
  const scope = "mail";
  await who.session.call("addDevice", {
    request: randomBytes(16),
    label,
    scope,
    ...secretsForDevice(who, who.wrappingKey, { key, scope, deviceKey }),
  });
  return { name: who.address.split("@")[0], scope, loginSeed, deviceKey };
}

function secretsForDevice(who, wrappingKey, { key, scope, deviceKey }) {
  const { signingSeed, identity, summaryKeys, filingKey, markKey, ...rest } = shareOf(who.secrets);
  const parts = {
    mail: { signingSeed, identity, summaryKeys, filingKey, markKey, ...rest },
    send: { ...rest, signingSeed, summaryKeys: [], earlier: [] },
    read: { ...rest, identity, summaryKeys, filingKey },
  };
  const of = { address: who.address, scope, fingerprint: who.keys.fingerprint };
  return {
    key,
    sealedKeys: seal(deviceKey, encode(share, parts[scope]), deviceContext("keys", of)),
    wrappedKey: seal(wrappingKey, deviceKey, join(deviceContext("key", of), key)),
  };
}

function deviceContext(what, { address, scope, fingerprint }) {
  const kind = join(text.write(`mailctl device ${what}`), Buffer.of(0, 1));
  return join(kind, text.write(address), encode(deviceScope, scope), fingerprint);
}

/** Logs in as a device, by what `addDevice` gave. */
export async function logInAsDevice(session, { name, scope, loginSeed, deviceKey }) {
  const { domain } = await session.call("domain");
  const login = loginBy(loginSeed, session.transcript, `${name}@${domain}`);
  const account = await session.call("login", { name, ...login });
  const { keys, address } = checkedAccount(account);
  const context = deviceContext("keys", { address, scope, fingerprint: keys.fingerprint });
  const shared = decode(share, open(deviceKey, account.sealedKeys, context));
  return { session, address, keys, ...shared };
}

/** Sets another password (operation 20). Devices whose key opens go on with it. */
export async function changePassword(who, password, stretched = null) {
  const { address, secrets, keys: { fingerprint } } = who;
  const parameters = { salt: randomBytes(16), ...leastParameters };
  const { loginSeed, wrappingKey } = fromPassword(password, parameters, stretched?.(parameters));
  const { devices } = await who.session.call("deviceKeys");
  await who.session.call("changePassword", {
    request: randomBytes(16),
    parameters,
    loginKey: publicKeyOf(loginSeed),
    sealedKeys: sealSecrets(wrappingKey, secrets, { address, parameters, fingerprint }),
    devices: devices.flatMap((device) => {
      const deviceKey = unwrap(who, device);
      return deviceKey === null
        ? []
        : [secretsForDevice(who, wrappingKey, { ...device, deviceKey })];
    }),
  });
  who.wrappingKey = wrappingKey;
}

/** The key of a device; null where it is not one that the owner made. */
function unwrap(who, { key, scope, wrappedKey }) {
  const of = { address: who.address, scope, fingerprint: who.keys.fingerprint };
  try {
    return open(who.wrappingKey, wrappedKey, join(deviceContext("key", of), key));
  } catch {
    return null;
  }
}
