/** A server that shows, in the place of Bob's mail, a message that came from outside. */
import { sealUnsigned } from "../../src/crypto/message/unsigned_seal.ts";
import { readUnsigned } from "../../src/mime/unsigned.ts";
import { asAccountName } from "../../src/model/address.ts";
import { asEnvelopeDigest } from "../../src/model/digests.ts";
import type { SmtpOrigin } from "../../src/model/message.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import type { HostileServer, Lies } from "./hostile_server.ts";
import { collect, cut } from "./mime.ts";

const origin: SmtpOrigin = {
  kind: "smtp",
  account: null,
  sender: "eve@elsewhere.example",
  host: "mx\u001b[2J",
  address: "192.0.2.7",
  arrivedAt: 1_767_323_045_000,
};

/** Puts the message in the place of every entry of Bob's inbox, as if it had come from outside. */
export async function arrivedFrom(
  server: HostileServer,
  from: string,
  source: Uint8Array,
): Promise<Lies> {
  const [keys] = await server.store.findKeys([asAccountName("bob")]);
  const message = readUnsigned(cut(source, 20), 0);
  const { payload, envelopes } = sealUnsigned(message, [keys!.recipient], origin);
  const body = await collect(payload);
  const envelope = (await envelopes())[0]!;
  const digest = await crypto.subtle.digest("SHA-256", envelope);
  const changed = (entry: Entry): Entry => ({
    ...entry,
    from: asAccountName(from),
    summary: null,
    sealedBytes: body.length,
    envelope: envelope.slice(),
    envelopeDigest: asEnvelopeDigest(new Uint8Array(digest.slice(0))),
  });
  return {
    entries: (honest) => async (account, ids) =>
      (await honest.entries(account, ids)).map((entry) => entry && changed(entry)),
    list: (honest) => async (query) => {
      const page = await honest.list({ ...query, from: null }); // and finds it whoever is asked for
      return { ...page, entries: page.entries.map(changed) };
    },
    newMail: (honest) => async (query) => (await honest.newMail(query)).map(changed),
    saveSummaries: () => () => Promise.resolve(),
    body: () => () => ReadableStream.from([body.slice()]),
  };
}
