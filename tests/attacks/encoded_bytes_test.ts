/** Senders who sign that their mail is longer, or shorter, for other programs than it is. */
import assert from "node:assert/strict";
import { keysOf, logIn } from "../../src/client/account/log_in.ts";
import { connect } from "../../src/client/connection/connect.ts";
import { encodedSource } from "../../src/client/reading/encoded_source.ts";
import { sealFile } from "../../src/crypto/age/file.ts";
import { generateFileKey, sealPayload } from "../../src/crypto/age/payload.ts";
import { sha256 } from "../../src/crypto/fingerprint.ts";
import { signEnvelope } from "../../src/crypto/message/envelope.ts";
import { PieceDigester } from "../../src/crypto/message/piece.ts";
import { asAccountName, parseAddress } from "../../src/model/address.ts";
import { randomBytes, utf8 } from "../../src/model/bytes.ts";
import { asContentTag, asEnvelopeDigest, asIdempotencyKey } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import { passwordHere } from "../support/account_here.ts";
import { envelopeBetween } from "../support/envelope.ts";
import { atHostileServer, type HostileScene } from "../support/hostile_scene.ts";
import { collect } from "../support/mime.ts";

/** 58 bytes of header, 57 of content, which base64 makes a line of 76 characters and its end. */
const source = utf8(`Subject: a\r\nContent-Transfer-Encoding: binary\r\n\r\n${"\0".repeat(57)}`);
const encoded = source.length - 57 + 78;

/** Sends it to bob with what alice says of it. */
async function sendSaying(scene: HostileScene, encodedBytes: number | null): Promise<void> {
  const { server, alice, bob } = scene;
  const client = connect(alice.options);
  const account = await logIn(client, await keysOf(client, parseAddress("alice"), passwordHere));
  client.close();
  const reader = await bob.with((mailbox) => mailbox.account());
  const [fileKey, digester] = [generateFileKey(), new PieceDigester()];
  const body = await collect(sealPayload(fileKey, digester.pass(ReadableStream.from([source]))));
  const seal = { fileKey, ...digester.digests, encodedBytes };
  const envelope = { ...envelopeBetween(account, reader), ...seal };
  const signed = await signEnvelope(account.secretKeys.signingSeed, envelope);
  const sealed = await sealFile(reader.recipient, signed);
  const copy = { envelope: sealed, envelopeDigest: asEnvelopeDigest(await sha256(sealed)) };
  await server.store.send({
    senderId: await server.accountId("alice"),
    idempotencyKey: asIdempotencyKey(randomBytes(32)),
    contentTag: asContentTag(randomBytes(32)),
    storedAt: Date.now(),
    body,
    own: copy,
    recipients: [{ name: asAccountName("bob"), fingerprint: reader.fingerprint, copy }],
  });
}

const said: Readonly<
  Record<string, readonly [bytes: number | null, isShown: boolean, whole: string]>
> = {
  "the truth": [encoded, true, "whole"],
  "that none of it is to be encoded": [null, true, "whole"],
  "a byte too few": [encoded - 1, true, "bad_signature"],
  "a byte too many": [encoded + 1, true, "bad_signature"],
  "more than base64 can make of it": [2 * source.length + 1, false, "bad_signature"],
  "as many as it has": [source.length, false, "bad_signature"],
  "none": [0, false, "bad_signature"],
  "more than can be": [Number.MAX_SAFE_INTEGER, false, "bad_signature"],
};

for (const [name, [bytes, isShown, whole]] of Object.entries(said)) {
  Deno.test(`a sender says of the length of its mail for others: ${name}`, () =>
    atHostileServer(async (scene) => {
      await sendSaying(scene, bytes);
      for (const opening of ["by its envelope", "by its summary"]) {
        const [listed] = await scene.bob.list();
        assert.equal(listed!.outcome === "invalid", !isShown, opening);
        await scene.bob.with(async (mailbox) => {
          const message = await mailbox.open(entryId(1));
          assert.equal(message.outcome === "invalid", !isShown, opening);
          const read = collect(encodedSource(message)).then(() => "whole", ({ code }) => code);
          assert.equal(await read, whole, opening);
        });
      }
    }));
}
