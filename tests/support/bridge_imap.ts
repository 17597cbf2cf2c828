/** A program that speaks IMAP with a bridge in a process of its own. */
import { TcpConnection } from "../../src/net/tcp_connection.ts";
import type { BridgeProcess } from "./bridge_process.ts";
import { ImapProgram } from "./imap_session_stage.ts";

/** Connects and logs in. */
export async function connectImap({ settings }: BridgeProcess): Promise<ImapProgram> {
  const { imap: { host: hostname, port }, user, password } = settings;
  const program = new ImapProgram(new TcpConnection(await Deno.connect({ hostname, port })));
  await program.response();
  await program.ok(`LOGIN ${user} ${password}`);
  return program;
}

/** What `UID FETCH 1:* (FLAGS BODY.PEEK[])` says of each message of the selected folder. */
export async function fetchAll(program: ImapProgram): Promise<FetchedMessage[]> {
  const answers = await program.ok("UID FETCH 1:* (FLAGS BODY.PEEK[])");
  return answers.flatMap((answer) => {
    const [, uid, flags] = /^\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\) BODY\[\] /.exec(answer) ??
      [];
    if (uid === undefined) return [];
    const text = answer.slice(answer.indexOf("\r\n") + 2, -1);
    const own = flags!.split(" ").filter((flag) => !/^\$Mailctl|^\\Recent$/.test(flag)).sort();
    return [{ uid: Number(uid), flags: own, text }];
  });
}

export interface FetchedMessage {
  readonly uid: number;
  /** Sorted; without the outcome. */
  readonly flags: readonly string[];
  readonly text: string;
}

/** Appends a message; returns its UID. */
export async function append(program: ImapProgram, to: string, text: string): Promise<number> {
  const answer = await program.ask(`APPEND ${to} {${text.length}+}\r\n${text}`);
  const [, uid] = /^x OK \[APPENDUID \d+ (\d+)\]/.exec(answer.at(-1)!) ?? [];
  if (uid === undefined) throw new Error(`APPEND ${to.slice(0, 100)}: ${answer.at(-1)}`);
  return Number(uid);
}
