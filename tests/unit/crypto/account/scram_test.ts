/** The example of RFC 7677 3, and what no client may say. */
import assert from "node:assert/strict";
import { deriveScramKeys } from "../../../../src/crypto/account/scram.ts";
import { ScramExchange } from "../../../../src/gateway/sasl/scram_exchange.ts";

const rfc = {
  clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
  serverNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  serverFirst:
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  clientFinal: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

const salt = Uint8Array.fromBase64("W22ZaJ0SNY7soEsUEjb6gQ==");

function exchange(): ScramExchange {
  return new ScramExchange(() => deriveScramKeys("pencil", salt, 4096), rfc.serverNonce);
}

Deno.test("SCRAM-SHA-256: the example of RFC 7677", async () => {
  const scram = exchange();
  assert.equal(await scram.first(rfc.clientFirst), rfc.serverFirst);
  assert.deepEqual(await scram.final(rfc.clientFinal), {
    isRight: true,
    serverFinal: rfc.serverFinal,
  });
});

const first: readonly (readonly [what: string, said: string, name: string | null])[] = [
  ["no channel binding at the client", "n,,n=bob,r=x", "bob"],
  ["one that it misses here", "y,,n=bob,r=x", "bob"],
  ["one that is not offered", "p=tls-exporter,,n=bob,r=x", null],
  ["another flag", "x,,n=bob,r=x", null],
  ["somebody to act as", "n,a=alice,n=bob,r=x", "bob"],
  ["escaped characters", "n,,n=b=2Co=3Db,r=x", "b,o=b"],
  ["an escape that is none", "n,,n=b=2c,r=x", null],
  ["an escape at the end", "n,,n=b=,r=x", null],
  ["no name", "n,,n=,r=x", null],
  ["no nonce", "n,,n=bob,r=", null],
  ["a nonce with a blank", "n,,n=bob,r=x y", null],
  ["a long nonce", `n,,n=bob,r=${"x".repeat(256)}`, "bob"],
  ["one that is too long", `n,,n=bob,r=${"x".repeat(257)}`, null],
  ["an extension that must be understood", "n,,m=x,n=bob,r=x", null],
  ["an extension", "n,,n=bob,r=x,t=y", "bob"],
  ["a NUL in the name", "n,,n=b\0b,r=x", null],
  ["nothing", "", null],
  ["PLAIN", "\0bob\0secret", null],
];

for (const [what, said, name] of first) {
  Deno.test(`SCRAM-SHA-256 begins with ${what}: ${name ?? "refused"}`, async () => {
    const scram = exchange();
    const answer = await scram.first(said);
    assert.equal(answer === null, name === null);
    if (name !== null) assert.equal(scram.names.name, name);
  });
}

const { clientFinal } = rfc;
const final: readonly (readonly [what: string, said: string, isRight: boolean | null])[] = [
  ["another proof", clientFinal.replace("p=dHzb", "p=eHzb"), false],
  ["a short proof", clientFinal.replace(/p=.*/, "p=dHzb"), null],
  ["a proof that is not base 64", clientFinal.replace(/p=./, "p=*"), null],
  ["another nonce", clientFinal.replace("r=r", "r=R"), null],
  ["the client's nonce alone", clientFinal.replace("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", ""), null],
  ["another header than before", clientFinal.replace("c=biws", "c=eSws"), null],
  ["no proof", clientFinal.replace(/,p=.*/, ""), null],
  ["nothing", "", null],
  ["an extension, which is not what was proved", clientFinal.replace(",p=", ",t=y,p="), false],
];

for (const [what, said, isRight] of final) {
  Deno.test(`SCRAM-SHA-256 ends with ${what}: ${isRight ?? "malformed"}`, async () => {
    const scram = exchange();
    await scram.first(rfc.clientFirst);
    const outcome = await scram.final(said);
    assert.deepEqual(outcome, isRight === null ? null : { isRight, serverFinal: "" });
  });
}
