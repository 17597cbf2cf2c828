/**
 * A server's key retires: it signs who follows it, and is gone. Whatever is cut short is either undone or finished at
 * the next start, so that the key in use is always the one that the statements lead to.
 */
import { decodePem, encodePem } from "../../crypto/certificate.ts";
import { serverFingerprint } from "../../crypto/fingerprint.ts";
import { signServerSuccession } from "../../crypto/session/server_succession.ts";
import { type Bytes, equalBytes, plain } from "../../model/bytes.ts";
import { asServerFingerprint, type ServerFingerprint } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { ServerSuccession } from "../../wire/layouts.ts";
import type { KeyFolder } from "./key_folder.ts";
import { type KeptKey, keyFile, makeKey, openKey, parseKey, readKey } from "./server_key.ts";

const nextKeyFile = "server.next.key";
/** One statement an object, oldest first. No secret. */
const statementsFile = "successions.json";

/** A key that follows another, and what that signed of it. */
export interface Successor {
  /** PKCS#8. */
  readonly pkcs8: Bytes;
  readonly step: ServerSuccession;
}

/** Replaces the key by a new one that the old one vouches for. @throws {MailError} `configuration` */
export async function rotateKey(folder: KeyFolder, now: number): Promise<void> {
  await openKey(folder); // a first run has nobody to tell, and does no harm
  const retiring = (await readKey(folder, keyFile))!;
  await adoptSuccessor(folder, await makeSuccessor(retiring, now));
}

/** Makes a key that another vouches for. `now`: milliseconds since 1970. */
export async function makeSuccessor(retiring: KeptKey, now: number): Promise<Successor> {
  const next = await parseKey(await makeKey());
  const successor = await serverFingerprint(next.spki);
  const step = await signServerSuccession(retiring.pkcs8, retiring.spki, successor, now);
  return { pkcs8: next.pkcs8, step };
}

/**
 * Makes a successor the key of the folder, unless that has gone on from the key before it: processes may share it.
 * @throws {MailError} `configuration`
 */
export async function adoptSuccessor(folder: KeyFolder, { pkcs8, step }: Successor): Promise<void> {
  const current = await readKey(folder, keyFile);
  if (current !== null && !equalBytes(current.spki, step.serverKey)) return;
  try {
    await folder.replace(nextKeyFile, encodePem("PRIVATE KEY", pkcs8));
    const before = await readSuccessions(folder);
    const steps = withStep(before, step);
    if (steps !== before) await folder.replace(statementsFile, formatSteps(steps));
    await finishRotation(folder); // the point of no return is behind: a next start would do the same
  } catch (error) {
    if (!await isKeyOf(folder, step.successor)) throw error;
  }
}

/**
 * The steps with one more, unless it is the last of them. It takes the place of another of the same key, whose successor
 * was never shown: clients would follow that one, and get no further.
 */
export function withStep(
  steps: readonly ServerSuccession[],
  step: ServerSuccession,
): readonly ServerSuccession[] {
  const last = steps.at(-1);
  if (last !== undefined && equalBytes(last.successor, step.successor)) return steps;
  const others = steps.filter(({ serverKey }) => !equalBytes(serverKey, step.serverKey));
  return [...others, step].slice(-limits.maxServerSuccessions);
}

async function isKeyOf(folder: KeyFolder, fingerprint: ServerFingerprint): Promise<boolean> {
  const key = await readKey(folder, keyFile);
  return key !== null && equalBytes(await serverFingerprint(key.spki), fingerprint);
}

/** Puts a new key into its place if the old one has signed for it, and drops it otherwise. */
export async function finishRotation(folder: KeyFolder): Promise<void> {
  const next = await readKey(folder, nextKeyFile);
  if (next === null) return;
  const current = await readKey(folder, keyFile);
  const last = (await readSuccessions(folder)).at(-1);
  const isSigned = current !== null && last !== undefined &&
    equalBytes(last.serverKey, current.spki) &&
    equalBytes(last.successor, await serverFingerprint(next.spki));
  if (isSigned) await folder.move(nextKeyFile, keyFile);
  else await folder.remove(nextKeyFile);
}

/** Reads what retired keys have signed. @throws {MailError} `configuration` for a damaged file */
export async function readSuccessions(folder: KeyFolder): Promise<ServerSuccession[]> {
  const text = await folder.readPublic(statementsFile);
  if (text === null) return [];
  try {
    return (JSON.parse(text) as Record<string, unknown>[]).map(parseStep);
  } catch (cause) {
    throw new MailError(
      "configuration",
      `Cannot use ${folder.path}/${statementsFile}: it is damaged`,
      {
        cause,
        hint: "Remove the file. Then clients that know an older key have to compare the new one.",
      },
    );
  }
}

function parseStep(value: Record<string, unknown>): ServerSuccession {
  const { serverKey, successor, at, signature } = value;
  if (!Number.isSafeInteger(at)) throw new TypeError("no time");
  return {
    serverKey: decodePem("PUBLIC KEY", String(serverKey)),
    successor: asServerFingerprint(Uint8Array.fromHex(String(successor))),
    at: at as number,
    signature: Uint8Array.fromBase64(String(signature)),
  };
}

function formatSteps(steps: readonly ServerSuccession[]): string {
  const readable = steps.map(({ serverKey, successor, at, signature }) => ({
    serverKey: encodePem("PUBLIC KEY", plain(serverKey)),
    successor: successor.toHex(),
    at,
    signature: signature.toBase64(),
  }));
  return `${JSON.stringify(readable, null, 1)}\n`;
}
