/** When a server shows its key, where other processes show the same. */
import assert from "node:assert/strict";
import { MailError } from "../../../../src/model/errors.ts";
import { makeSuccessor } from "../../../../src/server/key/key_rotation.ts";
import { LiveKey } from "../../../../src/server/key/live_key.ts";
import { sealFor } from "../../../../src/server/key/open_successor.ts";
import { keyFile, readKey } from "../../../../src/server/key/server_key.ts";
import { KeyFolder } from "../../../../src/server/key/key_folder.ts";
import type { NextKey, ProcessStore } from "../../../../src/store/process_store.ts";
import { onlyProcess } from "../../../../src/store/rules/only_process.ts";
import { makeKeysQuickly } from "../../../support/quick_rsa.ts";
import { makeKeyFolder, recordingLog } from "../../../support/server.ts";

makeKeysQuickly();

/** What follows the key of every folder. */
let successor: ReturnType<typeof sealFor> | undefined;

/** What a store that is shared says of the next key, by turns; the last for ever. */
async function onShared(
  answers: (next: NextKey) => readonly (NextKey | MailError | null)[],
  see: (live: LiveKey, next: NextKey) => Promise<void>,
): Promise<void> {
  const folder = await makeKeyFolder();
  const kept = (await readKey(await KeyFolder.open(folder), keyFile))!;
  const sealed = await (successor ??= makeSuccessor(kept, Date.now())
    .then((next) => sealFor(kept, next)));
  const next = { ...sealed, startsInMs: 0, startsAt: 1, isFinal: false };
  const turns = [...answers(next)];
  const store: ProcessStore = {
    ...onlyProcess(),
    shownKey: () => Promise.resolve(sealed.fingerprint),
    nextKey: () => {
      const said = turns.length > 1 ? turns.shift()! : turns[0]!;
      return said instanceof MailError ? Promise.reject(said) : Promise.resolve(said);
    },
  };
  const options = { folder, names: { hosts: ["localhost"], addresses: [] }, now: Date.now() };
  const live = await LiveKey.open(store, options, recordingLog().log);
  try {
    await see(live, next);
  } finally {
    await live.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

const away = new MailError("unavailable", "Cannot reach the database");

/** Whether a key is shown without waiting for anything but turns of the event loop. */
async function isShown(live: LiveKey): Promise<boolean> {
  const later = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 20));
  return await Promise.race([live.take().then(() => true), later]);
}

Deno.test("a key without a successor is shown at once", () =>
  onShared(() => [null], async (live) => assert.ok(await isShown(live))));

Deno.test("no key is shown while the store cannot tell of a change; then it is", () =>
  onShared(() => [away, null], async (live) => {
    assert.ok(!await isShown(live));
    assert.deepEqual((await live.take(60_000)).spki, live.identity.key.spki);
  }));

Deno.test("no key is shown once a change is due, until it is final; then it is the next one", () =>
  onShared((next) => [next, next, away, { ...next, isFinal: true }, null], async (live, next) => {
    assert.ok(!await isShown(live));
    assert.notDeepEqual((await live.take(60_000)).spki, live.identity.key.spki);
    assert.deepEqual(live.fingerprint, next.fingerprint);
  }));

Deno.test("a change that was put off lets the key be shown again", () =>
  onShared((next) => [next, next, { ...next, startsInMs: 60_000, startsAt: 2 }], async (live) => {
    assert.ok(!await isShown(live));
    assert.deepEqual((await live.take(60_000)).spki, live.identity.key.spki);
  }));

Deno.test("a store that stays away lets nobody wait for long", () =>
  onShared(() => [away], async (live) => {
    await assert.rejects(live.take(20), { code: "unavailable" });
  }));

Deno.test("a server that stops lets nobody wait for its key", () =>
  onShared(() => [away], async (live) => {
    const waits = assert.rejects(live.take(), { code: "unavailable" });
    await live.stop();
    await waits;
  }));
