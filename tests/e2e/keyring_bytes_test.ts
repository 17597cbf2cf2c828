/** What a keyring of 3,000 contacts costs on the wire: beside one of a few, in the same commands. */
import assert from "node:assert/strict";
import { fillRing } from "../support/full_ring.ts";
import { password, Person, Stage } from "../support/person.ts";
import type { Home } from "../support/program.ts";
import { Relay } from "../support/relay.ts";

interface Cost {
  readonly up: number;
  readonly down: number;
}

/** Runs a command, and counts what went over the wire. */
async function costOf(relay: Relay, home: Home, args: readonly string[]): Promise<Cost> {
  [relay.up, relay.down] = [0, 0];
  const { status, err } = await home.run(args);
  assert.deepEqual([status, err], [0, ""], args.join(" "));
  return { up: relay.up, down: relay.down };
}

const little = 2_048;
/** What the sealed ring has at least; a sixteenth more is the most. */
const whole = 450_000;

type Who = "saved" | "password";
const commands: readonly [what: string, who: Who, args: readonly string[], down: "all" | "new"][] =
  [
    ["the first command of a machine", "saved", ["inbox"], "all"],
    ["a send", "saved", ["send", "bob", "-m", "x"], "new"],
    ["a second send", "saved", ["send", "bob", "-m", "x"], "new"],
    ["an inbox that notes a message", "saved", ["inbox"], "new"],
    ["an inbox that notes nothing", "saved", ["inbox"], "new"],
    ["a read", "saved", ["read", "1"], "new"],
    ["a send without a saved login", "password", ["send", "bob", "-m", "x"], "all"],
    ["an inbox without a saved login", "password", ["inbox"], "all"],
    ["a send that finds what another machine sent", "saved", ["send", "bob", "-m", "x"], "new"],
  ];

Deno.test("a keyring of 3,000 contacts is not sent whole", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const { port, fingerprint } = placeOf(server.trusted);
  const relay = stage.keep(new Relay(port));
  const trusted = `127.0.0.1:${relay.port}#${fingerprint}`;
  const [few, many] = await Promise.all(
    ["few", "many"].map((name) => Person.join(name, stage.home(name), trusted)),
  ) as [Person, Person];
  const [bob] = await stage.people({ trusted }, "bob");
  await fillRing(few, trusted, 1);
  await fillRing(many, trusted, 2_999); // and bob
  const homes = (person: Person): Record<Who, Home> => {
    const other = stage.home(`${person.name} elsewhere`);
    other.env["MAILCTL_SERVER"] = trusted;
    other.env["MAILCTL_USER"] = person.name;
    other.env["MAILCTL_PASSWORD"] = password;
    return { saved: person.home, password: other };
  };
  const [atFew, atMany] = [homes(few), homes(many)];
  for (const [what, who, args, expected] of commands) {
    await t.step(what, async () => {
      if (what.includes("notes a message")) await bob!.send(["few", "many", "-m", "hello"]);
      const usual = await costOf(relay, atFew[who], args);
      const cost = await costOf(relay, atMany[who], args);
      const [up, down] = [cost.up - usual.up, cost.down - usual.down];
      assert.ok(up < little, `${up} bytes more to the server`);
      const [least, most] = expected === "all" ? [whole, whole * 17 / 16] : [-little, little];
      assert.ok(least <= down && down < most, `${down} bytes more to the client`);
    });
  }
});

function placeOf(trusted: string): { port: number; fingerprint: string } {
  const [address = "", fingerprint = ""] = trusted.split("#");
  return { port: Number(address.split(":").at(-1)), fingerprint };
}
