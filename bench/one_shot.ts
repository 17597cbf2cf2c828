/** What one command costs a script, start-up and all. */
import { inTurns, report } from "./report.ts";
import { makeAccount, type Workplace } from "./workplace.ts";

const rounds = 25;

/** Connects and does nothing else: what no client over TLS can be quicker than. */
const bareTls = `
Deno.env.set("DENO_TLS_CA_STORE", "");
Deno.env.delete("NODE_EXTRA_CA_CERTS");
const [, , certificate] = Deno.readTextFileSync(Deno.args[1]).trim().split(" ");
const pem = "-----BEGIN CERTIFICATE-----\\n" + certificate + "\\n-----END CERTIFICATE-----\\n";
const tcp = await Deno.connect({ hostname: "127.0.0.1", port: Number(Deno.args[0]) });
tcp.setNoDelay(true);
const options = { hostname: "127.0.0.1", caCerts: [pem], unsafelyDisableHostnameVerification: true };
await (await Deno.startTls(tcp, options)).handshake();
Deno.exit(0);
`;

/** Measures `inbox` with 20 envelopes seen before, and `send`, both with a saved login. */
export async function benchOneShot(place: Workplace): Promise<void> {
  await makeAccount(place, "other");
  await makeAccount(place, "once"); // the last login is the one that programs use
  for (let count = 0; count < 20; count++) {
    await place.run(place.program, ["send", "once", "-s", `Number ${count}`, "-m", "x"]);
  }
  await place.run(place.program, ["inbox"]); // opens and remembers the envelopes
  const empty = `${place.folder}/empty.js`;
  const tls = `${place.folder}/tls.js`;
  await Deno.writeTextFile(empty, "");
  await Deno.writeTextFile(tls, bareTls);
  const port = place.address.split(":").at(-1)!;
  const known = `${place.folder}/client/state/known_servers`;
  const [nothing, connect, version, inbox, send] = await inTurns(rounds, [
    () => place.run(empty),
    () => place.run(tls, [port, known]),
    () => place.run(place.program, ["--version"]),
    () => place.run(place.program, ["inbox"]),
    () => place.run(place.program, ["send", "other", "-s", "Again"], "text\n"), // or the list would have a message not seen yet
  ]) as [number, number, number, number, number];
  const emptyName = "an empty Deno program";
  const tlsName = "a program that makes the TLS connection";
  report("One-shot commands, saved login (milliseconds)", [
    { name: "--version", value: version, unit: "ms", floor: nothing, floorName: emptyName },
    {
      name: "inbox, 20 messages seen before",
      value: inbox,
      unit: "ms",
      floor: nothing,
      floorName: emptyName,
    },
    {
      name: "inbox, 20 messages seen before",
      value: inbox,
      unit: "ms",
      floor: connect,
      floorName: tlsName,
    },
    { name: "send, one recipient", value: send, unit: "ms", floor: nothing, floorName: emptyName },
    { name: "send, one recipient", value: send, unit: "ms", floor: connect, floorName: tlsName },
  ]);
}
