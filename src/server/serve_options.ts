/** What a server is told before it runs, and what it tells once it can be reached. */
import type { ServerFingerprint } from "../model/digests.ts";
import type { IpPrefix } from "../net/ip_address.ts";
import type { DirectoryPolicy } from "../service/directory.ts";
import type { Registration } from "../service/invites.ts";
import type { Quota } from "../store/administration_store.ts";
import type { Store } from "../store/store.ts";
import type { ExtraListener, ListenerParts } from "./extra_listener.ts";
import type { Log } from "./log.ts";
import type { ServerLimits } from "./server_limits.ts";

export interface ServeOptions {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The folder of the server's keys; made where there is none. */
  readonly keys: string;
  /** Called once; the server closes what it opens. */
  readonly openStore: () => Promise<Store>;
  /** The URL or the absolute path of the store, for administrators; null: they are not told. */
  readonly data?: string | null | undefined;
  /** Asked each time: it may change while the server runs. */
  readonly maxMessageBytes?: (() => number) | undefined;
  /** How long mail is kept; null: for ever. Asked each time, as the other. */
  readonly keepMs?: (() => number | null) | undefined;
  /** Where programs of this machine read metrics and health over plain HTTP; null: nowhere. */
  readonly metrics?: { readonly host: string; readonly port: number } | null | undefined;
  /** Lets the server's key name a successor and retire. */
  readonly rotateKey?: boolean | undefined;
  /** The folder where administrators find the server, made where there is none; only its user may enter it. Null: they do not. */
  readonly adminFolder?: string | null | undefined;
  /** Each connection from there begins with a PROXY header: a load balancer, for example. */
  readonly forwarders?: readonly IpPrefix[] | undefined;
  /** Who may make an account: open on loopback without forwarders, else invite, unless it is said. */
  readonly registration?: Registration | undefined;
  /** What accounts are told of others; `exact` unless it is said. */
  readonly directory?: DirectoryPolicy | undefined;
  /** What a mailbox may hold that has no quota of its own; no bound where there is none. */
  readonly quota?: Quota | undefined;
  /** Opens another way in, once the server is ready for it; it is closed with the server. */
  readonly openListener?: ((parts: ListenerParts) => Promise<ExtraListener>) | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
  readonly log: Log;
  /** What `ping` tells of this program. */
  readonly software: string;
  /** Ends the server: it finishes what is in flight, for at most `limits.drainTimeoutMs`. */
  readonly signal: AbortSignal;
  /** For so long after the signal it goes on as before, but says that it is not well: a balancer sends others elsewhere. */
  readonly drainMs?: number | undefined;
  readonly onReady?: ((ready: Ready) => void | Promise<void>) | undefined;
}

/** What a server tells when it can be reached. */
export interface Ready {
  /** `host:port`, or `[v6]:port`. */
  readonly address: string;
  /** SHA-256 of the key that the server started with: what clients pin. */
  readonly fingerprint: ServerFingerprint;
  readonly domain: string;
  /** What else it listens on: a name of the protocol, and `host:port`. */
  readonly extraAddresses: ExtraListener["addresses"];
  /** Port of the metrics; null where there are none. */
  readonly metricsPort: number | null;
  /** Shows the certificate that is in the key folder now. @throws {MailError} `configuration`: the old one stays */
  reload(): Promise<void>;
}
