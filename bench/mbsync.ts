/** mbsync, which copies a mailbox by IMAP into a Maildir: a process a run. */
import type { ImapPlace } from "./imap_talk.ts";

/** Makes a folder for what it copies, and returns what copies into it: all the first time, what is new later. */
export async function prepareMbsync(
  folder: string,
  { port, user, password }: ImapPlace,
): Promise<() => Promise<void>> {
  await Deno.mkdir(`${folder}/mail`, { recursive: true });
  await Deno.writeTextFile(
    `${folder}/mbsyncrc`,
    `IMAPStore far
Host 127.0.0.1
Port ${port}
User ${user}
Pass ${password}
SSLType None
AuthMechs LOGIN

MaildirStore near
Path ${folder}/mail/
Inbox ${folder}/mail/INBOX

Channel inbox
Far :far:
Near :near:
Create Near
Sync Pull
SyncState *
`,
  );
  return async () => {
    const { success, stderr } = await new Deno.Command("mbsync", {
      args: ["--quiet", "--config", `${folder}/mbsyncrc`, "inbox"],
      env: { HOME: folder },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`mbsync failed: ${new TextDecoder().decode(stderr)}`);
  };
}
