/** A server's SMTP in this process: accounts with real keys, programs that talk to it, and inboxes opened and checked. */
import assert from "node:assert/strict";
import { makeAppPassword } from "../../src/crypto/account/app_password.ts";
import { openPayload } from "../../src/crypto/age/payload.ts";
import { accountFingerprint } from "../../src/crypto/fingerprint.ts";
import { openUnsigned } from "../../src/crypto/message/unsigned.ts";
import { generateSecretKeys, publishKeys } from "../../src/crypto/account/identity.ts";
import { verifyPieces } from "../../src/crypto/message/piece.ts";
import { SmtpServer } from "../../src/gateway/smtp/server.ts";
import type { ListeningOptions } from "../../src/gateway/reception/listen.ts";
import { type ReceptionOptions, receptionPolicy } from "../../src/gateway/reception/reception.ts";
import { Sealing } from "../../src/gateway/reception/sealing.ts";
import { byteString } from "../../src/mime/byte_string.ts";
import { asAddress } from "../../src/model/address.ts";
import { concatBytes } from "../../src/model/bytes.ts";
import { asCertificateDigest } from "../../src/model/digests.ts";
import type { UnsignedEnvelope } from "../../src/model/message.ts";
import type { TlsIdentity } from "../../src/net/tls_identity.ts";
import type { Account } from "../../src/store/account_store.ts";
import { openSealed } from "./envelope.ts";
import { MailProgram } from "./mail_program.ts";
import { pipe } from "./pipe.ts";
import { type PipeServer, startPipeServer, type TestServerOptions } from "./server.ts";
import { createAccount, sampleAccount } from "./store_samples.ts";

/** An account, and what only its owner has. */
export interface Owner {
  readonly account: Account;
  readonly identity: string;
}

export interface Arrived {
  readonly envelope: UnsignedEnvelope;
  /** The body, one character a byte. */
  readonly text: string;
}

export class ReceptionStage implements AsyncDisposable {
  readonly server: PipeServer;
  readonly defects: unknown[] = [];
  readonly smtp: SmtpServer;
  readonly #programs: MailProgram[] = [];
  /** For listeners of one's own. */
  readonly options: Omit<ListeningOptions, "smtp" | "submissions" | "certificate">;

  private constructor(
    server: PipeServer,
    query: Partial<ReceptionOptions>,
    identity: TlsIdentity | null,
  ) {
    this.server = server;
    const { inboundMail, accounts, appPasswords, admitHandshake, maxMessageBytes } = server.context;
    const onDefect = (error: unknown) => void this.defects.push(error);
    this.options = {
      inboundMail,
      accounts,
      appPasswords,
      domain: "mail.test",
      postmaster: null,
      allowsPlainLocal: false,
      allowsLegacy: false,
      maxMessageBytes,
      admit: admitHandshake,
      onLoginRefused: () => {},
      now: () => 1_767_323_045_000,
      onConnection: () => {},
      onTrouble: onDefect,
    };
    const sealing = new Sealing({ maxWorkers: 0 });
    const policy = receptionPolicy({ ...this.options, sealing, requiresLogin: false, ...query });
    this.smtp = new SmtpServer({ policy, hostname: "mail.test", identity, onDefect });
  }

  static async start(
    query: Partial<ReceptionOptions> = {},
    options: TestServerOptions = {},
    identity: TlsIdentity | null = null,
  ): Promise<ReceptionStage> {
    return new ReceptionStage(await startPipeServer(options), query, identity);
  }

  /** Makes an account that can open what is sealed to it. */
  async join(name: string): Promise<Owner> {
    const secretKeys = generateSecretKeys();
    const keys = await publishKeys(secretKeys, asAddress(`${name}@mail.test`));
    const fingerprint = await accountFingerprint(keys);
    const sample = sampleAccount(name, { keys: { ...keys, fingerprint } });
    const account = await createAccount(this.server.store, sample);
    return { account, identity: secretKeys.identity };
  }

  /** Makes an application password and returns it as AUTH PLAIN has it. */
  async appPassword({ account }: Owner): Promise<string> {
    const { password, verifier } = await makeAppPassword();
    await this.server.store.addAppPassword({
      accountId: account.id,
      label: "program",
      scope: "smtp",
      verifier,
      createdAt: 0,
    });
    return plainLogin(account.name, password);
  }

  /** A program that was greeted, and said EHLO; inside TLS unless it is said. */
  async connect(
    { address = "192.0.2.1", secure = true }: { address?: string; secure?: boolean } = {},
  ): Promise<MailProgram> {
    const certificateDigest = secure ? asCertificateDigest(new Uint8Array(32)) : null;
    const [ours, theirs] = pipe({
      remoteAddress: address,
      certificateDigest,
    });
    this.smtp.speak(ours);
    const program = new MailProgram(theirs);
    this.#programs.push(program);
    const greeting = await program.reply();
    assert.equal(greeting, "220 mail.test ESMTP mailctl");
    await program.talk([["EHLO client.test", "250-mail.test"]]);
    return program;
  }

  /** Opens everything in an inbox, oldest first, checked as a reader checks it. */
  async inbox({ account, identity }: Owner): Promise<Arrived[]> {
    const { store } = this.server;
    const page = { accountId: account.id, after: 0, limit: 200, unread: false };
    const entries = await store.newMail(page);
    return await Promise.all(entries.map(async ({ id, envelope: sealed, from }) => {
      assert.equal(from, "<>");
      const envelope = await openUnsigned(await openSealed(identity, sealed!));
      const chunks = ReadableStream.from(store.body(account.id, id));
      const body = await Array.fromAsync(
        verifyPieces(openPayload(envelope.fileKey, chunks), envelope),
      );
      return { envelope, text: byteString(concatBytes(body)) };
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) program.close();
    await this.smtp.finish();
    await this.server[Symbol.asyncDispose]();
    assert.deepEqual(this.defects, []);
  }
}

/** An argument of AUTH PLAIN. */
export function plainLogin(name: string, password: string): string {
  return btoa(`\0${name}\0${password}`);
}
