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
    brief: "Import keys, to read mail encrypted for them",
    fullDescription:
      "Add the keys in an age identity file to your account, for example from `mailctl\n" +
      "keys export`. Mail that was encrypted for them can then be read. Your account\n" +
      "still signs with its own keys, and others still encrypt for those.\n" +
      "\n" +
      "Prints how many keys are new. The recovery code ends, because it does not\n" +
      "contain them. mailctl asks for the password.",
  },
  parameters: {
    flags: { json: jsonFlag, ...passphraseFlags, ...accountFlags },
    positional: {
      kind: "tuple",
      parameters: [{ placeholder: "FILE", brief: "The key file", parse: String }],
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
    if (recoveryEnded) {
      say("The recovery code has ended. Make a new one with `mailctl account recovery`");
    }
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
    `Cannot read keys from ${path}: the limit is ${most} bytes`,
  );
}
