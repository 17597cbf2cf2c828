/**
 * WIRE 8.2 and 8.3: age files (age-encryption.org/v1, binary) of one stanza, `mlkem768x25519`, and the payload of an
 * age file alone, which a body is.
 */
import { Buffer, hkdf, hmac, join, nothing, randomBytes } from "./bytes.mjs";
import { open as openStanza, seal as sealStanza } from "./hpke.mjs";
import { chacha20poly1305 } from "./noble.mjs";

const nonceBytes = 16;
const chunkBytes = 65_536;
const tagBytes = 16;
const headerBytes = 1_627;
const header =
  /^age-encryption\.org\/v1\n-> mlkem768x25519 ([A-Za-z0-9+/]{1494})\n([A-Za-z0-9+/]{43})\n---(?= ([A-Za-z0-9+/]{43})\n$)/;

export function makeFileKey() {
  return randomBytes(16);
}

/** An age file of `plaintext` for one recipient. */
export function sealFile(recipient, plaintext) {
  const fileKey = makeFileKey();
  const { encapsulated, ciphertext } = sealStanza(recipient, fileKey);
  const stanza = `-> mlkem768x25519 ${base64(encapsulated)}\n${base64(ciphertext)}\n`;
  const head = `age-encryption.org/v1\n${stanza}---`;
  return join(`${head} ${base64(macOf(fileKey, head))}\n`, sealPayload(fileKey, plaintext));
}

/**
 * Opens an age file by the first of the identities that it opens by.
 * @throws {Error} where none does, or the header is spelt in another way than it has to be
 */
export function openFile(identities, file) {
  const found = header.exec(file.subarray(0, headerBytes).toString("latin1"));
  if (found === null) {
    throw new Error("not an age file of one post-quantum stanza");
  }
  const [encapsulated, ciphertext, mac] = found.slice(1).map(fromBase64);
  const fileKey = firstThatOpens(identities, encapsulated, ciphertext);
  if (!macOf(fileKey, found[0]).equals(mac)) {
    throw new Error("the header of the age file is forged");
  }
  return openPayload(fileKey, file.subarray(headerBytes));
}

export function sealPayload(fileKey, plaintext) {
  const nonce = randomBytes(nonceBytes);
  const key = hkdf(fileKey, nonce, "payload");
  const parts = [nonce];
  const last = Math.max(0, Math.ceil(plaintext.length / chunkBytes) - 1);
  for (let number = 0; number <= last; number += 1) {
    const chunk = plaintext.subarray(number * chunkBytes, (number + 1) * chunkBytes);
    parts.push(chacha20poly1305(key, chunkNonce(number, number === last)).encrypt(chunk));
  }
  return join(...parts);
}

export function openPayload(fileKey, sealed) {
  const opener = new PayloadOpener(fileKey);
  return join(...opener.push(sealed), ...opener.end());
}

/** Opens a payload as it comes, chunk by chunk. */
export class PayloadOpener {
  #fileKey;
  #key = null;
  #number = 0;
  #unread = nothing;

  constructor(fileKey) {
    this.#fileKey = fileKey;
  }

  /** Takes more of the payload, and gives the chunks that it completes: the last one is for `end`. */
  push(bytes) {
    this.#unread = join(this.#unread, bytes);
    if (this.#key === null && this.#unread.length >= nonceBytes) {
      this.#key = hkdf(this.#fileKey, this.#take(nonceBytes), "payload");
    }
    const opened = [];
    while (this.#key !== null && this.#unread.length > chunkBytes + tagBytes) {
      opened.push(this.#open(this.#take(chunkBytes + tagBytes), false));
    }
    return opened;
  }

  end() {
    if (this.#key === null) throw new Error("the payload was cut");
    const chunk = this.#open(this.#unread, true);
    if (chunk.length === 0 && this.#number > 1) {
      throw new Error("an empty chunk behind others");
    }
    return [chunk];
  }

  #open(sealed, isLast) {
    const nonce = chunkNonce(this.#number, isLast);
    this.#number += 1;
    return Buffer.from(chacha20poly1305(this.#key, nonce).decrypt(sealed));
  }

  #take(count) {
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }
}

/** 11 bytes of a number, and one that tells the last chunk. */
function chunkNonce(number, isLast) {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function firstThatOpens(identities, encapsulated, ciphertext) {
  for (const identity of identities) {
    try {
      return openStanza(identity, encapsulated, ciphertext);
    } catch {
      // it may be for the next one
    }
  }
  throw new Error("the age file is for nobody here");
}

function macOf(fileKey, head) {
  return hmac(hkdf(fileKey, nothing, "header"), head);
}

function base64(bytes) {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}

/** @throws {Error} where bits are left over */
function fromBase64(text) {
  const bytes = Buffer.from(text, "base64");
  if (base64(bytes) !== text) throw new Error("base64 in another spelling");
  return bytes;
}
