/** `mailctl web` */
import { buildCommand } from "@stricli/core";
import type { ProposedLogin } from "../../gateway/web/state/site.ts";
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
    brief: "Show the mailbox as a page in a browser",
    fullDescription:
      "Serve the mailbox as a page on this machine, and open it in this user's browser (not with\n" +
      "--no-open). Uses the saved login, or asks on the page. Prints one line: address, tab, a link\n" +
      "that lets in one browser more, whichever opens it first: keep it to yourself. Nothing is loaded\n" +
      "from elsewhere: mail in HTML shows the pictures that came with it, and no others. A deletion can\n" +
      "be undone for 10 s, until which the server is not asked. Ends with Ctrl-C, or 30 minutes after\n" +
      "the last page was closed; what was deleted is deleted first. Attachments of a message that is\n" +
      "being written are kept in memory only.",
  },
  parameters: {
    flags: {
      port: parsedFlag(
        "PORT",
        "Listen on this port (default: any free one)",
        wholeNumber("a port", 0, 65535),
      ),
      noOpen: switchFlag("Open no browser"),
      ...senderFlags,
      ...readerFlags,
    },
  },
  func: web,
});

async function web(flags: Flags): Promise<void> {
  const login = await pageLogin(flags);
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
        await writeLine(`address\t${link(Infinity)}`);
        if (host.stdin.isTerminal() && host.stderr.isTerminal()) {
          say("The page is there until Ctrl-C ends it");
        }
        if (!flags.noOpen) forget = await announcePage(link, login.state.folder);
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

function tellDefect(error: unknown): void {
  const trace = error instanceof Error ? error.stack ?? error.message : String(error);
  say(host.env.get("MAILCTL_DEBUG") ? trace : "A page could not be shown: this is a defect");
}
