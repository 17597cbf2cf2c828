/** `mailctl keys export` */
import { buildCommand } from "@stricli/core";
import type { Address } from "../../../model/address.ts";
import { streamOf, utf8 } from "../../../model/bytes.ts";
import type { AccountFingerprint } from "../../../model/digests.ts";
import { MailError } from "../../../model/errors.ts";
import { jsonFlag, switchFlag, textFlag } from "../../flag.ts";
import { writeData, writeJson } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import {
  type AccountFlags,
  accountFlags,
  askPassphrase,
  closing,
  loginOptions,
  type PassphraseFlags,
  passphraseFlags,
} from "../../session.ts";
import { host } from "../../host.ts";

interface Flags extends AccountFlags, PassphraseFlags {
  readonly output: string | undefined;
  readonly force: boolean;
  readonly plain: boolean;
  readonly json: boolean;
}

export const examples = [
  "mailctl keys export -o alice.age",
  "mailctl keys export | ssh safe.example 'cat > keys.age'",
];

export const command = buildCommand({
  docs: {
    brief: "Export your account's keys to a file",
    fullDescription:
      "Write your account's keys as an age identity file, for `age -d -i` (age 1.3 or\n" +
      "newer). The file is encrypted with a new passphrase, as by `age -p`. mailctl\n" +
      "asks for it twice.\n" +
      "\n" +
      "Keep the file safe. With it and the passphrase, anybody can read your mail and\n" +
      "sign in your name, even after you change the password.\n" +
      "\n" +
      "With --json, prints address, fingerprint, path, and content if no file is\n" +
      "written.",
  },
  parameters: {
    flags: {
      output: textFlag("FILE", "Write to the new file FILE, which only you can read"),
      force: switchFlag("Overwrite the file of -o"),
      plain: switchFlag("Write the keys without encryption (not to a terminal)"),
      json: jsonFlag,
      ...passphraseFlags,
      ...accountFlags,
    },
    aliases: { o: "output" },
  },
  func: async ({ output, ...others }: Flags) => {
    const flags = { ...others, output: output === "-" ? undefined : output };
    checkFlags(flags);
    const options = await loginOptions(flags);
    const passphrase = flags.plain ? null : await askPassphrase(flags, true);
    const { openMailbox } = await import("../../../client/open_mailbox.ts");
    const { card, keys } = await closing(
      await openMailbox(options),
      async (mailbox) => ({ card: await mailbox.account(), keys: await mailbox.keyFile() }),
    );
    const content = passphrase === null ? keys : await seal(keys, passphrase);
    if (flags.output !== undefined) await save(flags.output, content, flags.force);
    if (flags.json) return await writeJson(describe(card, flags.output ?? null, content));
    if (flags.output === undefined) await writeData(content);
  },
});

function checkFlags({ output, force, plain, passphraseFile }: Flags): void {
  if (force && output === undefined) {
    throw new MailError("usage", "Cannot use --force without --output");
  }
  if (plain && passphraseFile !== undefined) {
    throw new MailError("usage", "Cannot use a passphrase with --plain: nothing is encrypted");
  }
  if (plain && output === undefined && host.stdout.isTerminal()) {
    throw new MailError("usage", "Cannot write keys to a terminal without encryption", {
      hint: "Use -o FILE, or remove --plain.",
    });
  }
}

async function seal(keys: string, passphrase: string): Promise<string> {
  const { sealWithPassphrase } = await import("../../../crypto/account/passphrase.ts");
  return await sealWithPassphrase(keys, passphrase);
}

async function save(path: string, content: string, force: boolean): Promise<void> {
  const { writeNewFile } = await import("../../message/new_file.ts");
  await writeNewFile(path, streamOf(utf8(content)), force);
}

function describe(
  { address, fingerprint }: { readonly address: Address; readonly fingerprint: AccountFingerprint },
  path: string | null,
  content: string,
): JsonOf<"keys export"> {
  const own = { address, fingerprint: fingerprint.toHex(), path };
  return { ...own, content: path === null ? content : null };
}
