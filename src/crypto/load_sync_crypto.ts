import { syncCrypto, useSyncCrypto } from "./sync_crypto.ts";

/** From so many messages on, what is saved is more than the 25 ms that loading costs. */
const enoughMessages = 100;

/** Has small work of this process done at once from now on, where so many messages to seal or open are worth it. */
export async function loadSyncCrypto(messages = Infinity): Promise<void> {
  if (syncCrypto() !== null || messages < enoughMessages) return;
  useSyncCrypto((await import("./node_crypto.ts")).nodeCrypto);
}
