/** Saved logins: keys and never a password, in a file that only its owner reads. */
import assert from "node:assert/strict";
import { indexFolder, indexPath } from "../../../../src/client/account/index_path.ts";
import type { Login } from "../../../../src/client/account/logins_file.ts";
import {
  changeServer,
  dropLogins,
  findLogin,
  noteList,
  readLogins,
  readUndamagedLogins,
  saveKeys,
  settledLogins,
} from "../../../../src/client/account/saved_logins.ts";
import { OutcomeUnknown } from "../../../../src/client/connection/outcome_unknown.ts";
import { lockFile } from "../../../../src/client/state_file.ts";
import { loginKeyOf } from "../../../../src/crypto/account/login_proof.ts";
import { asAccountName, asAddress } from "../../../../src/model/address.ts";
import { asDeviceKey, asLoginSeed, type LoginKey } from "../../../../src/model/digests.ts";
import { MailError } from "../../../../src/model/errors.ts";
import { limits } from "../../../../src/model/limits.ts";
import { inFolder } from "../../../support/temporary_folder.ts";

const part = (version: number, bytes = 30) => ({
  version,
  sealed: new Uint8Array(bytes).fill(version),
});
const alice: Login = {
  server: "mail.example.org:4465",
  name: asAccountName("alice"),
  address: asAddress("alice@example.org"),
  label: "laptop",
  scope: "mail",
  loginSeed: asLoginSeed(new Uint8Array(32).fill(1)),
  deviceKey: asDeviceKey(new Uint8Array(32).fill(2)),
  keyring: [part(4, 100), part(5, 20)],
  folders: [part(2)],
};
const bob: Login = {
  ...alice,
  name: asAccountName("bob"),
  address: asAddress("bob@example.org"),
  keyring: [],
  folders: [],
};
const elsewhere: Login = { ...alice, server: "other.example.org:4465" };

/** As it is saved for the first time: nothing was seen of its keyring. */
function fresh(login: Login): Login {
  return { ...login, keyring: [], folders: [] };
}

/** Saves a login that no server has to know. */
function save(folder: string, login: Login, isDefault?: boolean): Promise<Login> {
  const enable = () => Promise.resolve();
  return saveKeys(
    folder,
    login,
    () => Promise.resolve({ login, follows: null, enable }),
    isDefault,
  );
}

/** Saves a login, and the answer to what has a server know it is lost, or a refusal. Returns what it followed. */
async function saveInVain(
  folder: string,
  login: Login,
  failure: MailError,
  known: Login | null = null,
): Promise<LoginKey[]> {
  const follows = known && await loginKeyOf(known.loginSeed);
  let followed: readonly LoginKey[] = [];
  const saved = saveKeys(folder, login, (earlier) => {
    followed = earlier;
    return Promise.resolve({ login, follows, enable: () => Promise.reject(failure) });
  });
  await assert.rejects(saved, failure);
  return [...followed];
}

const refused = new MailError("denied", "no");
const lost = new OutcomeUnknown("it is saved", "Look.", null);

/** A login of other keys. */
function another(login: Login, by: number): Login {
  return { ...fresh(login), loginSeed: asLoginSeed(new Uint8Array(32).fill(by)) };
}

function withState(test: (folder: string, path: string) => Promise<void>): Promise<void> {
  return inFolder((folder) => test(folder, `${folder}/logins.json`));
}

Deno.test("without a file there are no logins, and none to find or drop", () =>
  withState(async (folder) => {
    assert.deepEqual(await readLogins(folder), []);
    assert.equal(await findLogin(folder, alice.server, asAccountName("alice")), null);
    assert.deepEqual(await dropLogins(folder, () => true), []);
    await noteList(folder, alice, "keyring", [part(9)]);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  }));

Deno.test("logins are found by server and name; the last one saved is the default", () =>
  withState(async (folder, path) => {
    for (const login of [alice, bob, elsewhere, alice]) await save(folder, login);
    assert.deepEqual(await readLogins(folder), [bob, fresh(elsewhere), fresh(alice)]);
    assert.deepEqual(await findLogin(folder, bob.server, asAccountName("bob")), bob);
    assert.deepEqual(
      await findLogin(folder, elsewhere.server, asAccountName("alice")),
      fresh(elsewhere),
    );
    assert.equal(await findLogin(folder, elsewhere.server, asAccountName("bob")), null);
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  }));

Deno.test("a login that is not to be the default is it where there is no other", () =>
  withState(async (folder) => {
    for (const login of [alice, bob, elsewhere]) {
      await save(folder, login, false);
    }
    assert.deepEqual((await readLogins(folder)).at(-1), fresh(alice));
  }));

Deno.test("saving anew replaces the keys, and forgets nothing that was seen of the keyring", () =>
  withState(async (folder) => {
    await save(folder, alice);
    await noteList(folder, alice, "keyring", alice.keyring);
    const newer = {
      ...alice,
      deviceKey: asDeviceKey(new Uint8Array(32).fill(9)),
      keyring: [],
      folders: [],
    };
    await save(folder, newer);
    assert.deepEqual(await readLogins(folder), [{ ...newer, keyring: alice.keyring }]);
  }));

Deno.test("dropping takes what matches, returns it and keeps the rest", () =>
  withState(async (folder) => {
    for (const login of [alice, bob, elsewhere]) await save(folder, login);
    assert.deepEqual(await dropLogins(folder, ({ name }) => name === "alice"), [
      fresh(alice),
      fresh(elsewhere),
    ]);
    assert.deepEqual(await readLogins(folder), [bob]);
    assert.deepEqual(await dropLogins(folder, ({ name }) => name === "nobody"), []);
  }));

Deno.test("a login that a server refuses leaves the file as it was", () =>
  withState(async (folder, path) => {
    await saveInVain(folder, bob, lost);
    await save(folder, alice);
    const before = await Deno.readTextFile(path);
    await saveInVain(folder, another(alice, 7), refused);
    assert.equal(await Deno.readTextFile(path), before);
    await Deno.writeTextFile(path, "damaged");
    await saveInVain(folder, another(alice, 7), refused);
    assert.equal(await Deno.readTextFile(path), "damaged");
  }));

Deno.test("logins whose answer is lost stay beside those that are saved, until one of their account is", () =>
  withState(async (folder) => {
    const [first, second] = [another(alice, 7), another(alice, 8)];
    const keysOf = (logins: readonly Login[]) =>
      Promise.all(logins.map(({ loginSeed }) => loginKeyOf(loginSeed)));
    await save(folder, alice);
    assert.deepEqual(await saveInVain(folder, first, lost), await keysOf([alice]));
    assert.deepEqual(await saveInVain(folder, bob, lost), []);
    assert.deepEqual(await saveInVain(folder, elsewhere, lost), []);
    assert.deepEqual(await saveInVain(folder, second, lost), await keysOf([alice, first]));
    await save(folder, { ...bob, server: elsewhere.server });
    await noteList(folder, alice, "keyring", [part(7)]);
    const kept = await settledLogins(folder, false);
    assert.deepEqual(kept.unsaved, [bob, fresh(elsewhere), first, second]);
    assert.deepEqual(await readLogins(folder), kept.saved);
    await save(folder, another(alice, 9));
    assert.deepEqual((await settledLogins(folder, false)).unsaved, [bob, fresh(elsewhere)]);
    assert.deepEqual(await dropLogins(folder, ({ name }) => name === "bob"), [
      { ...bob, server: elsewhere.server },
    ]);
    assert.deepEqual((await settledLogins(folder, false)).unsaved, [fresh(elsewhere)]);
    assert.deepEqual(await dropLogins(folder, ({ server }) => server === elsewhere.server), []);
    assert.deepEqual(await settledLogins(folder, false), {
      saved: [{ ...another(alice, 9), keyring: [part(7)] }],
      unsaved: [],
    });
  }));

Deno.test("of the logins whose answer is lost, those stay that the server knows, or may hear of late", () =>
  withState(async (folder) => {
    const [first, second, third, fourth] = [2, 3, 4, 5].map((by) => another(alice, by));
    await saveInVain(folder, first!, lost);
    await saveInVain(folder, second!, lost, first);
    assert.deepEqual((await settledLogins(folder, false)).unsaved, [first, second]);
    await saveInVain(folder, third!, lost, first);
    assert.deepEqual((await settledLogins(folder, false)).unsaved, [first, second, third]);
    await saveInVain(folder, fourth!, lost, second);
    assert.deepEqual((await settledLogins(folder, false)).unsaved, [second, third, fourth]);
  }));

Deno.test("a login whose answer is lost goes to another address with those that are saved", () =>
  withState(async (folder) => {
    await save(folder, alice);
    await saveInVain(folder, bob, lost);
    const server = "new.example.org:4465";
    await changeServer(folder, alice.server, server);
    assert.deepEqual((await settledLogins(folder, false)).unsaved, [{ ...bob, server }]);
  }));

for (const list of ["keyring", "folders"] as const) {
  Deno.test(`the mark of a list goes up and never back: ${list}`, () =>
    withState(async (folder) => {
      for (const login of [alice, bob]) await save(folder, login);
      const mark = async () =>
        (await findLogin(folder, alice.server, asAccountName("alice")))![list];
      const seven = [part(7)];
      await noteList(folder, alice, list, seven);
      assert.deepEqual(await mark(), seven);
      await noteList(folder, alice, list, [part(6)]); // a slower command, about what it saw earlier
      assert.deepEqual(await mark(), seven);
      assert.deepEqual((await readLogins(folder)).map(({ name }) => name), ["alice", "bob"]);
      assert.deepEqual(
        (await findLogin(folder, bob.server, asAccountName("bob")))![list],
        [],
      );
    }));
}

const whole = {
  ...alice,
  loginSeed: alice.loginSeed.toBase64(),
  deviceKey: alice.deviceKey.toBase64(),
  keyring: [],
};
const sealed = (bytes: number) => new Uint8Array(bytes).toBase64();
const damaged: readonly [name: string, text: string][] = [
  ["empty", ""],
  ["cut", JSON.stringify([whole]).slice(0, -5)],
  ["no list", JSON.stringify(whole)],
  ["null", "null"],
  ["a list of nothing", "[null]"],
  ["no address", JSON.stringify([{ ...whole, address: undefined }])],
  ["a number for a server", JSON.stringify([{ ...whole, server: 1 }])],
  ["a short key", JSON.stringify([{ ...whole, deviceKey: "AAAA" }])],
  ["a key that is no base64", JSON.stringify([{ ...whole, loginSeed: "*" }])],
  ["no key", JSON.stringify([{ ...whole, loginSeed: undefined }])],
  ["another scope", JSON.stringify([{ ...whole, scope: "all" }])],
  ["no domain", JSON.stringify([{ ...whole, address: "alice" }])],
  ["no list of folders", JSON.stringify([{ ...whole, folders: undefined }])],
  [
    "two lists of folders",
    JSON.stringify([{
      ...whole,
      folders: [sealed(1), sealed(2)].map((sealed, at) => ({ version: at + 1, sealed })),
    }]),
  ],
];
const damagedKeyrings: readonly [name: string, keyring: unknown][] = [
  ["no keyring", undefined],
  ["no list of a keyring's parts", { version: 1, sealed: sealed(9) }],
  ["half a keyring version", [{ version: 1.5, sealed: sealed(9) }]],
  ["a keyring that is no base64", [{ version: 1, sealed: "*" }]],
  [
    "too many parts of a keyring",
    Array.from(
      { length: limits.maxKeyringParts + 1 },
      (_, at) => ({ version: at + 1, sealed: sealed(9) }),
    ),
  ],
  ["too long a keyring", [{ version: 1, sealed: sealed(limits.maxKeyringBytes + 1) }]],
];

for (
  const [name, text] of [
    ...damaged,
    ...damagedKeyrings.map(([name, keyring]) =>
      [name, JSON.stringify([{ ...whole, keyring }])] as const
    ),
  ]
) {
  Deno.test(`a damaged file is told, and a new login makes it anew: ${name}`, () =>
    withState(async (folder, path) => {
      await Deno.writeTextFile(path, text, { mode: 0o600 });
      const refused = {
        name: "MailError",
        code: "configuration",
        hint: /login NAME --server SERVER` to write it again/,
      };
      await assert.rejects(readLogins(folder), refused);
      await assert.rejects(findLogin(folder, alice.server, asAccountName("alice")), refused);
      assert.equal(await Deno.readTextFile(path), text);
      assert.deepEqual(await readUndamagedLogins(folder), []);
      await save(folder, bob);
      assert.deepEqual(await readLogins(folder), [bob]);
    }));

  Deno.test(`nothing is left of a damaged file once every login is dropped: ${name}`, () =>
    withState(async (folder, path) => {
      await Deno.writeTextFile(path, text, { mode: 0o600 });
      assert.deepEqual(await dropLogins(folder, () => true, true), []);
      assert.deepEqual(await readLogins(folder), []);
      assert.equal(await Deno.readTextFile(path), "[]\n");
    }));
}

Deno.test("a file of protocol version 1 is told to be one, with what to type", () =>
  withState(async (folder, path) => {
    const { loginSeed, address: _, ...kept } = whole;
    const text = JSON.stringify([{ ...kept, authenticationKey: loginSeed }]);
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    await assert.rejects(readLogins(folder), {
      code: "configuration",
      message: `Cannot read ${path}: it is of protocol version 1`,
      hint: "Run `mailctl login NAME --server SERVER` to write it again.",
    });
    await save(folder, bob);
    assert.deepEqual(await readLogins(folder), [bob]);
  }));

Deno.test("a file that others may read is refused, by a new login too", () =>
  withState(async (folder, path) => {
    await save(folder, alice);
    await Deno.chmod(path, 0o644);
    await assert.rejects(readLogins(folder), {
      code: "configuration",
      hint: `Run \`chmod 600 ${path}\`.`,
    });
    await assert.rejects(save(folder, alice), { code: "configuration" });
  }));

Deno.test("a search index goes with its login to another address, before the login does", () =>
  withState(async (folder, path) => {
    for (const login of [alice, bob]) await save(folder, login);
    const moved = { server: "new.example.org:4465", name: alice.name };
    const [from, to] = [indexPath(folder, alice), indexPath(folder, moved)];
    await Deno.mkdir(indexFolder(folder), { mode: 0o700 });
    await Deno.writeTextFile(from, "index");
    await Deno.mkdir(`${path}.new/full`, { recursive: true }); // the logins cannot be written
    await assert.rejects(changeServer(folder, alice.server, moved.server));
    assert.equal(await Deno.readTextFile(to), "index");
    await Deno.remove(`${path}.new`, { recursive: true });
    await changeServer(folder, alice.server, moved.server);
    assert.equal(await Deno.readTextFile(to), "index");
    assert.ok((await readLogins(folder)).every(({ server }) => server === moved.server));
  }));

Deno.test("a search index that a program writes goes to no other address", () =>
  withState(async (folder) => {
    await save(folder, alice);
    const moved = { server: "new.example.org:4465", name: alice.name };
    const [from, to] = [indexPath(folder, alice), indexPath(folder, moved)];
    const unlock = await lockFile(`${from}.lock`);
    await Deno.writeTextFile(from, "index");
    await changeServer(folder, alice.server, moved.server);
    unlock();
    for (const path of [from, to]) await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  }));
