/** Contacts that are newer than the backup that the operator restored: no machine with a saved login loses them. */
import assert from "node:assert/strict";
import { versionOf } from "../../src/model/keyring.ts";
import { contactsOf } from "../support/comparing.ts";
import { HostileServer, type Lies } from "../support/hostile_server.ts";
import { type ListedJson, type Person, Stage } from "../support/person.ts";
import { secondMachine } from "../support/second_machine.ts";

const older =
  "mailctl: The server had an older list of contacts; this machine's newer one was put back\n";
const restored = "mailctl: The server says that it has restored a backup\n";
const another =
  "mailctl: The server had a different list of contacts; this machine's was added to it\n";

async function listed(person: Person): Promise<string[]> {
  const contacts = await contactsOf(person);
  return contacts.map(({ address, state }) => `${address.split("@")[0]} ${state}`);
}

Deno.test("after `admin restore` machines with different contacts bring all of them back", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob", "carol", "dave");
  await alice!.send(["bob", "-m", "x"]);
  const second = secondMachine(stage, alice!);
  const [operator, backup] = [stage.home("server"), `${stage.folder}/old.db`];
  assert.equal((await operator.run(["admin", "backup", backup])).status, 0);

  const { fingerprint } = JSON.parse((await bob!.do(["whoami", "--json"])).out);
  assert.equal((await alice!.run(["verify", "bob", "--fingerprint", fingerprint])).status, 0);
  await alice!.send(["carol", "-m", "x"]);
  await second.send(["dave", "-m", "x"]);
  await server.stop();
  assert.equal((await operator.run(["admin", "restore", backup, "--force"])).status, 0);
  await server.start();

  await t.step("the first puts its list back, and says so once", async () => {
    const { status, err } = await alice!.run(["inbox"]);
    assert.deepEqual([status, err], [0, older]);
    assert.deepEqual(await listed(alice!), ["bob verified", "carol signed"]);
  });

  await t.step("the second adds what it knew since, and says so once", async () => {
    const { status, err } = await second.run(["inbox"]);
    assert.deepEqual([status, err], [0, another]);
    assert.deepEqual(await listed(second), ["bob verified", "carol signed", "dave signed"]);
  });

  await t.step("both agree, without another word", async () => {
    assert.deepEqual(await listed(alice!), await listed(second));
  });
});

for (
  const [where, wasListed] of [["had seen none of it", false], ["had listed it", true]] as const
) {
  Deno.test(`mail that a restore lost is missing unless its reader knows it: who ${where}`, async () => {
    await using stage = new Stage();
    const server = await stage.server();
    const [alice, bob] = await stage.people(server, "alice", "bob");
    const second = secondMachine(stage, alice!);
    const warned = "mailctl: 3 messages from alice@mail.test are missing; run `mailctl missing`\n";
    await alice!.send(["bob", "-m", "one"]);
    await bob!.do(["inbox"]);
    const [operator, backup] = [stage.home("server"), `${stage.folder}/old.db`];
    assert.equal((await operator.run(["admin", "backup", backup])).status, 0);
    const lost = ["two", "three", "and more changes of the list than the second machine makes"];
    for (const text of lost) await alice!.send(["bob", "-m", text]);
    if (wasListed) await bob!.do(["inbox"]);
    await server.stop();
    assert.equal((await operator.run(["admin", "restore", backup, "--force"])).status, 0);
    await server.start();

    const four = "four, of a machine that knows of no more than the backup";
    assert.equal((await second.run(["send", "bob", "-m", four])).err, restored);
    const first = await bob!.run(["inbox"]);
    assert.deepEqual([first.status, first.err], [0, wasListed ? older : restored]);
    const { status, err } = await alice!.run(["send", "bob", "-m", "five"]);
    assert.deepEqual([status, err], [0, older]);
    const last = await bob!.run(["inbox", "--json"]);
    assert.equal(last.err, wasListed ? "" : warned);
    const { messages }: ListedJson = JSON.parse(last.out);
    assert.deepEqual(messages.map(({ outcome }) => outcome), ["signed", "signed", "signed"]);
  });
}

Deno.test("a client that is killed while it puts its list back has put it back, or does so next time", async () => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice] = await stage.people(server, "alice", "bob", "carol");
  await alice!.send(["bob", "-m", "x"]);
  const account = await server.accountId("alice");
  const old = await server.store.keyring(account);
  await alice!.send(["carol", "-m", "x"]);
  for (const isReplaced of [false, true]) {
    const expectedVersion = versionOf((await server.store.keyring(account)).parts);
    const again = { expectedVersion, after: null, ...old.parts[0]! };
    await server.store.replaceKeyring(account, again);
    const child = alice!.home.start(["contacts"]);
    const killing: Lies = {
      replaceKeyring: (honest) => async (...args) => {
        if (isReplaced) await honest.replaceKeyring(...args);
        child.kill("SIGKILL");
        await child.status;
      },
    };
    const { code } = await server.lying(killing, () => child.output());
    assert.equal(code, 137);
    const { status, err } = await alice!.run(["inbox"]);
    assert.deepEqual([status, err], [0, isReplaced ? "" : older]);
    assert.deepEqual(await listed(alice!), ["bob signed", "carol signed"]);
  }
});
