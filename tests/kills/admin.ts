/** Commands of whoever runs the server, through its socket. */
import type { Row } from "./row.ts";

function command(
  name: string,
  write: Row["write"],
  flags: readonly string[],
  more: Partial<Row> & { readonly first?: readonly string[] } = {},
): Row {
  const { first, ...rest } = more;
  return {
    command: name,
    write,
    act: async (stand, { home }, round) => {
      const account = `${name.replaceAll(" ", "-")}-${round}`;
      await stand.account(account, home);
      const place = ["--data", stand.data];
      if (first !== undefined) await home.run([...first, account, ...place]);
      return { home, args: [...name.split(" "), account, ...flags, ...place], accounts: [account] };
    },
    ...rest,
  };
}

/** A command about an alias of an account of its own. */
function alias(name: string, write: Row["write"], more: Partial<Row> = {}): Row {
  return {
    command: name,
    write,
    act: async (stand, { home }, round) => {
      const account = `${name.replaceAll(" ", "-")}-${round}`;
      await stand.account(account, home);
      const place = ["--data", stand.data];
      const add = ["admin", "alias", "add", `its-${account}`, account, ...place];
      if (write === "addAlias") return { home, args: add, accounts: [account] };
      await home.run(add);
      const args = ["admin", "alias", "remove", `its-${account}`, ...place];
      return { home, args, accounts: [account] };
    },
    ...more,
  };
}

export const adminRows: readonly Row[] = [
  {
    command: "admin invites revoke",
    write: "revokeInvites",
    act: async (stand, { home }) => {
      const place = ["--data", stand.data];
      const { out } = await home.run(["admin", "invite", "--uses", "2", "--json", ...place]);
      const { id } = JSON.parse(out);
      return { home, args: ["admin", "invites", "revoke", id, ...place], accounts: [], uses: 2 };
    },
    again: { status: 66, err: /Cannot find the invite/ },
  },
  {
    command: "admin invite",
    write: "addInvite",
    act: (stand, { home }) => {
      const args = ["admin", "invite", "--uses", "3", "--data", stand.data];
      return Promise.resolve({ home, args, accounts: [], uses: 3 });
    },
    adds: true,
  },
  command("admin remove", "closeAccount", ["--yes"], { adds: true }), // the server goes on erasing
  command("admin disable", "disableAccount", []),
  command("admin enable", "disableAccount", [], { first: ["admin", "disable"] }),
  command("admin quota", "setQuota", ["--bytes", "5M"]),
  alias("admin alias add", "addAlias"),
  alias("admin alias remove", "removeAliases", {
    again: { status: 67, err: /there is no such alias/ },
  }),
];
