/** A successor of the server's key as other processes left it in the store: opened, and believed only if all of it fits. */
import { serverFingerprint } from "../../crypto/fingerprint.ts";
import { openSuccessor, sealSuccessor } from "../../crypto/session/sealed_successor.ts";
import { leadsTo } from "../../crypto/session/server_succession.ts";
import { equalBytes, plain } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import type { SealedKey } from "../../store/process_store.ts";
import { decode, encode } from "../../wire/fields.ts";
import { serverSuccession } from "../../wire/layouts.ts";
import type { Successor } from "./key_rotation.ts";
import { importKept, type KeptKey } from "./server_key.ts";

/** Seals a successor for those that have the key before it. */
export async function sealFor(
  before: KeptKey,
  { pkcs8, step }: Successor,
): Promise<SealedKey> {
  const predecessor = await serverFingerprint(before.spki);
  const keys = { predecessor, successor: step.successor };
  const sealed = await sealSuccessor(before.pkcs8, keys, pkcs8);
  return { fingerprint: step.successor, sealed, statement: encode(serverSuccession, step) };
}

/** Opens what `sealFor` made. @throws {MailError} `configuration`, the same for every cause */
export async function openSealed(
  before: KeptKey,
  { fingerprint, sealed, statement }: SealedKey,
): Promise<{ readonly kept: KeptKey; readonly successor: Successor }> {
  const predecessor = await serverFingerprint(before.spki);
  try {
    const keys = { predecessor, successor: fingerprint };
    const kept = await importKept(await openSuccessor(before.pkcs8, keys, sealed));
    const step = decode(serverSuccession, plain(statement));
    const isWhole = equalBytes(await serverFingerprint(kept.spki), fingerprint) &&
      await leadsTo([step], predecessor, fingerprint);
    if (isWhole) return { kept, successor: { pkcs8: kept.pkcs8, step } };
  } catch {
    // as below
  }
  throw new MailError(
    "configuration",
    "Cannot use the server's next key: the database has it damaged",
  );
}
