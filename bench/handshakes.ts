/** Handshakes a second: TLS, the session inside, and a first answer. */
import { connect, type ConnectOptions } from "../src/client/connection/connect.ts";
import { randomBytes } from "../src/model/bytes.ts";
import { type Business, watchBusiness } from "./process.ts";
import { rate, ratesInTurns } from "./rate.ts";
import { print, report } from "./report.ts";
import type { Workplace } from "./workplace.ts";

const atOnce = 8;
const rounds = 3;
const roundMs = 1000;

/** Measures handshakes one at a time and several at once, beside the one step that cannot be had for less. */
export async function benchHandshakes(place: Workplace): Promise<void> {
  const { state, server } = place.login("nobody");
  const shake = () => handshake({ state, server });
  await shake(); // from now on the certificate is known
  const decrypt = await rsaDecryption();
  const busy = new Map<string, Business>();
  const [one, rawOne, many, rawMany] = await ratesInTurns(rounds, [
    () => rate(1, roundMs, shake),
    () => rate(1, roundMs, decrypt),
    async () => {
      const [server, own] = [watchBusiness(place.serverPid), watchBusiness(Deno.pid)];
      const result = await rate(atOnce, roundMs, shake);
      busy.set("the server", server()).set("its clients, one process", own());
      return result;
    },
    () => rate(atOnce, roundMs, decrypt),
  ]) as [number, number, number, number];
  tell({ one, rawOne, many, rawMany }, busy);
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
  const { publicKey, privateKey } = await crypto.subtle.generateKey(
    {
      name: "RSA-OAEP",
      hash: "SHA-256",
      modulusLength: 3072,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    false,
    ["encrypt", "decrypt"],
  );
  const sealed = await crypto.subtle.encrypt("RSA-OAEP", publicKey, randomBytes(32));
  return () => crypto.subtle.decrypt("RSA-OAEP", privateKey, sealed);
}

interface Rates {
  readonly one: number;
  readonly rawOne: number;
  readonly many: number;
  readonly rawMany: number;
}

function tell(
  { one, rawOne, many, rawMany }: Rates,
  busy: ReadonlyMap<string, Business>,
): void {
  const floorName = "decryptions by RSA-3072 alone";
  report("Handshakes: TLS, key exchange, ping (a second)", [
    { name: "one at a time", value: one, unit: "/s", floor: rawOne, floorName },
    { name: `${atOnce} at a time`, value: many, unit: "/s", floor: rawMany, floorName },
  ]);
  for (const [who, { all }] of busy) {
    print(`  Cores kept busy by ${who}, ${atOnce} at a time: ${all.toFixed(2)}\n`);
  }
}
