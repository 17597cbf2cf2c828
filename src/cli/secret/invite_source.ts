/**
 * Where `register` finds an invite: on the command line, in a file, on standard
 * input, in the environment or among systemd's credentials.
 */
import type { ClientState } from "../../client/connection/connect.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { MailError } from "../../model/errors.ts";
import { readSecretFile, readSecretFrom } from "./secret_file.ts";
import { host } from "../host.ts";
import { Settings } from "../settings/settings.ts";

export interface InviteFlags {
  readonly server: string | undefined;
  readonly invite: string | undefined;
  readonly inviteFile: string | undefined;
  readonly passwordStdin: boolean;
}

/** An invite as `register` uses it. */
export interface FoundInvite {
  /** `host:port` */
  readonly server: string;
  /** `host:port#fingerprint`, as --server takes it. */
  readonly trusted: string;
  readonly token: Uint8Array;
  /** @throws {MailError} `server_key_changed` where another key is known for the server */
  check(state: ClientState): Promise<void>;
}

const maxInviteBytes = 4096;

/** Finds the invite; null where there is none. @throws {MailError} `usage`, `malformed`, `no_input` */
export async function findInvite(flags: InviteFlags): Promise<FoundInvite | null> {
  const text = await inviteText(flags);
  if (text === null) return null;
  if (flags.server !== undefined) {
    throw new MailError("usage", "Cannot use --server with an invite: the invite names the server");
  }
  const { checkInvitedServer, parseInvite } = await import("../../client/account/invite.ts");
  const { formatServer } = await import("../../client/connection/server_address.ts");
  const { server, token } = await parseInvite(text);
  return {
    server: formatServer(server),
    trusted: `${formatServer(server)}#${formatFingerprint(server.fingerprint)}`,
    token,
    check: (state) => checkInvitedServer(state, server),
  };
}

async function inviteText(flags: InviteFlags): Promise<string | null> {
  const { invite, inviteFile, passwordStdin } = flags;
  if (invite !== undefined && inviteFile !== undefined) {
    throw new MailError("usage", "Cannot use both --invite and --invite-file");
  }
  const settings = new Settings({ invite, inviteFile });
  const file = inviteFile ?? (invite === "-" ? "-" : null);
  const text = file === null ? settings.find("invite") : null;
  if (text !== null) return text.value;
  const path = file ?? settings.find("inviteFile")?.value ?? null;
  if (path === null) return null;
  if (path === "-" && passwordStdin) {
    throw new MailError("usage", "Cannot read stdin twice: as the invite and as the password");
  }
  const source = { what: "the invite file", maxBytes: maxInviteBytes };
  if (path !== "-") return await readSecretFile(path, source);
  return await readSecretFrom(host.stdin, { ...source, what: "standard input" });
}
