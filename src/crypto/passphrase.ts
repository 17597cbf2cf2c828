/** Text sealed with a passphrase, as an armored age file (age-encryption.org/v1, scrypt): what `age -d` opens. */
import { utf8 } from "../model/bytes.ts";
import { sealBroken } from "../model/errors.ts";

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

/** Tells whether text is an armored age file. */
export function isSealedText(text: string): boolean {
  return text.trimStart().startsWith("-----BEGIN AGE ENCRYPTED FILE-----");
}

/** Opens what `sealWithPassphrase` made. @throws {MailError} `bad_signature`, the same for every cause */
export async function openWithPassphrase(sealed: string, passphrase: string): Promise<string> {
  const { armor, Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase); // refuses a work factor over 20: 1 GiB
  try {
    return await decrypter.decrypt(armor.decode(sealed), "text");
  } catch (error) {
    throw sealBroken(error);
  }
}
