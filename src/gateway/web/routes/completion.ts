/** Addresses to complete what somebody types: those whose keys are pinned, and the server's, where it tells. */
import type { Mailbox } from "../../../client/mailbox.ts";
import { MailError } from "../../../model/errors.ts";

const most = 8;

/** Finds addresses that begin with this, or have a part of their name that does; the pinned ones first. */
export async function completions(mailbox: Mailbox, text: string): Promise<string[]> {
  const start = text.trim().toLowerCase();
  if (start === "") return [];
  const pinned = (await mailbox.contacts()).map(({ address }) => address);
  const known = pinned.filter((address) => isLike(address, start));
  const found = new Set<string>(known.slice(0, most));
  if (found.size < most) {
    for (const address of await ofServer(mailbox, start)) {
      found.add(address);
    }
  }
  return [...found].slice(0, most);
}

function isLike(address: string, start: string): boolean {
  return (
    address.startsWith(start) ||
    address
      .split("@")[0]!
      .split(/[._-]/)
      .some((part) => part.startsWith(start))
  );
}

/** A server that keeps its names to itself is no failure, and neither is a name that nobody can have. */
async function ofServer(mailbox: Mailbox, start: string): Promise<string[]> {
  const [name = ""] = start.replace(/[*?]/g, "").split("@");
  if (name === "") return [];
  const addresses: string[] = [];
  try {
    for await (const { address } of mailbox.users({ pattern: `${name}*`, online: false })) {
      if (addresses.push(address) === most) break;
    }
  } catch (error) {
    const isUsual = error instanceof MailError &&
      ["denied", "malformed", "usage"].includes(error.code);
    if (!isUsual) throw error;
  }
  return addresses;
}
