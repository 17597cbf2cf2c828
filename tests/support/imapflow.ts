/** imapflow, a client of IMAP from npm, at a bridge: installed for the tests alone, from its lock file. */
import { createRequire } from "node:module";
import type { BridgeProcess } from "./bridge_process.ts";
import { installedPackages } from "./packages.ts";

const packages = new URL("../e2e/imapflow", import.meta.url).pathname;

/** What the tests use of its types, which are not installed where the types are checked. */
// deno-lint-ignore no-explicit-any
type Foreign = any;

/** A session that ends with the stage that keeps it. */
export class FlowSession implements AsyncDisposable {
  readonly flow: Foreign;

  private constructor(flow: Foreign) {
    this.flow = flow;
  }

  /** Logs in over STARTTLS. */
  static async open(
    { settings: { imap, user, password, certificate } }: BridgeProcess,
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<FlowSession> {
    const require = createRequire(`${await installedPackages(packages)}/package.json`);
    const { ImapFlow } = require("imapflow");
    const flow = new ImapFlow({
      host: imap.host,
      port: imap.port,
      doSTARTTLS: true,
      tls: { ca: await Deno.readTextFile(certificate), servername: "localhost" },
      auth: { user, pass: password },
      logger: false,
      ...options,
    });
    await flow.connect();
    return new FlowSession(flow);
  }

  /** Opens a folder. */
  async select(path: string): Promise<Foreign> {
    return await this.flow.mailboxOpen(path);
  }

  /** The whole messages of the open folder, a byte a character, by UID; `range` is of UIDs. */
  async sources(range = "1:*"): Promise<Map<number, string>> {
    const found = new Map<number, string>();
    for await (const { uid, source } of this.flow.fetch(range, { source: true }, { uid: true })) {
      if (source !== undefined) found.set(uid, source.toString("latin1")); // others' flags are told too
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flow.logout().catch(() => {});
    this.flow.close();
  }
}
