/** An import that is cut off: what is made is whole, and the same command again makes the rest. */
import assert from "node:assert/strict";
import { Stage } from "../support/person.ts";
import { finish } from "../support/program.ts";

const password = "correct horse battery";
/** So many that they take seconds: the first is told long before the last is made. */
const names = Array.from({ length: 20 }, (_, at) => `user-${String(at).padStart(2, "0")}`);
const file = JSON.stringify(Object.fromEntries(names.map((name) => [name, password])));

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const [ours, rest] = stream.tee();
  const reader = ours.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; !text.includes("\n");) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  reader.cancel().catch(() => {});
  return rest;
}

for (const victim of ["the import", "the server"] as const) {
  Deno.test(`kill -9 of ${victim} in the middle: repeated, every account is made once`, async () => {
    await using stage = new Stage();
    const server = await stage.server({ args: ["--registration", "closed"] });
    const home = stage.home("server");
    await Deno.writeTextFile(`${home.work}/accounts.json`, file, { mode: 0o600 });
    const child = home.start(["admin", "import", "accounts.json"]);
    const rest = await firstLine(child.stdout);
    if (victim === "the import") child.kill("SIGKILL");
    else await server.stop("SIGKILL");
    const [{ code }] = await Promise.all([child.status, rest.cancel(), child.stderr.cancel()]);
    if (victim === "the import") assert.equal(code, 128 + 9);
    else {
      assert.equal(code, 69);
      await server.start();
    }

    const { status, out } = await home.run(["admin", "import", "accounts.json"]);
    assert.equal(status, 0);
    const states = out.trim().split("\n").map((line) => line.split("\t"));
    assert.deepEqual(states.map(([name]) => name), names);
    assert.equal(states[0]![1], "exists", "what was told is there");
    const { out: users } = await home.run(["admin", "users", "--json"]);
    assert.deepEqual(JSON.parse(users).accounts.map(({ name }: { name: string }) => name), names);
    for (const name of [names[0]!, names.at(-1)!]) {
      const login = ["login", name, "--server", server.trusted];
      const child = stage.home(name).start(login, { env: { MAILCTL_PASSWORD: password } });
      assert.equal((await finish(child)).status, 0, name);
    }
  });
}
