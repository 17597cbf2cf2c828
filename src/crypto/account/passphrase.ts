/** Text sealed with a passphrase, as an armored age file (age-encryption.org/v1, scrypt): what `age -d` opens. */
import { utf8 } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";

/** What age files with scrypt use: 256 MiB and about a second. */
const workFactor = 18;

/** Seals text. The passphrase is taken as it is, byte for byte, as `age` takes it. */
export async function sealWithPassphrase(text: string, passphrase: string): Promise<string> {
  const { armor, Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(workFactor);
  encrypter.setPassphrase(passphrase);
  return armor.encode(await encrypter.encrypt(utf8(text)));
}

/** Tells whether bytes are an age file, armored or not. */
export function isSealed(bytes: Uint8Array): boolean {
  return isArmored(bytes) || textOf(bytes).startsWith("age-encryption.org/v1\n");
}

/** Opens an age file, armored or not. @throws {MailError} `bad_signature`, the same for every cause */
export async function openWithPassphrase(sealed: Uint8Array, passphrase: string): Promise<string> {
  const { armor, Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase); // refuses a work factor over 20: 1 GiB
  try {
    const file = isArmored(sealed) ? armor.decode(textOf(sealed)) : sealed;
    return await decrypter.decrypt(file, "text");
  } catch (cause) {
    throw new MailError(
      "bad_signature",
      "Cannot open the key file: the passphrase is wrong, or the file was changed",
      { cause },
    );
  }
}

function isArmored(bytes: Uint8Array): boolean {
  return textOf(bytes).trimStart().startsWith("-----BEGIN AGE ENCRYPTED FILE-----");
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
