/** The page in this process, before a real server over TLS: people, their pages, and requests as no browser makes them. */
import { serveWeb } from "../../src/gateway/web/serve_web.ts";
import { concatBytes, utf8 } from "../../src/model/bytes.ts";
import { HostileServer } from "../support/hostile_server.ts";
import { PersonHere } from "../support/account_here.ts";
import { deadline } from "../support/person.ts";

export class PageStage implements AsyncDisposable {
  readonly server: HostileServer;
  readonly folder: string = Deno.makeTempDirSync({ prefix: "mailctl-web-" });
  readonly #pages: OpenPage[] = [];

  private constructor(server: HostileServer) {
    this.server = server;
  }

  static async open(options: Parameters<typeof HostileServer.start>[0] = {}): Promise<PageStage> {
    return new PageStage(await HostileServer.start(options));
  }

  /** Brings people to the server, each with a saved login. */
  people<N extends string>(...names: N[]): Promise<PersonHere[]> {
    return Promise.all(names.map((name) => this.join(name)));
  }

  async join(name: string): Promise<PersonHere> {
    const folder = `${this.folder}/${name}`;
    await Deno.mkdir(folder, { mode: 0o700 });
    return await PersonHere.join(name, this.server.trusted, folder);
  }

  /** Starts the page of somebody with a saved login, or of nobody yet. */
  async page(person: PersonHere | null, idleMs?: number): Promise<OpenPage> {
    const page = await OpenPage.start(this, person, idleMs);
    this.#pages.push(page);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const page of this.#pages) await page.stop();
    await this.server[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A page that runs. */
export class OpenPage {
  readonly #controller = new AbortController();
  readonly defects: unknown[] = [];
  link: (validMs: number) => string = () => "";
  /** Settles when the page has ended. */
  over: Promise<void> = Promise.resolve();

  static async start(
    stage: PageStage,
    person: PersonHere | null,
    idleMs?: number,
  ): Promise<OpenPage> {
    const page = new OpenPage();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { state, server } = person?.options ?? {
      state: { folder: `${stage.folder}/nobody` },
      server: null,
    };
    const { parseServer } = await import("../../src/client/connection/server_address.ts");
    page.over = serveWeb({
      login: {
        state,
        server: server ?? parseServer(stage.server.address),
        name: person?.name ?? null,
        password: null,
      },
      port: 0,
      signal: page.#controller.signal,
      onReady: (link) => {
        page.link = link;
        resolve();
      },
      onDefect: (error) => page.defects.push(error),
      ...(idleMs === undefined ? {} : { idleMs }),
    });
    page.over.catch(reject);
    await promise;
    return page;
  }

  /** Where every page is: `http://127.x.y.z:PORT/WORD`. */
  get base(): string {
    return this.link(0).split("/enter")[0]!;
  }

  get authority(): string {
    return new URL(this.base).host;
  }

  async stop(): Promise<void> {
    this.#controller.abort();
    await this.over;
  }

  /** Lets a program in, as a browser would be. */
  async enter(): Promise<Program> {
    const link = new URL(this.link(60_000));
    const { head } = await ask(this.authority, { target: link.pathname + link.search });
    const [, cookie = ""] = /^set-cookie: ([^;]+)/im.exec(head) ?? [];
    return await this.renew(new Program(this, cookie));
  }

  /** The same, with what a page that is loaded now has in its forms. */
  async renew(program: Program): Promise<Program> {
    const { status, body } = await program.get("account");
    const page = status === 200 ? body : (await program.get("sign-in")).body; // of nobody yet
    const [, token = ""] = /data-token="([^"]+)"/.exec(page) ?? [];
    return new Program(this, program.cookie, token);
  }
}

/** Somebody who was let in, and asks as a program does. */
export class Program {
  readonly page: OpenPage;
  readonly cookie: string;
  readonly token: string;

  constructor(page: OpenPage, cookie: string, token = "") {
    this.page = page;
    this.cookie = cookie;
    this.token = token;
  }

  get prefix(): string {
    return new URL(this.page.base).pathname;
  }

  get(path: string, headers: Headers = {}): Promise<Answer> {
    const target = `${this.prefix}/${path}`;
    return ask(this.page.authority, { target, headers: { cookie: this.cookie, ...headers } });
  }

  /** Posts a form as the page's own scripts do. */
  post(
    path: string,
    fields: Readonly<Record<string, string>> = {},
    headers: Headers = {},
  ): Promise<Answer> {
    return ask(this.page.authority, {
      method: "POST",
      target: `${this.prefix}/${path}`,
      headers: {
        cookie: this.cookie,
        origin: `http://${this.page.authority}`,
        "x-token": this.token,
        "content-type": "application/x-www-form-urlencoded",
        ...headers,
      },
      body: new URLSearchParams(fields).toString(),
    });
  }
}

type Headers = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

export interface Question {
  readonly method?: string;
  readonly target: string;
  /** `host` too, which is otherwise right. */
  readonly headers?: Headers;
  readonly body?: string;
  /** A length that is not the body's. */
  readonly length?: number;
}

/** Asks over a socket of its own: exactly these bytes, which no client of HTTP would send. */
export async function ask(authority: string, question: Question): Promise<Answer> {
  const { method = "GET", target, headers = {}, body = "", length } = question;
  const bytes = utf8(body);
  const all = {
    host: authority,
    connection: "close",
    ...(method === "GET" ? {} : { "content-length": String(length ?? bytes.length) }),
    ...headers,
  };
  const lines = Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
  const [hostname = "", port] = authority.split(":");
  const connection = await Deno.connect({ hostname, port: Number(port) });
  try {
    await connection.write(utf8(`${method} ${target} HTTP/1.1\r\n${lines}\r\n`));
    for (let at = 0; at < bytes.length;) {
      at += await connection.write(bytes.subarray(at));
    }
    return parse(await deadline(readAll(connection), 120_000, "no answer"));
  } finally {
    connection.close();
  }
}

/** Reads one answer: its end is the connection's, or where its length says; what refuses a body need not close. */
async function readAll(connection: Deno.Conn): Promise<string> {
  const pieces: Uint8Array[] = [];
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) return new TextDecoder().decode(concatBytes(pieces));
    pieces.push(buffer.slice(0, count));
    const whole = new TextDecoder().decode(concatBytes(pieces));
    const head = whole.split("\r\n\r\n")[0]!;
    const length = /^content-length: (\d+)/im.exec(head)?.[1];
    if (utf8(whole).length - utf8(head).length - 4 >= Number(length)) {
      return whole;
    }
  }
}

function parse(text: string): Answer {
  const cut = text.indexOf("\r\n\r\n");
  const head = cut < 0 ? text : text.slice(0, cut);
  const body = cut < 0 ? "" : text.slice(cut + 4);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body };
}
