/** A mail program that logs in by SCRAM-SHA-256 or APOP, made of `node:crypto` and none of our code. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import type { MailProgram } from "./mail_program.ts";

export interface ScramSaid {
  readonly first: string;
  readonly serverFirst: string;
  readonly final: string;
  /** The last reply: a proof of the server, or a refusal. */
  readonly reply: string;
  /** Whether the server proved that it knows the password. */
  readonly isServerRight: boolean;
}

const hmac = (key: Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const plainText = (reply: string | null) => atob(reply!.replace(/^(?:\+|334) ?/, ""));

/** Says all but the empty line behind the server's proof. */
export async function sayScram(
  program: MailProgram,
  { name, password, header = "n,,", initial = true }: {
    readonly name: string;
    readonly password: string;
    readonly header?: string;
    readonly initial?: boolean;
  },
): Promise<ScramSaid> {
  const bare = `n=${name},r=${crypto.randomUUID()}`;
  const first = btoa(header + bare);
  if (!initial) assert.match((await program.ask("AUTH SCRAM-SHA-256"))!, /^(?:\+|334) $/);
  const asked = await program.ask(initial ? `AUTH SCRAM-SHA-256 ${first}` : first);
  if (!/^(?:\+ |334 )/.test(asked!)) {
    return { first, serverFirst: "", final: "", reply: asked!, isServerRight: false };
  }
  const serverFirst = plainText(asked);
  const [, nonce = "", salt = "", count = ""] = /^r=(.*),s=(.*),i=(\d+)$/.exec(serverFirst)!;
  const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), +count, 32, "sha256");
  const clientKey = hmac(salted, "Client Key");
  const without = `c=${btoa(header)},r=${nonce}`;
  const message = `${bare},${serverFirst},${without}`;
  const signature = hmac(sha256(clientKey), message);
  const proof = Buffer.from(clientKey.map((byte, at) => byte ^ signature[at]!)).toString("base64");
  const final = btoa(`${without},p=${proof}`);
  const reply = (await program.ask(final))!;
  const right = `v=${hmac(hmac(salted, "Server Key"), message).toString("base64")}`;
  const isServerRight = /^(?:\+ |334 )/.test(reply) && plainText(reply) === right;
  return { first, serverFirst, final, reply, isServerRight };
}

/** What APOP says to a greeting. */
export function apopDigest(greeting: string, password: string): string {
  const [greeted = ""] = /<.*>/.exec(greeting) ?? [];
  return createHash("md5").update(greeted + password).digest("hex");
}
