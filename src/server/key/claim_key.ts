/** The key of a server, as one that all processes of its store have to show. */
import { serverFingerprint } from "../../crypto/fingerprint.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { anotherKey } from "../../store/failures.ts";
import type { ProcessStore } from "../../store/process_store.ts";
import { type IdentityOptions, openIdentity, type ServerIdentity } from "./identity.ts";
import { KeyFolder } from "./key_folder.ts";
import { adoptSuccessor } from "./key_rotation.ts";
import { openSealed } from "./open_successor.ts";
import { keyFile, readKey } from "./server_key.ts";

/**
 * Opens the keys of a server, and follows the changes of the store's key that it has missed.
 * @throws {MailError} `configuration` where other processes show another key: none is made then
 */
export async function openClaimed(
  store: ProcessStore,
  options: IdentityOptions,
): Promise<ServerIdentity> {
  if (options.rotateKey) await requireOnlyServer(store);
  if (await isWithoutKey(options.folder) && await store.shownKey() !== null) throw anotherKey();
  let identity = await openIdentity(options);
  for (let steps = 0;; steps++) {
    try {
      await claimKey(store, identity);
      return identity;
    } catch (error) {
      const isFollowed = steps < limits.maxServerSuccessions &&
        await follow(store, identity, options.folder);
      if (!isFollowed) throw error;
    }
    identity = await openIdentity({ ...options, rotateKey: false });
  }
}

async function isWithoutKey(folder: string): Promise<boolean> {
  const isMissing = (error: unknown) => error instanceof Deno.errors.NotFound;
  return await Deno.stat(`${folder}/${keyFile}`).then(() => false, isMissing);
}

async function claimKey(
  store: ProcessStore,
  { fingerprint, successions }: ServerIdentity,
): Promise<void> {
  const former = successions.map(({ serverKey }) => serverFingerprint(serverKey));
  await store.claimKey(fingerprint, await Promise.all(former));
}

/** Takes one step; false: there is none. */
async function follow(
  store: ProcessStore,
  { fingerprint }: ServerIdentity,
  path: string,
): Promise<boolean> {
  const next = await store.keyAfter(fingerprint);
  if (next === null) return false;
  const folder = await KeyFolder.open(path);
  const before = (await readKey(folder, keyFile))!;
  await adoptSuccessor(folder, (await openSealed(before, next)).successor);
  return true;
}

/** To be asked before the key changes. @throws {MailError} `configuration` where other processes show it */
async function requireOnlyServer(store: ProcessStore): Promise<void> {
  const others = await store.otherServers();
  if (others === 0) return;
  throw new MailError(
    "configuration",
    `Cannot change the server's key: other servers of the database that show it: ${others}`,
    { hint: "Use `mailctl admin rotate-key` while they run." },
  );
}
