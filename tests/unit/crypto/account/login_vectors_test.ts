/** Logins, and what devices have, as they were recorded. */
import assert from "node:assert/strict";
import {
  type DeviceOwner,
  openOnDevice,
  shareOf,
  unwrapDeviceKey,
} from "../../../../src/crypto/account/device.ts";
import {
  proveLogin,
  proveRecovery,
  verifyLogin,
  verifyRecovery,
} from "../../../../src/crypto/account/login_proof.ts";
import type { SecretKeys } from "../../../../src/model/account.ts";
import { type Address, asAddress } from "../../../../src/model/address.ts";
import { type DeviceScope, deviceScopes } from "../../../../src/model/device.ts";
import {
  asLoginKey,
  asTranscript,
  type DeviceKey,
  type LoginKey,
  type LoginSeed,
  type RecoveryKey,
  type RecoverySeed,
  type Transcript,
  type WrappingKey,
} from "../../../../src/model/digests.ts";
import { readVector } from "../../../vectors/vector.ts";

Deno.test("logins and recoveries are signed as they were recorded, and hold for nothing else", async () => {
  const { transcript, address, login, recovery } = await readVector<{
    readonly transcript: Transcript;
    readonly address: Address;
    readonly login: { loginSeed: LoginSeed; key: LoginKey; signature: Uint8Array };
    readonly recovery: { recoverySeed: RecoverySeed; key: RecoveryKey; signature: Uint8Array };
  }>("login_proof");
  const presence = { transcript, address };
  const { key, signature } = login;
  assert.deepEqual(await proveLogin(login.loginSeed, presence), { key, signature });
  const claim = { key: recovery.key, signature: recovery.signature };
  assert.deepEqual(await proveRecovery(recovery.recoverySeed, presence), claim);
  assert.equal(await verifyLogin(login, presence), true);
  assert.equal(await verifyRecovery(recovery, presence), true);
  const others = [
    { transcript, address: asAddress("eve@example.org") },
    { transcript: asTranscript(new Uint8Array(32)), address },
  ];
  for (const other of others) {
    assert.equal(await verifyLogin(login, other), false);
    assert.equal(await verifyRecovery(recovery, other), false);
  }
  const swapped = { key: asLoginKey(recovery.key), signature: recovery.signature };
  assert.equal(await verifyLogin(swapped, presence), false);
});

Deno.test("devices of each scope open what was recorded for them", async () => {
  const { deviceKey, wrappingKey, key, owner, signingKey, secretKeys, sealed, wrapped } =
    await readVector<{
      readonly deviceKey: DeviceKey;
      readonly wrappingKey: WrappingKey;
      readonly key: LoginKey;
      readonly owner: DeviceOwner;
      readonly signingKey: Uint8Array;
      readonly secretKeys: SecretKeys;
      readonly sealed: readonly { readonly scope: DeviceScope; readonly sealed: Uint8Array }[];
      readonly wrapped: Uint8Array;
    }>("device");
  assert.deepEqual(sealed.map(({ scope }) => scope), [...deviceScopes]);
  for (const { scope, sealed: share } of sealed) {
    const opened = await openOnDevice(deviceKey, { ...owner, scope }, signingKey, share);
    assert.deepEqual(opened, await shareOf(scope, secretKeys));
  }
  const device = { ...owner, key };
  assert.deepEqual(await unwrapDeviceKey(wrappingKey, device, wrapped), deviceKey);
  const other = { ...device, scope: "mail" } as const;
  await assert.rejects(unwrapDeviceKey(wrappingKey, other, wrapped), { code: "bad_signature" });
});
