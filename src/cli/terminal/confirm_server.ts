/** The question about a server that was never seen before. */
import { formatServer, type ServerAddress } from "../../client/connection/server_address.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { askYesNo, openTerminal } from "./prompt.ts";
import type { ServerFingerprint } from "../../model/digests.ts";
import { visible, visibleText } from "../../model/visible_text.ts";

/** Asks a person whether a server's fingerprint is the right one; without a person it is not. */
export async function confirmServer(
  server: ServerAddress,
  fingerprint: ServerFingerprint,
): Promise<boolean> {
  const terminal = openTerminal();
  if (terminal === null) return false;
  try {
    terminal.write(visibleText(
      `The server ${formatServer(server)} is not known yet. Its fingerprint is\n` +
        `  ${formatFingerprint(fingerprint)}\n` +
        `Compare it with the one that \`mailctl serve\` printed there.\n`,
    ));
    return await askYesNo(terminal, visible`Are they the same?`);
  } finally {
    terminal.close();
  }
}
