/** `mailctl web` */
import { buildCommand } from "@stricli/core";
import { giveUpPrograms } from "../permissions.ts";
import type { ProposedLogin } from "../../gateway/web/state/page_session.ts";
import { formatServer } from "../../client/connection/server_address.ts";
import { parseAddress } from "../../model/address.ts";
import { notAllowed } from "../../session/state.ts";
import { mayCall } from "../../wire/operations.ts";
import { parsedFlag, switchFlag, wholeNumber } from "../flag.ts";
import { say, writeLine } from "../terminal/output.ts";
import {
  proposedLogin,
  type ReaderFlags,
  readerFlags,
  type SenderFlags,
  senderFlags,
} from "../session.ts";
import { Settings } from "../settings/settings.ts";
import { host } from "../host.ts";
import { visible, visibleLine } from "../../model/visible_text.ts";

interface Flags extends SenderFlags, ReaderFlags {
  readonly port: number | undefined;
  readonly noOpen: boolean;
}

export const examples = [
  "mailctl web",
  "mailctl web --no-open --port 8765  # then open the address that it prints",
];

export const command = buildCommand({
  docs: {
    brief: "Open your mailbox in a browser",
    fullDescription:
      "Serve your mailbox as a web page on this machine, and open it in your browser.\n" +
      "It uses the saved login, or asks for the password on the page.\n" +
      "\n" +
      "Prints one line: address, tab, and a link. The link lets in one more browser,\n" +
      "the first that opens it, so keep it to yourself.\n" +
      "\n" +
      "The page loads nothing from elsewhere. Mail in HTML shows only the pictures that\n" +
      "came with it. Messages that you write are saved in Drafts.\n" +
      "\n" +
      "The page ends with Ctrl-C, or 30 minutes after its last window was closed.",
  },
  parameters: {
    flags: {
      port: parsedFlag(
        "PORT",
        "Listen on 127.0.0.1:PORT (default: an address of its own)",
        wholeNumber("a port", 0, 65535),
      ),
      noOpen: switchFlag("Do not open a browser"),
      ...senderFlags,
      ...readerFlags,
    },
  },
  func: web,
});

async function web(flags: Flags): Promise<void> {
  const login = await pageLogin(flags);
  await requireReading(login);
  const { serveWeb } = await import("../../gateway/web/serve_web.ts");
  const { announcePage } = await import("../terminal/browser.ts");
  const { stopSignal } = await import("../waiting/stop_signal.ts");
  const { findServiceManager } = await import("../waiting/service_manager.ts");
  const signal = stopSignal();
  const manager = findServiceManager(signal);
  let forget = () => {};
  try {
    await serveWeb({
      login,
      port: flags.port ?? 0,
      signal,
      onReady: async (link) => {
        await writeLine(visible`address\t${visibleLine(link(Infinity))}`);
        if (host.stdin.isTerminal() && host.stderr.isTerminal()) {
          say("Press Ctrl-C to end the page");
        }
        if (!flags.noOpen) forget = await announcePage(link, login.state.folder);
        giveUpPrograms();
        manager.ready();
      },
      onDefect: tellDefect,
    });
  } finally {
    forget();
  }
  await manager.told();
}

/** A password that settings give is used; one that would have to be asked for is asked for on the page. */
async function pageLogin(flags: Flags): Promise<ProposedLogin> {
  const { password, ...login } = await proposedLogin(flags);
  const settings = new Settings(flags);
  const isGiven = flags.passwordStdin ||
    (["password", "passwordFile", "passwordCommand"] as const).some((name) => settings.find(name));
  return { ...login, password: isGiven ? password : null };
}

/** The page would open for a saved login that only sends, and show nothing. @throws {MailError} `denied` */
async function requireReading({ state, server, name }: ProposedLogin): Promise<void> {
  if (name === null) return;
  const { findLogin } = await import("../../client/account/saved_logins.ts");
  const saved = await findLogin(state.folder, formatServer(server), parseAddress(name).name);
  if (saved !== null && !mayCall("list", saved.scope)) throw notAllowed(saved.scope);
}

function tellDefect(error: unknown): void {
  const trace = error instanceof Error ? error.stack ?? error.message : String(error);
  say(host.env.get("MAILCTL_DEBUG") ? trace : "Cannot show a page: this is a bug in mailctl");
}
