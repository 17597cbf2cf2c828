/** What a server tells when it is ready: to the person who started it, and to clients of the same user. */
import { findServer, noteServer } from "../../client/connection/known_servers.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { equalBytes } from "../../model/bytes.ts";
import { asServerFingerprint } from "../../model/digests.ts";
import type { Ready } from "../../server/serve_options.ts";
import { writeFacts } from "../account/account_view.ts";
import { type Environment, stateFolder } from "../settings/folders.ts";
import { ReaderGone, say } from "../terminal/output.ts";

/** Prints where the server is and notes it among the known ones; that neither works does not stop it. */
export async function announceServer(ready: Ready, environment: Environment): Promise<void> {
  const { address, domain, fingerprint, extraAddresses, metricsPort } = ready;
  await note(ready, environment).catch((error: Error) => {
    say(`Cannot save the server's fingerprint for clients on this machine: ${error.message}`);
  });
  await writeFacts({
    address,
    domain,
    fingerprint: formatFingerprint(fingerprint),
    ...Object.fromEntries(extraAddresses),
    ...(metricsPort === null ? {} : { metrics: `http://localhost:${metricsPort}/metrics` }),
  }).catch((error) => {
    if (!(error instanceof ReaderGone)) throw error;
  });
}

async function note(ready: Ready, environment: Environment): Promise<void> {
  const folder = stateFolder(environment);
  const fingerprint = asServerFingerprint(Uint8Array.from(ready.fingerprint));
  const address = nearestAddress(ready.address);
  const known = await findServer(folder, address);
  if (known !== null && equalBytes(known.fingerprint, fingerprint)) return;
  await noteServer(folder, { address, fingerprint, certificate: null });
}

/** What listens everywhere is found here. */
function nearestAddress(address: string): string {
  return address.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:");
}
