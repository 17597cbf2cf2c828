/** Another user of the machine who takes the bridge's port while it is down, and keeps what programs say to it. */
import assert from "node:assert/strict";
import { BridgeHere, bridgePassword as password } from "../support/bridge_here.ts";
import { HostileServer } from "../support/hostile_server.ts";
import { MailProgram } from "../support/mail_program.ts";
import { pipe } from "../support/pipe.ts";
import { apopDigest, sayScram } from "../support/scram_client.ts";

/** Answers a program's login as far as can be without the password; returns all that it said. */
async function squat(connection: ReturnType<typeof pipe>[0], challenge: string): Promise<string[]> {
  const said: string[] = [];
  const program = new MailProgram(connection);
  for (let line = await program.line(); line !== null; line = await program.line()) {
    said.push(line);
    const [, first = ""] = /^AUTH SCRAM-SHA-256 (.*)$/.exec(line) ?? [];
    const nonce = /r=(.*)$/.exec(atob(first))?.[1];
    await program.say(
      nonce === undefined ? "+ dj1ub25l\r\n" : `+ ${btoa(`r=${nonce}${challenge}`)}\r\n`,
    );
  }
  return said;
}

Deno.test("who took the port learns nothing that lets it in later, and cannot pass for the bridge", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bridge-" });
  try {
    await using server = await HostileServer.start();
    const bob = await BridgeHere.start("bob", server.trusted, folder);
    const [ours, theirs] = pipe();
    const heard = squat(ours, "xyz,s=AAAA,i=4096");
    const victim = await sayScram(new MailProgram(theirs), { name: "bob", password });
    assert.equal(victim.isServerRight, false);
    theirs.close();
    const said = await heard;
    assert.ok(said.every((line) => !line.includes(password) && !atobAll(line).includes(password)));

    for (const replayed of [said, [...said, ""]]) {
      const program = await bob.connect("pop3");
      for (const line of replayed) await program.ask(line);
      await program.talk([["STAT", "-ERR Not now"]]);
      program.close();
    }
    const squatted = "+OK mailctl <0@localhost>"; // its own greeting
    const digest = apopDigest(squatted, password);
    const program = await bob.connect("pop3");
    await program.talk([[`APOP bob ${digest}`, "-ERR [AUTH]"], ["STAT", "-ERR Not now"]]);
    program.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function atobAll(line: string): string {
  return line.split(" ").map((word) => {
    try {
      return atob(word);
    } catch {
      return "";
    }
  }).join(" ");
}
