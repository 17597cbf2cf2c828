/** A client whose connection is lost. */
import assert from "node:assert/strict";
import { connectAs } from "../../src/client/account/log_in.ts";
import { findLogin } from "../../src/client/account/saved_logins.ts";
import { formatServer } from "../../src/client/connection/server_address.ts";
import { asAccountName } from "../../src/model/address.ts";
import { MailError } from "../../src/model/errors.ts";
import { atHostileServer } from "../support/hostile_scene.ts";
import { Relay } from "../support/relay.ts";

const busy = new MailError("try_later", "The server is busy");

Deno.test("a connection that could not be made in the place of a lost one leaves that lost", () =>
  atHostileServer(async ({ server, bob: { options } }) => {
    await using relay = new Relay(options.server.port);
    const login = await findLogin(
      options.state.folder,
      formatServer(options.server),
      asAccountName("bob"),
    );
    const way = { ...options, server: { ...options.server, port: relay.port } };
    const client = await connectAs(way, login!);
    client.comeBackBy(() => Promise.reject(busy));
    const held = Promise.withResolvers<void>();
    const block = () => () => (relay.cut(), held.promise);
    await server.lying({ block }, async () => {
      await assert.rejects(client.change("block", { addresses: ["alice"] }), {
        code: "unavailable",
        cause: busy,
      });
      held.resolve();
    });
    await assert.rejects(client.call("ping", {}), { code: "unavailable" });
    client.close();
  }));
