/** An import that is cut off: what is made is whole, and the same command again makes the rest. */
import assert from "node:assert/strict";
import { Hold } from "../support/hold.ts";
import { Stage } from "../support/person.ts";
import { finish } from "../support/program.ts";
import { ServerProcess } from "../support/program_server.ts";

const password = "correct horse battery";
/** More than are made at once. */
const names = Array.from({ length: 6 }, (_, at) => `user-${at}`);
const file = JSON.stringify(Object.fromEntries(names.map((name) => [name, password])));

for (const victim of ["the import", "the server"] as const) {
  Deno.test(`kill -9 of ${victim} in the middle: repeated, every account is made once`, async () => {
    await using stage = new Stage();
    const hold = new Hold(`${stage.folder}/hold`);
    const home = stage.home("server");
    home.runsWith(hold.flagsFor("writes"), "sources");
    const args = ["--registration", "closed"];
    const server = stage.keep(await ServerProcess.start(home, { args, env: hold.env }));
    home.runsWith([]);
    await Deno.writeTextFile(`${home.work}/accounts.json`, file, { mode: 0o600 });
    hold.query({ calls: ["createInvitedAccount"], when: "after", nth: 1 });
    const child = home.start(["admin", "import", "accounts.json"]);
    await hold.stands(1);
    if (victim === "the import") child.kill("SIGKILL");
    else await server.stop("SIGKILL");
    assert.equal((await finish(child)).status, victim === "the import" ? 128 + 9 : 69);
    hold.release();
    if (victim === "the server") await server.start();

    const { status, out } = await home.run(["admin", "import", "accounts.json"]);
    assert.equal(status, 0);
    const states = out.trim().split("\n").map((line) => line.split("\t"));
    assert.deepEqual(states.map(([name]) => name), names);
    assert.ok(states.some(([, state]) => state === "exists"), "what was made is there");
    const { out: users } = await home.run(["admin", "users", "--json"]);
    assert.deepEqual(JSON.parse(users).accounts.map(({ name }: { name: string }) => name), names);
    for (const name of [names[0]!, names.at(-1)!]) {
      const login = ["login", name, "--server", server.trusted];
      const child = stage.home(name).start(login, { env: { MAILCTL_PASSWORD: password } });
      assert.equal((await finish(child)).status, 0, name);
    }
  });
}
