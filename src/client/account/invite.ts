/** Invites: one word that tells where a server is, who it is, and the right to make an account there. WIRE 10. */
import { formatFingerprint, sha256 } from "../../crypto/fingerprint.ts";
import { concatBytes, equalBytes } from "../../model/bytes.ts";
import type { ServerFingerprint } from "../../model/digests.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { decode, encode, fixed, struct, text } from "../../wire/fields.ts";
import { serverFingerprint } from "../../wire/layouts.ts";
import { changedServerHint } from "../connection/changed_key_hints.ts";
import { type ClientState, withClient } from "../connection/connect.ts";
import { findServer } from "../connection/known_servers.ts";
import { formatServer, parseServer, type ServerAddress } from "../connection/server_address.ts";

const mark = "mailctl-invite-1.";
const checkBytes = 4;

const layout = struct({ address: text(300), fingerprint: serverFingerprint, token: fixed(16) });

export interface InvitedServer extends ServerAddress {
  readonly fingerprint: ServerFingerprint;
}

export interface Invite {
  readonly server: InvitedServer;
  readonly token: Uint8Array;
}

/** Writes an invite as one word. */
export async function formatInvite({ server, token }: Invite): Promise<string> {
  const address = formatServer(server);
  const content = encode(layout, { address, fingerprint: server.fingerprint, token });
  const bytes = concatBytes([content, await checkOf(content)]);
  return mark + bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Reads an invite, also one that a mail program broke into lines. @throws {MailError} `malformed` */
export async function parseInvite(text: string): Promise<Invite> {
  const word = text.replace(/\s+/g, "");
  if (word === "") throw damaged("it is empty");
  if (!word.startsWith(mark)) throw damaged("it does not begin as one");
  const bytes = bytesOf(word.slice(mark.length));
  const content = bytes.subarray(0, -checkBytes);
  if (!equalBytes(await checkOf(content), bytes.subarray(-checkBytes))) throw damaged();
  try {
    const { address, fingerprint, token } = decode(layout, content);
    return { server: { ...parseServer(address), fingerprint }, token };
  } catch {
    throw damaged();
  }
}

/**
 * An invite is not the way in which a known server tells of another key: both have to lead to the one that it shows.
 * @throws {MailError} `server_key_changed`; `unavailable` where the server cannot be asked
 */
export async function checkInvitedServer(state: ClientState, server: InvitedServer): Promise<void> {
  const address = formatServer(server);
  const known = await findServer(state.folder, address);
  if (known === null || equalBytes(known.fingerprint, server.fingerprint)) return;
  try {
    // The known one first: once the other was found to be right, it would be known instead.
    for (const fingerprint of [null, server.fingerprint]) {
      const options = { state, server: { ...server, fingerprint } };
      await withClient(options, (client) => client.call("ping", {}));
    }
  } catch (cause) {
    if (!isFailure(cause, "server_key_changed")) throw cause;
    throw new MailError(
      "server_key_changed",
      `Cannot trust the invite: the known key of ${address} is ` +
        `${formatFingerprint(known.fingerprint)}, not ${formatFingerprint(server.fingerprint)}`,
      { cause, hint: changedServerHint(address, state.folder) },
    );
  }
}

/** Tells a slip of the hand from another server's key; it is no secret and proves nothing. */
async function checkOf(content: Uint8Array): Promise<Uint8Array> {
  return (await sha256(content)).subarray(0, checkBytes);
}

function bytesOf(word: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(word, { alphabet: "base64url" });
  } catch {
    throw damaged();
  }
}

/** Never quotes the invite: it is a secret. */
function damaged(reason = "it is damaged or incomplete"): MailError {
  return new MailError("malformed", `Cannot use the invite: ${reason}`, {
    hint: "Copy it again. It is one word that begins with `mailctl-invite-1.`.",
  });
}
