/** Secrets as people write them: digits and capitals without I, L, O and U (Crockford's base 32). */
import type { Bytes } from "../model/bytes.ts";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Encodes five bits a character, the highest first; the last character is filled up with zero bits. */
export function encodeBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.match(/.{1,5}/g)!.map((five) => alphabet[parseInt(five.padEnd(5, "0"), 2)]).join("");
}

/** Writes a secret as a word that people can type, and that every form and configuration file takes as it is. */
export function secretWord(secret: Uint8Array): string {
  return encodeBase32(secret).toLowerCase();
}

/** Decodes what `encodeBase32` wrote; null for a character that is none of the alphabet. */
export function decodeBase32(characters: string): Bytes | null {
  const values = [...characters].map((character) => alphabet.indexOf(character));
  if (values.includes(-1)) return null;
  const bits = values.map((value) => value.toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (eight) => parseInt(eight, 2));
}

/** Brings what somebody typed into the alphabet: lower case, blanks and hyphens, O for 0 and I or L for 1 are as good. */
export function canonicalBase32(text: string): string {
  return text.toUpperCase().replace(/[\s-]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
}
