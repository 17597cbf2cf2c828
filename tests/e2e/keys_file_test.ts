/** Keys that leave mailctl: other programs open them, and mail with them; nobody else does. */
import { asAccountName } from "../../src/model/address.ts";
import assert from "node:assert/strict";
import { armor, Decrypter, identityToRecipient } from "age-encryption";
import { identitiesOf } from "../../src/client/reading/identities.ts";
import { connect } from "../../src/client/connection/connect.ts";
import { enterByDevice } from "../../src/client/account/log_in.ts";
import { findLogin } from "../../src/client/account/saved_logins.ts";
import { formatServer, parseServer } from "../../src/client/connection/server_address.ts";
import { openFileStream } from "../../src/crypto/age/file.ts";
import { signingKeyOf } from "../../src/crypto/signature.ts";
import { password, Person, Stage } from "../support/person.ts";
import { watched } from "../support/program_terminal.ts";

const passphrase = "staple staple staple";

/** A message as `export` writes it for its reader's own key. */
async function exported(person: Person, id: number): Promise<Uint8Array> {
  await person.do(["export", "--format", "age", "-o", "sealed", String(id)]);
  return await Deno.readFile(`${person.home.work}/sealed/${id}.age`);
}

function openWith(passphrase: string, sealed: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  return decrypter.decrypt(armor.decode(sealed), "text");
}

Deno.test("exported keys open mail without mailctl", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice");
  const env = { MAILCTL_PASSPHRASE: passphrase };
  const { out } = await alice!.do(["keys", "export"], { env });
  const opened = await openWith(passphrase, out); // half a second each time

  await t.step("age opens the file with the passphrase, and with no other", async () => {
    assert.doesNotMatch(out, /SECRET|alice/);
    await assert.rejects(openWith("staple staple", out));
    assert.match(opened, /^# mailctl account: alice@mail\.test\n/);
  });

  const lines = opened.split("\n");
  const identity = lines.find((line) => line.startsWith("AGE-SECRET-KEY-PQ-1"))!;

  await t.step("what it says of itself is so", async () => {
    const said = (label: string) =>
      lines.find((line) => line.startsWith(`# ${label}: `))!.slice(label.length + 4);
    assert.equal(said("public key"), await identityToRecipient(identity));
    const seed = Uint8Array.fromHex(said("signing seed (Ed25519)"));
    assert.equal((await signingKeyOf(seed)).length, 32);
    const { fingerprint } = JSON.parse((await alice!.do(["whoami", "--json"])).out);
    assert.equal(said("fingerprint"), fingerprint);
    const bare = lines.filter((line) => line !== "" && !line.startsWith("#"));
    assert.deepEqual(
      bare,
      [identity],
      "age takes comments, blank lines and identities, and no more",
    );
  });

  await t.step("the identity opens what was exported sealed", async () => {
    await alice!.send(["alice", "-s", "for later", "-m", "opened by age"]);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const opened = await decrypter.decrypt(await exported(alice!, 1), "text");
    assert.match(opened, /opened by age/);
  });

  await t.step("bare keys are not written to a terminal", async () => {
    const { screen } = await watched(alice!.home, "mailctl keys export --plain; echo status $?");
    assert.match(screen, /Cannot write keys to a terminal without encryption/);
    assert.match(screen, /status 64/);
    assert.doesNotMatch(screen, /SECRET|seed/);
  });
});

Deno.test("imported keys open what was sealed to them", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice");
  const bob = await Person.join("bob", stage.home("bob"), server.trusted);
  await alice!.send(["alice", "-m", "to the former account"]);
  const sealed = await exported(alice!, 1);
  const env = { MAILCTL_PASSWORD: password };
  const path = `${bob.home.work}/alice`;
  Deno.writeTextFileSync(path, (await alice!.do(["keys", "export", "--plain"])).out);
  await bob.do(["keys", "import", path], { env });
  const folder = `${bob.home.folder}/home/.local/state/mailctl`;
  const target = parseServer(server.trusted);
  const saved = (await findLogin(folder, formatServer(target), asAccountName("bob")))!;
  const client = connect({ state: { folder }, server: target });
  try {
    const identities = identitiesOf(await enterByDevice(client, saved));
    assert.equal(identities.length, 2);
    const opened = openFileStream(identities, ReadableStream.from([sealed]));
    const text = await new Response(ReadableStream.from(opened)).text();
    assert.match(text, /to the former account/);
    const [own] = identities;
    await assert.rejects(Array.fromAsync(openFileStream([own!], ReadableStream.from([sealed]))));
  } finally {
    client.close();
  }
  // And the account goes on as before.
  await alice!.send(["bob", "-m", "hello"]);
  assert.equal((await bob.read(await bob.newest()))[0]!.body, "hello");
});
