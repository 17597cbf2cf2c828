/** The address of a database: `postgres://USER@HOST[:PORT][,HOST[:PORT]]/DATABASE[?sslrootcert=FILE]`. */
import { reasonOf } from "../../files/file_failure.ts";
import { MailError } from "../../model/errors.ts";
import { visibleLine } from "../../model/visible_text.ts";

/** Where a database is: on one of these hosts, whichever is the primary. */
export interface DatabaseAddress {
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly database: string;
  readonly user: string | undefined;
  /** The certificates that its own must come from; null: those of the system. */
  readonly certificates: string | null;
}

const defaultPort = 5432;
const pattern = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

/**
 * Takes the address apart. A host that begins with a slash, written as %2F, is the folder of a socket.
 * @throws {MailError} `configuration` for another form, and for a password: whoever lists processes would see it
 */
export function parseAddress(url: string): DatabaseAddress {
  const [, login, hosts, database, query] = pattern.exec(url) ?? [];
  if (hosts === undefined) throw badAddress("does not begin with postgres://, or has a #");
  if (login?.includes(":")) throw passwordInAddress();
  if (!database) throw badAddress("names no database");
  if (database.includes("/")) throw badAddress("has a / in the name of the database");
  const options = new URLSearchParams(query);
  const certificates = options.get("sslrootcert");
  options.delete("sslrootcert");
  const [unknown] = options.keys();
  if (unknown !== undefined) throw badAddress(`has an unknown option, ${visibleLine(unknown)}`);
  try {
    return {
      hosts: hosts.split(",").map(parseHost),
      database: decodeURIComponent(database),
      user: login === undefined ? undefined : decodeURIComponent(login),
      certificates,
    };
  } catch (error) {
    if (error instanceof URIError) throw badAddress("has a % that is no part of an escape");
    throw error;
  }
}

function parseHost(text: string) {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? (plain === undefined ? undefined : decodeURIComponent(plain));
  // Not quoted: a password with a slash in it looks like a port.
  if (host === undefined) {
    throw badAddress(text === "" ? "names no host" : "has a bad host or port");
  }
  return { host, port: port === undefined ? defaultPort : Number(port) };
}

/** True where both URLs name one database, of a host that both name. @throws {MailError} as `parseAddress` does */
export function isSameDatabase(one: string, other: string): boolean {
  const [first, second] = [parseAddress(one), parseAddress(other)];
  const places = new Set(second.hosts.map(({ host, port }) => `${host} ${port}`));
  return first.database === second.database &&
    first.hosts.some(({ host, port }) => places.has(`${host} ${port}`));
}

/** Reads the certificates that an address names. @throws {MailError} `configuration` */
export async function readCertificates(
  { certificates: path }: DatabaseAddress,
): Promise<string | undefined> {
  if (path === null) return undefined;
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new MailError("configuration", `Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** True where nobody can listen on the way: on this machine itself. */
export function isLocalHost(host: string): boolean {
  return host.startsWith("/") || host === "localhost" || host === "::1" ||
    /^127(\.\d+){3}$/.test(host);
}

/** `fault`: what its address does. */
function badAddress(fault: string): MailError {
  return new MailError("configuration", `Cannot open the database: its address ${fault}`, {
    hint: "Write postgres://USER@HOST[:PORT][,HOST...]/DATABASE[?sslrootcert=FILE].",
  });
}

function passwordInAddress(): MailError {
  return new MailError("configuration", "Cannot open the database: its address has a password", {
    hint: "Use ~/.pgpass, the file that PGPASSFILE names, or PGPASSWORD.",
  });
}
