/** Where a server takes mail: one address for the world and for programs, one for programs that begin with TLS. */
import type { Connection } from "../../net/connection.ts";
import type { Forwarding } from "../../net/forwarding.ts";
import type { ListenOptions } from "../../net/listen.ts";
import { inTime } from "../../net/deadline.ts";
import { formatHostPort } from "../../net/host_port.ts";
import { type ShownCertificate, type TlsIdentity, tlsIdentity } from "../../net/tls_identity.ts";
import { limits } from "../../model/limits.ts";
import { listenForPrograms, type ListeningForPrograms } from "../listen.ts";
import { SmtpServer } from "../smtp/server.ts";
import { type ReceptionOptions, receptionPolicy } from "./reception.ts";
import { Sealing } from "./sealing.ts";

export interface ListeningOptions extends Omit<ReceptionOptions, "requiresLogin" | "sealing"> {
  /** STARTTLS, mail from anybody; null: not at all. */
  readonly smtp: ListenOptions | null;
  /** TLS from the first byte, for programs that log in (RFC 8314 3.3); null: not at all. */
  readonly submissions: ListenOptions | null;
  readonly certificate: ShownCertificate;
  readonly forwarding?: Forwarding | undefined;
  readonly onConnection: () => void;
  /** Hears of defects, and why nothing can be accepted at the moment. */
  readonly onTrouble: (error: unknown) => void;
}

/** A server's SMTP, while it runs. */
export interface Reception {
  /** What it listens on: a name of the protocol, and `host:port`. */
  readonly addresses: readonly (readonly [protocol: string, address: string])[];
  /** Shows another certificate from the next handshake on. @throws {MailError} `configuration` */
  show(certificate: ShownCertificate): void;
  /** Accepts no more, lets messages that are under way come to their end for so long, and cuts the rest. */
  close(graceMs: number): Promise<void>;
}

/** Takes its addresses and begins. @throws {MailError} `unavailable`, `configuration` */
export function openReception(options: ListeningOptions): Reception {
  const { smtp, submissions } = options;
  const sealing = new Sealing();
  const shown = { identity: tlsIdentity(options.certificate, "TLSv1.2") };
  const open: { protocol: string; smtp: SmtpServer; listener: ListeningForPrograms }[] = [];
  const begin = (protocol: string, at: ListenOptions | null, implicit: boolean) => {
    if (at === null) return;
    const smtp = smtpServerOf({ ...options, sealing }, shown, implicit);
    open.push({ protocol, smtp, listener: listenWith(options, at, smtp, implicit ? shown : null) });
  };
  try {
    begin("smtp", smtp, false);
    begin("smtps", submissions, true);
  } catch (error) {
    for (const { listener } of open) listener.close();
    throw error;
  }
  return {
    addresses: open.map((
      { protocol, listener },
    ) => [protocol, formatHostPort(listener.hostname, listener.port)]),
    show: (certificate) => void (shown.identity = tlsIdentity(certificate, "TLSv1.2")),
    close: async (graceMs) => {
      await Promise.all(open.map(({ smtp, listener }) => finish(smtp, listener, graceMs)));
      sealing.close();
    },
  };
}

interface Shown {
  readonly identity: TlsIdentity;
}

function smtpServerOf(
  options: ListeningOptions & { readonly sealing: Sealing },
  shown: Shown,
  requiresLogin: boolean,
): SmtpServer {
  return new SmtpServer({
    // With TLS first its connections are counted before that.
    policy: receptionPolicy({ ...options, requiresLogin, ...(requiresLogin && { admit() {} }) }),
    hostname: options.domain,
    get identity() {
      return shown.identity;
    },
    onDefect: options.onTrouble,
  });
}

function listenWith(
  { onConnection, onTrouble, admit, forwarding }: ListeningOptions,
  at: ListenOptions,
  smtp: SmtpServer,
  implicit: Shown | null,
): ListeningForPrograms {
  return listenForPrograms({
    ...at,
    forwarding,
    speak: (connection: Connection, { engage }) => {
      onConnection();
      return smtp.speak(connection, engage);
    },
    refusal: "421 4.7.0 Too many connections\r\n",
    get implicitTls() {
      return implicit?.identity;
    },
    maxConnections: limits.maxSmtpConnections,
    maxConnectionsPerAddress: limits.maxSmtpConnectionsPerAddress,
    idleMs: limits.smtpIdleUnderPressureMs,
    admit: implicit === null ? undefined : admit,
    onTrouble,
  });
}

async function finish(
  smtp: SmtpServer,
  listener: ListeningForPrograms,
  graceMs: number,
): Promise<void> {
  listener.stop();
  await inTime(smtp.finish(), graceMs).catch(() => {}); // what is late is cut
  listener.close();
}
