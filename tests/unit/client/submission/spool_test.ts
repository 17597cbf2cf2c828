/** The queue on disk: wholly there or not at all, one at a time, and nobody else's to read. */
import assert from "node:assert/strict";
import { type Claim, Spool } from "../../../../src/client/submission/spool.ts";
import { MailError } from "../../../../src/model/errors.ts";
import { bytesOf, collect, cut } from "../../../support/mime.ts";

const note = {
  server: "127.0.0.1:1",
  user: "alice",
  recipients: ["bob", "carol@x"],
  name: "A\nB",
  queuedAt: 1_700_000_000_000,
};

async function inSpool(test: (spool: Spool, folder: string) => Promise<void>): Promise<void> {
  const state = await Deno.makeTempDir({ prefix: "mailctl-spool-" });
  try {
    await test(new Spool(state), `${state}/spool`);
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}

function add(spool: Spool, header = "A: 1\r\n", body = "x\r\ny"): Promise<Claim> {
  return spool.add(note, { header: bytesOf(header), body: cut(bytesOf(body), 2) });
}

Deno.test("a message comes back as it was added, as often as it is read", () =>
  inSpool(async (spool) => {
    const added = await add(spool);
    added.release();
    const claim = (await spool.claim(added.id))!;
    assert.deepEqual(claim.header, bytesOf("A: 1\r\n"));
    for (let count = 0; count < 2; count++) {
      assert.deepEqual(await collect(claim.body()), bytesOf("x\r\ny"));
    }
    const { server, user, recipients, name, queuedAt } = claim;
    assert.deepEqual({ server, user, recipients, name, queuedAt }, note);
    claim.release();
    const { queue: [listed] } = await spool.list();
    assert.deepEqual([listed?.id, listed?.size, listed?.tries], [added.id, 10, 0]);
  }));

Deno.test("files are 0600 in a folder of 0700, and only while there is something to keep", () =>
  inSpool(async (spool, folder) => {
    const claim = await add(spool);
    await claim.note({ tries: 1, failure: { code: "x", message: "y" }, isFailed: true });
    const modes = [...Deno.readDirSync(folder)].map(({ name }) =>
      Deno.statSync(`${folder}/${name}`).mode! & 0o777
    );
    assert.deepEqual([modes.every((mode) => mode === 0o600), Deno.statSync(folder).mode! & 0o777], [
      true,
      0o700,
    ]);
    assert.deepEqual((await spool.list()).queue[0]?.failure, { code: "x", message: "y" });
    await claim.remove();
    claim.release();
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("a folder that others may use is refused", () =>
  inSpool(async (spool, folder) => {
    await Deno.mkdir(folder);
    await Deno.chmod(folder, 0o750);
    await assert.rejects(add(spool), {
      code: "configuration",
      hint: `Run \`chmod 700 ${folder}\`.`,
    });
  }));

Deno.test("a message that cannot be read to its end leaves nothing", () =>
  inSpool(async (spool, folder) => {
    const body = async function* () {
      yield bytesOf("x");
      await Promise.resolve();
      throw new MailError("no_input", "no more");
    };
    await assert.rejects(spool.add(note, { header: bytesOf(""), body: body() }), {
      code: "no_input",
    });
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("who adds or claims a message is alone with it, until it is let go of", () =>
  inSpool(async (spool) => {
    const added = await add(spool);
    assert.equal(await spool.claim(added.id), null);
    const other = await add(spool);
    other.release();
    await assert.rejects(spool.discard([other.id, added.id]), { code: "try_later" });
    added.release();
    const claims = await Promise.all(Array.from({ length: 10 }, () => spool.claim(added.id)));
    const won = claims.filter((claim) => claim !== null);
    assert.equal(won.length, 1);
    await won[0]!.remove();
    won[0]!.release();
    assert.equal(await spool.claim(added.id), null);
    await assert.rejects(spool.discard([other.id, added.id]), { code: "no_such_message" });
    assert.deepEqual(await spool.ids(), [other.id]); // all are removed or none
    await spool.discard([other.id]);
    assert.deepEqual(await spool.ids(), []);
  }));

Deno.test("what a killed writer left is removed, what is being written is not", () =>
  inSpool(async (spool, folder) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const body = async function* () {
      begin();
      await promise;
      yield bytesOf("x");
    };
    const adding = spool.add(note, { header: bytesOf(""), body: body() });
    await begun;
    for (const name of ["0-dead.new", "0-gone.state", "0-gone.state.lock"]) {
      await Deno.writeTextFile(`${folder}/${name}`, "half", { mode: 0o600 });
    }
    await spool.tidy();
    assert.deepEqual([...Deno.readDirSync(folder)].length, 1);
    assert.deepEqual(await spool.list(), { queue: [], unread: [] });
    resolve();
    const added = await adding;
    await added.note({ tries: 2, failure: null, isFailed: true });
    added.release();
    await spool.tidy();
    assert.equal((await spool.list()).queue[0]?.tries, 2);
  }));

/** Runs something each time before a file is locked, as often as it says: another process has its turn there. */
function beforeLocks(times: number, act: () => Promise<void>): Disposable {
  const { lock } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.lock = async function (exclusive) {
    if (times-- > 0) await act();
    await lock.call(this, exclusive);
  };
  return { [Symbol.dispose]: () => void (Deno.FsFile.prototype.lock = lock) };
}

Deno.test("what is not locked yet may be tidied away: it is begun anew", () =>
  inSpool(async (spool, folder) => {
    const seen: string[][] = [];
    using _ = beforeLocks(3, async () => {
      seen.push([...Deno.readDirSync(folder)].map(({ name }) => name.split(".").at(-1)!));
      await new Spool(folder.replace("/spool", "")).tidy();
    });
    (await add(spool)).release();
    assert.deepEqual(seen, [["new"], ["new"], ["new"]]);
    const { queue: [listed, ...others] } = await spool.list();
    assert.deepEqual([listed?.size, others], [10, []]);
  }));

const broken = [
  "",
  "{\nx",
  "{}\n",
  "null\n",
  `${JSON.stringify({ ...note, headerBytes: 1e12 })}\nx`,
  `${JSON.stringify({ ...note, headerBytes: 5 })}\nx`,
  `${JSON.stringify({ ...note, headerBytes: -1 })}\nx`,
  `${JSON.stringify({ ...note, headerBytes: 0, recipients: [1] })}\nx`,
];

for (const text of broken) {
  Deno.test(`a damaged file is named, and can be given up: ${text.slice(0, 200)}`, () =>
    inSpool(async (spool, folder) => {
      (await add(spool)).release();
      await Deno.writeTextFile(`${folder}/0-damaged.mail`, text, { mode: 0o600 });
      const expected = { code: "io", message: /0-damaged/, hint: /queue remove 0-damaged/ };
      const { queue, unread: [error, ...others] } = await spool.list();
      assert.deepEqual([queue.length, others], [1, []]);
      assert.throws(() => {
        throw error;
      }, expected);
      await assert.rejects(spool.claim("0-damaged"), expected);
      await spool.discard(["0-damaged"]);
      assert.equal((await spool.list()).queue.length, 1);
    }));
}

Deno.test("notes that are damaged are as good as none", () =>
  inSpool(async (spool, folder) => {
    const { id, release } = await add(spool);
    release();
    await Deno.writeTextFile(`${folder}/${id}.state`, "{", { mode: 0o600 });
    assert.equal((await spool.list()).queue[0]?.tries, 0);
  }));

Deno.test("no id leads out of the folder", () =>
  inSpool(async (spool, folder) => {
    (await add(spool)).release();
    await Deno.writeTextFile(`${folder}/../victim.mail`, "{}");
    await assert.rejects(spool.discard(["../victim"]), { code: "no_such_message" });
    assert.equal(await Deno.readTextFile(`${folder}/../victim.mail`), "{}");
  }));
