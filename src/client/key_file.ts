/** An account's keys as an age identity file: `age -d -i` takes it, and the comments say whose it is. */
import type { OpenAccount } from "./account.ts";

/** Writes the keys out, in the clear: whoever has them reads the account's mail and signs in its name. */
export function formatKeyFile(
  { address, fingerprint, publicKeys, secretKeys }: OpenAccount,
): string {
  return [
    `# mailctl account: ${address}`,
    `# fingerprint: ${fingerprint.toHex()}`,
    `# public key: ${publicKeys.recipient}`,
    `# signing seed (Ed25519): ${secretKeys.signingSeed.toHex()}`,
    secretKeys.identity,
    ...(secretKeys.earlier ?? []).flatMap(({ identity, fingerprint, until }) => [
      `# earlier keys, until ${new Date(until).toISOString()}: ${fingerprint.toHex()}`,
      identity,
    ]),
    "",
  ].join("\n");
}
