/** `mailctl admin invite` */
import { buildCommand } from "@stricli/core";
import { randomBytes } from "../../../model/bytes.ts";
import { asServerFingerprint } from "../../../model/digests.ts";
import { MailError } from "../../../model/errors.ts";
import { type AdminFlags, adminFlags, adminNote, askAdmin } from "../../admin/ask_admin.ts";
import { jsonFlag, parsedFlag, textFlag, wholeNumber } from "../../flag.ts";
import { isoTime } from "../../time_format.ts";
import { jsonText, writeOnce } from "../../terminal/output.ts";
import { sizeWithin } from "../../../model/size.ts";
import { visibleLine } from "../../../model/visible_text.ts";

interface Flags extends AdminFlags {
  readonly quota: number | undefined;
  readonly expires: number | undefined;
  readonly uses: number | undefined;
  readonly server: string | undefined;
  readonly json: boolean;
}

const dayMs = 86_400_000;
const unitMs = { m: 60_000, h: 3_600_000, d: dayMs, w: 7 * dayMs };
const maxExpiresMs = 366 * dayMs;

export const examples = [
  "mailctl admin invite",
  "mailctl admin invite --uses 20 --expires 2d --quota 500M --server mail.example.org:4465",
];

export const command = buildCommand({
  docs: {
    brief: "Print an invite for a new account",
    fullDescription:
      "Print an invite, for `mailctl register NAME --invite-file FILE`. It contains the\n" +
      "server's address, its fingerprint and the right to create an account. Keep it\n" +
      "secret. The server stores only a hash of it.\n" +
      "\n" +
      `${adminNote}\n` +
      "\n" +
      "With --json, prints invite, server, fingerprint, expires, uses, quota and id.\n" +
      "`mailctl admin invites` lists the same id.",
  },
  parameters: {
    flags: {
      quota: parsedFlag(
        "SIZE",
        "Limit each new mailbox to SIZE (default: as serve --quota)",
        sizeWithin(1, 1024 ** 5),
      ),
      expires: parsedFlag(
        "TIME",
        "Let the invite expire after TIME: 30m, 12h, 7d, 2w (default 7d)",
        parseLifetime,
      ),
      uses: parsedFlag(
        "COUNT",
        "Let it create COUNT accounts (default 1)",
        wholeNumber("a count", 1, 100_000),
      ),
      server: textFlag("HOST:PORT", "Name HOST:PORT as the server's address (default: --listen)"),
      json: jsonFlag,
      ...adminFlags,
    },
  },
  func: invite,
});

async function invite(flags: Flags): Promise<void> {
  const { quota = null, expires = 7 * dayMs, uses = 1, json } = flags;
  const { formatInvite } = await import("../../../client/account/invite.ts");
  const { formatServer, parseServer } = await import(
    "../../../client/connection/server_address.ts"
  );
  const given = flags.server === undefined ? null : parseServer(flags.server);
  if (given === null) requireReachable((await askAdmin(flags, "server", {})).address);
  const token = randomBytes(16).toHex();
  const query = { token, uses, expiresInMs: expires, maxBytes: quota, provisioning: false };
  const made = await askAdmin(flags, "invite", query);
  const place = given ?? parseServer(requireReachable(made.address));
  const fingerprint = asServerFingerprint(Uint8Array.fromHex(made.fingerprint));
  const server = { ...place, fingerprint };
  const word = await formatInvite({ server, token: Uint8Array.fromHex(token) });
  const facts = {
    invite: word,
    server: formatServer(server),
    fingerprint: made.fingerprint,
    expires: isoTime(made.expiresAt),
    uses,
    quota,
    id: made.id,
  };
  await writeOnce(
    json ? jsonText(facts) : visibleLine(word),
    `Run \`mailctl admin invites revoke ${made.id}\`, and make another. This one is lost.`,
  );
}

/** What listens everywhere does not say where it is. @throws {MailError} `usage` */
function requireReachable(address: string | null): string {
  if (address === null) {
    throw new MailError(
      "usage",
      "Cannot name the server in an invite: its address for clients is not known here",
      { hint: "Add --server HOST:PORT." },
    );
  }
  if (!/^(0\.0\.0\.0|\[::\]):/.test(address)) return address;
  throw new MailError(
    "usage",
    `Cannot name the server in an invite: clients cannot reach it at ${address}`,
    {
      hint: "Add --server HOST:PORT.",
    },
  );
}

function parseLifetime(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const ms = Number(count) * (unitMs[unit as keyof typeof unitMs] ?? NaN);
  if (ms > 0 && ms <= maxExpiresMs) return ms;
  throw new MailError("usage", `Cannot use "${text}" as a time: write 30m, 12h, 7d or 2w`);
}
