/** Drafts: mail that its owner brings in (WIRE 8.9) into `sent`, filed in the folder Drafts with its flag (9.3, 9.4). */
import { hmac, randomBytes, sha256 } from "./bytes.mjs";
import { deliverBody } from "./body.mjs";
import { sealEnvelope } from "./envelope.mjs";
import { encode, fixed, list, u64 } from "./fields.mjs";
import { flags, listFolders, sealFiling, unfiled } from "./filing.mjs";
import { compose } from "./send.mjs";
import { box as boxType } from "./structures.mjs";

const box = "sent";

/** Keeps a draft. @returns its id */
export async function keepDraft(who, written) {
  const message = compose(who, written, written.bcc);
  const { signingKey, recipient } = who.keys;
  const recipientDigest = sha256(recipient);
  const importer = { address: who.address, box, signingKey, recipientDigest };
  const origin = { origin: 0, importedAt: Date.now(), importer };
  const envelope = sealEnvelope({ form: 2, ...message, ...origin }, who.signingSeed, recipient);
  const { id } = await who.session.call("append", {
    idempotencyKey: appendKeyOf(who, message),
    box,
    read: true,
    ...await deliverBody(who.session, message.sealed),
    envelope,
    filing: { sealed: await sealDraftFiling(who, sha256(envelope)), aside: true },
  });
  return id;
}

/** The id of the message that a draft was sent as, from whatever machine (9.5); null where it was not. */
export async function draftSentAs(who, { id, storedAt }) {
  const idempotencyKey = hmac(who.sendKey, "key\0", `draft ${id} ${storedAt}`);
  return (await who.session.call("findSend", { idempotencyKey })).id;
}

/** Keeps another draft in the place of `id`, unless that was changed or sent meanwhile. */
export async function replaceDraft(who, id, written) {
  const { entries: [before] } = await who.session.call("filings", { ids: [id] });
  const kept = await keepDraft(who, written);
  const versions = [before?.version ?? 0];
  const { ids } = await who.session.call("delete", {
    request: randomBytes(16),
    ids: [id],
    versions,
  });
  return { kept, deleted: ids };
}

function appendKeyOf({ sendKey }, { bodyBytes, bodyPieces }) {
  const body = [u64.write(bodyBytes), encode(list(fixed(32)), bodyPieces)];
  return hmac(sendKey, "import\0", encode(boxType, box), ...body);
}

async function sealDraftFiling(who, envelopeDigest) {
  const { folders } = await listFolders(who);
  const { id: folder } = folders.find(({ use }) => use === "drafts");
  return sealFiling(who, { ...unfiled, folder, flags: flags.draft }, envelopeDigest, 1);
}
