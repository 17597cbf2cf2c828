/** Writing mail: WIRE 6 **send** and **append**, 8.1 to 8.4, and the numbers of 9.2. */
import { randomUUID } from "node:crypto";
import { hmac, randomBytes, sha256 } from "./bytes.mjs";
import { checkedKeys } from "./account.mjs";
import { deliverBody, sealBody } from "./body.mjs";
import { check, noNumbering, sealEnvelope } from "./envelope.mjs";
import { withKeyring } from "./keyring.mjs";
import { composeMime } from "./mime.mjs";
import { nextNumber } from "./numbers.mjs";

/**
 * Sends a message (`to`, `cc`, `bcc`, `subject`, `text`, `files`) to accounts of this domain.
 * @returns the id of the sender's own copy
 */
export async function send(who, written) {
  const message = compose(who, written);
  const readers = await lookUp(who, [
    ...message.to,
    ...message.cc,
    ...message.bcc,
  ]);
  const delivered = await deliverBody(who.session, message.sealed);
  const random = randomBytes(32);
  const { id } = await withKeyring(who, (ring) => {
    const numbered = readers.map((reader) => numberOf(ring, reader));
    const isOpen = ({ address }) => !message.bcc.includes(address);
    const copies = numbered.map((reader) => ({
      name: reader.name,
      fingerprint: reader.fingerprint,
      envelope: sealCopy(
        who,
        message,
        reader,
        numbered.filter((one) => isOpen(one) || one === reader),
      ),
    }));
    return who.session.call("send", {
      idempotencyKey: hmac(who.sendKey, "key\0", random),
      contentTag: hmac(who.sendKey, "content\0", ...message.bodyPieces),
      ...delivered,
      own: sealOwn(who, message, numbered),
      readers: copies,
      keyring: ring.sealed(),
    });
  });
  return id;
}

/**
 * The MIME source of what was written, sealed, with the fields that an envelope has of it. Only a draft names those of
 * Bcc in its source (9.5).
 */
export function compose(who, written, bccInSource = []) {
  const { to, cc = [], bcc = [], subject, text, files = [] } = written;
  const head = {
    messageId: written.messageId ?? `${randomUUID()}@${who.address.split("@")[1]}`,
    date: Date.now(),
    from: who.address,
    to,
    cc,
    subject,
  };
  const source = composeMime({ ...head, bcc: bccInSource, text, files });
  const { sealed, said } = sealBody(source);
  const attachments = files.map(({ name, type, content }) => ({
    name,
    type,
    size: content.length,
  }));
  return { ...head, bcc, inReplyTo: null, references: [], attachments, ...said, sealed };
}

async function lookUp(who, addresses) {
  const names = addresses.map((address) => address.split("@")[0]);
  const { found } = await who.session.call("lookUp", { names });
  return found.map((reader, at) => {
    check(reader !== null, `there is no account ${names[at]}`);
    const address = `${reader.name}@${who.address.split("@")[1]}`;
    return { name: reader.name, address, ...checkedKeys(reader, address) };
  });
}

/** Pins a reader's keys, or compares them with those that are pinned; numbers the message to that reader. */
function numberOf(ring, reader) {
  const { address, fingerprint } = reader;
  const contact = ring.contact(address) ?? ring.meet(address, fingerprint);
  check(contact.fingerprint.equals(fingerprint), `the keys of ${address} changed`);
  const { number, numbering, given } = nextNumber(contact, Date.now());
  ring.put({ ...contact, given });
  return { ...reader, number, numbering };
}

/** One reader's copy: it tells nobody else's number, and no other blind recipient. */
function sealCopy(who, message, reader, shown) {
  const recipients = shown.map((one) => ({ ...one, number: one === reader ? one.number : 0 }));
  const bcc = message.bcc.filter((address) => address === reader.address);
  const { numbering } = reader;
  const envelope = { ...signedBy(who, message), bcc, recipients, numbering };
  return sealEnvelope(envelope, who.signingSeed, reader.recipient);
}

function sealOwn(who, message, recipients) {
  const envelope = { ...signedBy(who, message), recipients, numbering: noNumbering };
  return sealEnvelope(envelope, who.signingSeed, who.keys.recipient);
}

function signedBy({ keys }, message) {
  const [senderSigningKey, senderRecipientDigest] = [
    keys.signingKey,
    sha256(keys.recipient),
  ];
  const sender = { senderSigningKey, senderRecipientDigest };
  return { form: 1, ...message, notBefore: null, burn: false, ...sender };
}
