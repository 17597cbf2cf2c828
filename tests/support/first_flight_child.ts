/** A client in a process of its own: a runtime reads its store of authorities once. Tells how its first call ended. */
import { connect } from "../../src/client/connection/connect.ts";
import { parseFingerprint } from "../../src/crypto/fingerprint.ts";
import { asServerFingerprint } from "../../src/model/digests.ts";
import { MailError } from "../../src/model/errors.ts";
import { dialUnknown } from "../../src/net/dial.ts";

if (import.meta.main) {
  const [folder, port, fingerprint, metBefore] = Deno.args;
  const host = "127.0.0.1";
  if (metBefore) {
    const { connection } = await dialUnknown({ host, port: Number(metBefore), timeoutMs: 10_000 });
    connection.close();
  }
  const named = fingerprint ? asServerFingerprint(parseFingerprint(fingerprint)) : null;
  const server = { host, port: Number(port), fingerprint: named };
  const client = connect({ state: { folder: folder! }, server });
  const ended = await client.call("ping", {}).then(() => "ok", codeOf);
  Deno.stdout.writeSync(new TextEncoder().encode(ended));
  client.close();
}

function codeOf(error: unknown): string {
  if (error instanceof MailError) return error.code;
  throw error;
}
