/** People with passwords in this process: each has an account, and a state folder of their own with its login saved. */
import type { LoginOptions } from "../../src/client/account/log_in.ts";
import { parseServer } from "../../src/client/connection/server_address.ts";
import type { Mailbox } from "../../src/client/mailbox.ts";
import { openMailbox } from "../../src/client/open_mailbox.ts";
import type { ListedMessage } from "../../src/client/reading/opened_entry.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { entryId } from "../../src/model/ids.ts";
import { password, passwordLogin, saveNewAccount } from "./person_account.ts";

export const passwordHere = password;

export class PersonHere {
  readonly name: string;
  readonly options: LoginOptions;

  private constructor(name: string, options: LoginOptions) {
    this.name = name;
    this.options = options;
  }

  /** `trusted` is `host:port#fingerprint`; `folder` is the person's own. */
  static async join(name: string, trusted: string, folder: string): Promise<PersonHere> {
    const options = {
      state: { folder },
      server: parseServer(trusted),
      name,
      password: () => Promise.resolve(passwordHere),
    };
    await saveNewAccount(folder, trusted, name, passwordLogin(name));
    return new PersonHere(name, options);
  }

  /** The same person at another machine, where no login is saved yet. */
  elsewhere(folder: string): PersonHere {
    return new PersonHere(this.name, { ...this.options, state: { folder } });
  }

  /** Works with the person's mailbox. */
  async with<T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    const mailbox = await openMailbox(this.options);
    try {
      return await work(mailbox);
    } finally {
      await mailbox.finish();
    }
  }

  send(to: string, subject: string): Promise<number> {
    const draft = { to: [to], cc: [], bcc: [], subject, body: utf8(subject), attachments: [] };
    return this.with(async (mailbox) => (await mailbox.send(draft)).id);
  }

  list(box: "inbox" | "sent" = "inbox"): Promise<readonly ListedMessage[]> {
    return this.with(async (mailbox) => (await mailbox.list({ box, limit: 100 })).messages);
  }

  /** Subject and outcome of everything in a box, oldest first. */
  async outcomes(box: "inbox" | "sent" = "inbox"): Promise<string[]> {
    return (await this.list(box)).map(({ headers, outcome }) => `${headers?.subject} ${outcome}`)
      .reverse();
  }

  /** Opens a message; returns its outcome and whether its body came whole. */
  read(id: number): Promise<{ outcome: string; text: string }> {
    return this.with(async (mailbox) => {
      const { outcome, source } = await mailbox.open(entryId(id));
      const pieces = await Array.fromAsync(source(), (piece) => piece.slice());
      return { outcome, text: await new Blob(pieces as BlobPart[]).text() };
    });
  }

  async fingerprint(): Promise<string> {
    return await this.with(async (mailbox) => (await mailbox.account()).fingerprint.toHex());
  }
}
