/** `mailctl ping` */
import { buildCommand } from "@stricli/core";
import { writeFacts } from "../account/account_view.ts";
import { formatServer } from "../../client/connection/server_address.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { jsonFlag } from "../flag.ts";
import { isoTime } from "../time_format.ts";
import { host } from "../host.ts";
import { sayGap, writeJson } from "../terminal/output.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { connectOptions, type ServerFlags, serverFlags } from "../session.ts";
import { Settings } from "../settings/settings.ts";
import { version } from "../version.ts";

interface Flags extends ServerFlags {
  readonly json: boolean;
}

export const examples = ["mailctl ping", "mailctl ping --server mail.example:4465 --json"];

export const command = buildCommand({
  docs: {
    brief: "Check the connection to the server",
    fullDescription:
      "Measure a round trip to the server, and show its version, clock and fingerprint.\n" +
      "If your clock is wrong by more than ten minutes, mailctl says so. You need no\n" +
      "account.",
  },
  parameters: { flags: { json: jsonFlag, ...serverFlags } },
  func: async (flags: Flags) => {
    const options = await connectOptions(new Settings(flags));
    const { ping } = await import("../../client/connection/connect.ts");
    const { describeGap } = await import("../../client/connection/clock_gap.ts");
    const { software, protocol, fingerprint, serverTime, roundTripMs } = await ping(options);
    const facts = {
      server: formatServer(options.server),
      serverSoftware: software,
      clientVersion: version,
      serverFingerprint: formatFingerprint(fingerprint),
      serverTime: isoTime(serverTime) ?? "unknown",
    };
    sayGap(describeGap(serverTime - host.now()));
    const json: JsonOf<"ping"> = { ...facts, protocol, roundTripMs };
    if (flags.json) return await writeJson(json);
    await writeFacts({
      ...facts,
      protocol: String(protocol),
      roundTrip: `${roundTripMs.toFixed(2)} ms`,
    });
  },
});
