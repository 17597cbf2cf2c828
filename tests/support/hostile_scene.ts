/** Two people at a server that lies when it is told to, in this process. */
import { PersonHere } from "./account_here.ts";
import { HostileServer } from "./hostile_server.ts";

export interface HostileScene {
  readonly server: HostileServer;
  /** Removed when the scene is over. */
  readonly folder: string;
  readonly alice: PersonHere;
  readonly bob: PersonHere;
  /** Somebody else. */
  join(name: string): Promise<PersonHere>;
}

/** Lets people act, and clears up behind them. */
export async function atHostileServer(
  act: (scene: HostileScene) => Promise<void>,
  options: Parameters<typeof HostileServer.start>[0] = {},
): Promise<void> {
  await using server = await HostileServer.start(options);
  const folder = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  try {
    const join = (name: string) => PersonHere.join(name, server.trusted, `${folder}/${name}`);
    await act({ server, folder, alice: await join("alice"), bob: await join("bob"), join });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
