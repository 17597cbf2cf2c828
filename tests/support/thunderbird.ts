/** Debian's Thunderbird without a window, with an account that a bridge serves, told what to do by remote control. */
import type { BridgeProcess } from "./bridge_process.ts";
import { Marionette } from "./marionette.ts";
import { deadline, until } from "./person.ts";
import type { Home } from "./program.ts";
import { scripts } from "./thunderbird_scripts.ts";

/** As the settings of an account name it; the numbers are the program's own. */
export const securities = { "None": 0, "STARTTLS": 2, "SSL/TLS": 3 } as const;

export type Security = keyof typeof securities;

/** What a person writes and attaches. */
export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The path of a file. */
  readonly attachment: string;
}

/** How it fetches mail. */
export type Fetching = "imap" | "pop3";

export class Thunderbird implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #control: Marionette;
  readonly #profile: string;
  readonly #fetching: Fetching;

  private constructor(
    child: Deno.ChildProcess,
    control: Marionette,
    profile: string,
    fetching: Fetching,
  ) {
    this.#child = child;
    this.#control = control;
    this.#profile = profile;
    this.#fetching = fetching;
  }

  /** Starts with a fresh profile whose account is set up, but for how it is reached. */
  static async start(home: Home, account: string, fetching: Fetching): Promise<Thunderbird> {
    const profile = `${home.folder}/thunderbird`;
    await Deno.mkdir(profile, { mode: 0o700 });
    await Deno.writeTextFile(`${profile}/user.js`, formatPreferences(account, fetching));
    const args = ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote"];
    const child = new Deno.Command("thunderbird", {
      args: [...args, "--profile", profile],
      cwd: home.work,
      clearEnv: true,
      env: home.environment(),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const control = await Marionette.open(await portOf(profile));
      const thunderbird = new Thunderbird(child, control, profile, fetching);
      await until(() => control.run(scripts.hasStarted, {}) as Promise<boolean>, "its start");
      return thunderbird;
    } catch (error) {
      await kill(child);
      throw error;
    }
  }

  /** Sets the account up with what a bridge told, as its settings have it. */
  async use({ settings }: BridgeProcess, security: Security): Promise<void> {
    const { smtp, password, certificate } = settings;
    const incoming = settings[this.#fetching];
    await this.#control.run(scripts.use, {
      security: securities[security],
      scheme: this.#fetching === "pop3" ? "mailbox" : "imap",
      ports: { smtp: smtp.port, incoming: incoming.port },
      password,
      certificate: (await Deno.readTextFile(certificate)).replace(/-----END[^]*|-----.*|\s/g, ""),
    });
  }

  /** Runs the body of an async function in it. */
  async run(script: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return await this.#control.run(script, args);
  }

  /** Gets new messages. Where `deletes`, the server does not keep what was fetched, now or before. */
  async fetch({ deletes = false } = {}): Promise<void> {
    await this.#control.run(scripts.fetch, { deletes });
  }

  /** Reads the messages that it has stored, without the fields that it has put in front of them. */
  messages(): Uint8Array[] {
    const folder = `${this.#profile}/Mail/127.0.0.1/Inbox/cur`;
    const files = [...Deno.readDirSync(folder)].map(({ name }) =>
      Deno.readFileSync(`${folder}/${name}`)
    );
    return files.map(withoutOwnFields);
  }

  /** Writes and sends. */
  async send(letter: Letter): Promise<void> {
    await this.#control.run(scripts.send, { ...letter });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#control.call("Marionette:Quit", { flags: ["eForceQuit"] }).catch(() => {});
    this.#control.close();
    await deadline(this.#child.status, 120_000, "its end").catch(() => kill(this.#child));
  }
}

async function kill(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch {
    // it has ended
  }
  await child.status;
}

async function portOf(profile: string): Promise<number> {
  let port = 0;
  await until(async () => {
    port = Number(await Deno.readTextFile(`${profile}/MarionetteActivePort`).catch(() => "0"));
    return port > 0;
  }, "its remote control");
  return port;
}

const ownFields = /^(?:X-(?:Account-Key|UIDL|Mozilla-[^:]*):.*\n)*/;

function withoutOwnFields(file: Uint8Array): Uint8Array {
  const head = new TextDecoder("latin1").decode(file.subarray(0, 4096));
  return file.subarray(ownFields.exec(head)![0].length);
}

/** What a person chooses in the account's settings; a file for every message; and nothing asked at the first start. */
function formatPreferences(account: string, fetching: Fetching): string {
  const [name] = account.split("@");
  const folder = (path: string) => `imap://${encodeURIComponent(account)}@127.0.0.1/${path}`;
  const preferences = {
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.account.account1.identities": "id1",
    "mail.account.account1.server": "server1",
    "mail.identity.id1.fullName": name,
    "mail.identity.id1.useremail": account,
    "mail.identity.id1.smtpServer": "smtp1",
    "mail.identity.id1.fcc": fetching === "imap",
    "mail.server.server1.type": fetching,
    "mail.server.server1.hostname": "127.0.0.1",
    "mail.server.server1.userName": account,
    "mail.server.server1.authMethod": 3, // "Normal password"
    "mail.server.server1.leave_on_server": true,
    "mail.server.server1.check_new_mail": false,
    "mail.server.server1.storeContractID": "@mozilla.org/msgstore/maildirstore;1",
    "mail.smtpservers": "smtp1",
    "mail.smtp.defaultserver": "smtp1",
    "mail.smtpserver.smtp1.hostname": "127.0.0.1",
    "mail.smtpserver.smtp1.username": account,
    "mail.smtpserver.smtp1.authMethod": 3,
    "mail.provider.suppress_dialog_on_startup": true,
    "mail.shell.checkDefaultClient": false,
    "mailnews.start_page.enabled": false,
    "app.update.enabled": false,
    "datareporting.policy.dataSubmissionEnabled": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "marionette.port": 0,
    ...fetching === "imap" && {
      "mail.identity.id1.fcc_folder": folder("Sent"),
      "mail.identity.id1.draft_folder": folder("Drafts"),
      "mailnews.confirm.moveFoldersToTrash": false,
    },
  };
  return Object.entries(preferences)
    .map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});\n`).join(
      "",
    );
}
