/** Handshakes a second, by a ticket and by RSA: TLS, the session inside, and a first answer. */
import { connect, type ConnectOptions } from "../src/client/connection/connect.ts";
import { randomBytes } from "../src/model/bytes.ts";
import { watchBusiness } from "./process.ts";
import { rate, ratesInTurns } from "./rate.ts";
import { print, report } from "./report.ts";
import type { Workplace } from "./workplace.ts";

const atOnce = 8;
const rounds = 3;
const roundMs = 1000;

/** Measures handshakes one at a time and several at once, beside the one step that those by RSA cannot have for less. */
export async function benchHandshakes(place: Workplace): Promise<void> {
  const options = place.login("nobody");
  const byTicket = () => handshake(options);
  await byTicket(); // from now on the certificate is known, and there is a ticket
  const byRsa = await withoutTickets(options, place.folder);
  const decrypt = await rsaDecryption();
  const used = new Map<string, string>();
  const several = (name: string, shake: () => Promise<void>) => async () => {
    const [server, own] = [watchBusiness(place.serverPid), watchBusiness(Deno.pid)];
    const perSecond = await rate(atOnce, roundMs, shake);
    const each = (cores: number) => `${(1000 * cores / perSecond).toFixed(2)} ms`;
    used.set(name, `${each(server().all)} of the server, ${each(own().all)} of the client`);
    return perSecond;
  };
  const [oneTicket, oneRsa, oneRaw, ticket, rsa, raw] = await ratesInTurns(rounds, [
    () => rate(1, roundMs, byTicket),
    () => rate(1, roundMs, byRsa),
    () => rate(1, roundMs, decrypt),
    several("by a ticket", byTicket),
    several("by RSA", byRsa),
    () => rate(atOnce, roundMs, decrypt),
  ]) as [number, number, number, number, number, number];
  const floorName = "decryptions by RSA-3072 alone";
  report("Handshakes: TLS, key exchange, ping (a second)", [
    { name: "by a ticket", value: oneTicket, unit: "/s", floor: oneRaw, floorName },
    { name: "by RSA", value: oneRsa, unit: "/s", floor: oneRaw, floorName },
    { name: `by a ticket, ${atOnce} at a time`, value: ticket, unit: "/s", floor: raw, floorName },
    { name: `by RSA, ${atOnce} at a time`, value: rsa, unit: "/s", floor: raw, floorName },
  ]);
  for (const [name, times] of used) print(`  Processor time of one ${name}: ${times}\n`);
}

/** Handshakes of a client that cannot keep a ticket: its file is open to others, so it is neither read nor written. */
async function withoutTickets(options: ConnectOptions, place: string) {
  const folder = `${place}/without-tickets`;
  await Deno.mkdir(folder, { mode: 0o700 });
  await Deno.copyFile(`${options.state.folder}/known_servers`, `${folder}/known_servers`);
  await Deno.writeTextFile(`${folder}/tickets`, "");
  await Deno.chmod(`${folder}/tickets`, 0o644);
  return () => handshake({ ...options, state: { folder } });
}

async function handshake(options: ConnectOptions): Promise<void> {
  const client = connect(options);
  try {
    await client.call("ping", {});
  } finally {
    client.close();
  }
}

/** The operation that only the server's long-lived key can do. */
async function rsaDecryption(): Promise<() => Promise<ArrayBuffer>> {
  const algorithm = {
    name: "RSA-OAEP",
    hash: "SHA-256",
    modulusLength: 3072,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, false, [
    "encrypt",
    "decrypt",
  ]);
  const sealed = await crypto.subtle.encrypt("RSA-OAEP", publicKey, randomBytes(32));
  return () => crypto.subtle.decrypt("RSA-OAEP", privateKey, sealed);
}
