/** The key of a server, as one that all processes of its store have to show. */
import { serverFingerprint } from "../../crypto/fingerprint.ts";
import { MailError } from "../../model/errors.ts";
import type { ProcessStore } from "../../store/process_store.ts";
import type { ServerIdentity } from "./identity.ts";

/** @throws {MailError} `configuration` where other processes show another key */
export async function claimKey(
  store: ProcessStore,
  { fingerprint, successions }: ServerIdentity,
): Promise<void> {
  const former = successions.map(({ serverKey }) => serverFingerprint(serverKey));
  await store.claimKey(fingerprint, await Promise.all(former));
}

/** To be asked before the key changes. @throws {MailError} `configuration` where other processes show it */
export async function requireOnlyServer(store: ProcessStore): Promise<void> {
  const others = await store.otherServers();
  if (others === 0) return;
  throw new MailError(
    "configuration",
    `Cannot change the server's key: other servers of the database that show it: ${others}`,
    { hint: "Stop them first. One that was killed counts for another minute." },
  );
}
