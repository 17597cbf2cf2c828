/** `mailctl keys import` */
import { buildCommand } from "@stricli/core";
import { MailError } from "../../../model/errors.ts";
import { writeFacts } from "../../account/account_view.ts";
import { jsonFlag } from "../../flag.ts";
import { say, writeJson } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import {
  type AccountFlags,
  accountFlags,
  askPassphrase,
  loginOptions,
  type PassphraseFlags,
  passphraseFlags,
} from "../../session.ts";

interface Flags extends AccountFlags, PassphraseFlags {
  readonly json: boolean;
}

export const examples = ["mailctl keys import former.age"];

export const command = buildCommand({
  docs: {
    brief: "Add keys from a file, to open what is sealed to them",
    fullDescription:
      "Add the identities of an age identity file, such as `mailctl keys export` writes, sealed or\n" +
      "not. They are kept with the account's own, so that what was sealed to a former account opens.\n" +
      "The account goes on to sign, and to be written to, by its own keys alone. Prints how many\n" +
      "are new. A recovery code ends, since it lacks them. The password is asked for.",
  },
  parameters: {
    flags: { json: jsonFlag, ...passphraseFlags, ...accountFlags },
    positional: {
      kind: "tuple",
      parameters: [{ placeholder: "FILE", brief: "The file of keys", parse: String }],
    },
  },
  func: async (flags: Flags, path: string) => {
    const options = await loginOptions(flags);
    const { parseKeyFile } = await import("../../../client/account/key_file.ts");
    const keys = parseKeyFile(await openKeyFile(path, flags));
    const { importKeys } = await import("../../../client/account/import_keys.ts");
    const { address, imported, recoveryEnded } = await importKeys(options, keys);
    const json: JsonOf<"keys import"> = { address, imported, recoveryEnded };
    if (flags.json) return await writeJson(json);
    if (recoveryEnded) say("The recovery code ended: `mailctl account recovery` makes a new one");
    await writeFacts({ address, imported: `${imported}` });
  },
});

/** Reads a file of keys, and asks for the passphrase only where it is sealed. */
async function openKeyFile(path: string, flags: PassphraseFlags): Promise<string> {
  const { isSealed, openWithPassphrase } = await import("../../../crypto/account/passphrase.ts");
  const content = await readWhole(path);
  if (isSealed(content)) {
    return await openWithPassphrase(content, await askPassphrase(flags, false));
  }
  return new TextDecoder("latin1").decode(content);
}

async function readWhole(path: string): Promise<Uint8Array> {
  const { openInput } = await import("../../message/input.ts");
  const { maxKeyFileBytes } = await import("../../../client/account/key_file.ts");
  const input = await openInput(path);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of input.content) {
      bytes += piece.length;
      if (bytes > maxKeyFileBytes) throw tooLong(path, maxKeyFileBytes);
      pieces.push(piece.slice());
    }
  } finally {
    input[Symbol.dispose]();
  }
  const { concatBytes } = await import("../../../model/bytes.ts");
  return concatBytes(pieces);
}

function tooLong(path: string, most: number): MailError {
  return new MailError(
    "too_large",
    `Cannot take ${path} as a file of keys: the limit is ${most} bytes`,
  );
}
