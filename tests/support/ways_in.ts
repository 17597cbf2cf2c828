/** The ways into one account: the shell, a mail program by IMAP, the page. Each does things, and tells what it sees. */
import { ask } from "../web/page_stage.ts";
import { append, connectImap } from "./bridge_imap.ts";
import type { BridgeProcess } from "./bridge_process.ts";
import type { ImapProgram } from "./imap_session_stage.ts";
import { enter } from "./page_process.ts";
import type { Person } from "./person.ts";

/** A message as one of the ways shows it. */
export interface Shown {
  /** As this way names it in its folder. */
  readonly id: number;
  readonly subject: string;
  readonly folder: string;
  readonly isFlagged: boolean;
  /** Sorted. */
  readonly keywords: readonly string[];
  /** Null where this way does not say. */
  readonly isRead: boolean | null;
}

/** What came of something that was asked for; in doubt where the answer was lost. */
export type Came = "done" | "refused" | "in doubt";

export interface WayIn {
  readonly name: string;
  see(): Promise<Shown[]>;
  move(message: Shown, folder: string): Promise<Came>;
  star(message: Shown, isOn: boolean): Promise<Came>;
  label(message: Shown, keyword: string): Promise<Came>;
  /** Another of the same, where this way can: null where not. */
  double(message: Shown, folder: string): Promise<Came | null>;
  /** Deletes for good. */
  remove(message: Shown): Promise<Came>;
  /** Puts a new message into the account; null where this way cannot. */
  add(subject: string): Promise<Came | null>;
  makeFolder(name: string): Promise<Came | null>;
}

/** Commands, each by itself. */
export class ByShell implements WayIn {
  readonly name: string;
  readonly #person: Person;

  constructor(person: Person, name: string) {
    this.#person = person;
    this.name = name;
  }

  async see(): Promise<Shown[]> {
    const { folders } = await this.#json(["folders"]);
    const seen: Shown[] = [];
    for (const { name } of folders as { name: string }[]) {
      const { messages } = await this.#json(["inbox", "--folder", name, "-n", "10000"]);
      for (const { id, box, subject, readAt, flags, keywords } of messages as ListedJson[]) {
        const isRead = box === "inbox" ? readAt !== null : null;
        const own = keywords.toSorted();
        seen.push({
          ...{ id, subject, folder: name, isRead },
          isFlagged: flags.includes("flagged"),
          keywords: own,
        });
      }
    }
    return seen;
  }

  move = (message: Shown, folder: string) => this.#do("move", String(message.id), folder);
  star = (message: Shown, isOn: boolean) =>
    this.#do("flag", String(message.id), isOn ? "+flagged" : "-flagged");
  label = (message: Shown, keyword: string) => this.#do("flag", String(message.id), `+${keyword}`);
  double = () => Promise.resolve(null);
  remove = (message: Shown) => this.#do("delete", String(message.id));
  add = (subject: string) => this.#do("send", "alice", "-s", subject, "-m", "text");
  makeFolder = (name: string) => this.#do("folders", "create", name);

  async #do(...args: string[]): Promise<Came> {
    const { status, err } = await this.#person.run(args);
    if (status === 0) return "done";
    if (status === 69 || status === 75) return "in doubt";
    if (status !== 64 && status !== 66) throw new Error(`${args.join(" ")}: ${status} ${err}`);
    return "refused";
  }

  async #json(args: readonly string[]) {
    return JSON.parse((await this.#person.do([...args, "--json"])).out);
  }
}

interface ListedJson {
  readonly id: number;
  readonly box: string;
  readonly subject: string;
  readonly readAt: string | null;
  readonly flags: readonly string[];
  readonly keywords: readonly string[];
}

/** A mail program at a bridge; it comes again where the bridge went. */
export class ByImap implements WayIn {
  readonly name: string;
  readonly #bridge: () => BridgeProcess;
  #program: ImapProgram | null = null;

  constructor(name: string, bridge: () => BridgeProcess) {
    this.name = name;
    this.#bridge = bridge;
  }

  async see(): Promise<Shown[]> {
    const program = await this.#connected();
    const listed = await program.ok('LIST "" *');
    const names = listed.map((line) => / (?:"([^"]*)"|(\S+))$/.exec(line)!.slice(1).join(""));
    const seen: Shown[] = [];
    for (const name of names) {
      await program.ok(`EXAMINE "${name}"`);
      for (const answer of await program.ok(`UID FETCH 1:* (FLAGS ${subjectItem})`)) {
        const [, uid, words] = /UID (\d+) FLAGS \(([^)]*)\)/.exec(answer) ?? [];
        const [, subject] = /^Subject: (.*)$/m.exec(answer.replaceAll("\r", "")) ?? [];
        if (uid === undefined || subject === undefined) continue; // flags that others changed meanwhile
        const flags = words!.split(" ");
        const keywords = flags.filter((flag) => /^[^\\$]/.test(flag)).sort();
        seen.push({
          ...{ id: Number(uid), folder: name, keywords, subject },
          isFlagged: flags.includes("\\Flagged"),
          isRead: flags.includes("\\Seen"),
        });
      }
    }
    return seen;
  }

  move = ({ id, folder }: Shown, into: string) => this.#do(folder, `UID MOVE ${id} "${into}"`);
  star = ({ id, folder }: Shown, isOn: boolean) =>
    this.#do(folder, `UID STORE ${id} ${isOn ? "+" : "-"}FLAGS (\\Flagged)`);
  label = ({ id, folder }: Shown, keyword: string) =>
    this.#do(folder, `UID STORE ${id} +FLAGS (${keyword})`);
  double = ({ id, folder }: Shown, into: string) => this.#do(folder, `UID COPY ${id} "${into}"`);
  remove = ({ id, folder }: Shown) =>
    this.#do(folder, `UID STORE ${id} +FLAGS (\\Deleted)`, `UID EXPUNGE ${id}`);
  makeFolder = (name: string) => this.#do(null, `CREATE "${name}"`);

  add = (subject: string) =>
    this.#safely(async (program) => {
      const head = `From: bob@mail.test\r\nMessage-ID: <${subject}@mail.test>\r\n`;
      await append(program, "INBOX", `${head}Subject: ${subject}\r\n\r\ntext\r\n`);
      return "done";
    });

  /** Ends the connection; the next command makes another. */
  leave(): void {
    this.#program?.close();
    this.#program = null;
  }

  async #connected(): Promise<ImapProgram> {
    this.#program ??= await connectImap(this.#bridge());
    this.#program.isStrict = false; // an answer may be cut off
    return this.#program;
  }

  /** Commands in a folder: refused where one is, or where the message is not there any more. */
  #do(folder: string | null, ...commands: string[]): Promise<Came> {
    return this.#safely(async (program) => {
      if (folder !== null && /^x NO/.test((await program.ask(`SELECT "${folder}"`)).at(-1)!)) {
        return "refused";
      }
      for (const [at, command] of commands.entries()) {
        const answers = await program.ask(command);
        const last = answers.at(-1)!;
        if (/^x (?:NO|BAD)/.test(last)) return at === 0 ? "refused" : "in doubt";
        if (!last.startsWith("x OK")) throw new Error(last);
        const isToldOf = /^UID (?:COPY|MOVE|EXPUNGE)/.test(command);
        const isDone = answers.some((line) => /COPYUID|^\* (?:VANISHED|\d+ EXPUNGE)/.test(line));
        if (isToldOf && !isDone) return "refused";
      }
      return "done";
    });
  }

  async #safely(work: (program: ImapProgram) => Promise<Came>): Promise<Came> {
    try {
      return await work(await this.#connected());
    } catch {
      this.leave();
      return "in doubt";
    }
  }
}

const subjectItem = "BODY.PEEK[HEADER.FIELDS (SUBJECT)]";

/** The page, by the forms that its lists have. */
export class ByPage implements WayIn {
  readonly name = "page";
  readonly #at: URL;
  readonly #cookie: string;

  private constructor(at: URL, cookie: string) {
    this.#at = at;
    this.#cookie = cookie;
  }

  static async enter(link: string): Promise<ByPage> {
    const { base, cookie } = await enter(link);
    return new ByPage(new URL(base), cookie);
  }

  /** Says nothing of what is read but of what has a dot for it. */
  async see(): Promise<Shown[]> {
    const { body } = await this.#get("inbox");
    const seen: Shown[] = [];
    for (const [name, href] of foldersOf(body)) {
      for (let path: string | undefined = href; path !== undefined;) {
        const { body: list }: { body: string } = await this.#get(path);
        for (const row of list.split("<li ").slice(1)) {
          const [, id] = /data-id="(\d+)"/.exec(row) ?? [];
          if (id === undefined) continue;
          const keywords = [...row.matchAll(/<span class="keyword"><bdi>([^<]*)</g)];
          seen.push({
            ...{ id: Number(id), folder: name, isRead: null },
            subject: /<span class="subject"><bdi>([^<]*)</.exec(row)?.[1] ?? "",
            isFlagged: row.includes('data-starred="yes"'),
            keywords: keywords.map(([, word]) => word!).sort(),
          });
        }
        path = /rel="next" href="([^"]*)"/.exec(list)?.[1]?.replaceAll("&amp;", "&");
      }
    }
    return seen;
  }

  async move(message: Shown, folder: string): Promise<Came> {
    const href = foldersOf((await this.#get("inbox")).body).get(folder);
    if (href === undefined) return "refused";
    return await this.#file(message, { act: "move", folder: href.replace("folder?id=", "") });
  }

  star = (message: Shown, isOn: boolean) => this.#file(message, { act: isOn ? "star" : "unstar" });
  label = (message: Shown, keyword: string) => this.#file(message, { act: "label", keyword });
  double = () => Promise.resolve(null);
  add = () => Promise.resolve(null);
  makeFolder = () => Promise.resolve(null);

  /** The page deletes for good what is in the trash. */
  async remove(message: Shown): Promise<Came> {
    return await this.#post(`delete?id=${message.id}`, { confirmed: "yes" });
  }

  #file(message: Shown, fields: Record<string, string>): Promise<Came> {
    return this.#post(`file?id=${message.id}`, fields);
  }

  async #get(path: string) {
    const target = `${this.#at.pathname}/${path}`;
    return await ask(this.#at.host, { target, headers: { cookie: this.#cookie } });
  }

  async #post(path: string, fields: Record<string, string>): Promise<Came> {
    const [, token = ""] = /data-token="([^"]+)"/.exec((await this.#get("inbox")).body) ?? [];
    const { status, body } = await ask(this.#at.host, {
      method: "POST",
      target: `${this.#at.pathname}/${path}`,
      headers: {
        ...{ cookie: this.#cookie, origin: this.#at.origin, "x-token": token },
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams(fields).toString(),
    });
    if (status === 303) return "done";
    if (status >= 500 || status === 0) return "in doubt";
    if (status === 403) throw new Error(body);
    return "refused";
  }
}

/** The folders at the side of a page, and where each is. */
function foldersOf(body: string): Map<string, string> {
  const links = body.matchAll(
    /<a [^>]*href="([^"]*)"[^>]*>(?:(?!<\/a>).)*?<span class="cut"><bdi>([^<]*)</gs,
  );
  return new Map([...links].map(([, href, name]) => [name === "Inbox" ? "INBOX" : name!, href!]));
}
