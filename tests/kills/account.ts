/** Commands that change an account and its keys. */
import { password, type Person } from "../support/person.ts";
import { passwordLogin } from "../support/person_account.ts";
import type { Act, Row } from "./row.ts";
import type { Stand } from "./stand.ts";

const env = { MAILCTL_PASSWORD: password, MAILCTL_NEW_PASSWORD: "staple staple staple" };
const denied = { status: 77, err: /Cannot log in: the name or password is wrong/ };

/** Whose password is replaced. */
const replaced: ReadonlySet<string> = new Set(["passwd", "account recover"]);

type Prepare = (stand: Stand, home: Act["home"], name: string) => Promise<void> | void;

/** A command of an account that is new in each round. */
function command(
  name: string,
  write: Row["write"],
  args: (account: string) => readonly string[],
  more: Partial<Row> & { readonly prepare?: Prepare } = {},
): Row {
  const { prepare, ...rest } = more;
  return {
    command: name,
    write,
    act: async (stand, { home }: Person, round) => {
      const account = `${name.replaceAll(" ", "-")}-${round}`;
      const login = passwordLogin(replaced.has(name) ? account : "");
      if (name !== "register") await stand.account(account, home, login);
      await prepare?.(stand, home, account);
      return {
        home,
        args: [...name.split(" "), ...args(account)],
        options: { env },
        accounts: [account],
      };
    },
    ...rest,
  };
}

const as = (account: string) => ["--user", account];

export const accountRows: readonly Row[] = [
  command("register", "createAccount", (account) => [account], {
    again: { status: 73, err: /Cannot create \S+: the name is taken, or looks like one that is/ },
  }),
  command("passwd", "replacePassword", as, { again: denied }),
  command("account recovery", "replaceRecovery", as, { adds: true }),
  command("account recover", "recover", (account) => [account, "--code-file", "code"], {
    prepare: async (_, home, account) => {
      const { bytes } = await home.run(["account", "recovery", "--user", account], { env });
      Deno.writeFileSync(`${home.work}/code`, bytes, { mode: 0o600 });
    },
    again: { status: 77, err: /Cannot recover the account: the name or recovery code is wrong/ },
  }),
  command("account delete", "closeAccount", (account) => [...as(account), "--yes"], {
    again: denied,
    adds: true, // the server goes on erasing
  }),
  command("keys rotate", "replaceKeys", as, { adds: true }),
  command("keys import", "replaceSealedKeys", (account) => ["former", ...as(account)], {
    prepare: async (stand, home) => {
      const { home: former } = await stand.person("former");
      const { bytes } = await former.run(["keys", "export", "--plain"]);
      Deno.writeFileSync(`${home.work}/former`, bytes, { mode: 0o600 });
    },
  }),
  command(
    "app-password create",
    "addAppPassword",
    (account) => ["scanner", "--scope", "smtp", ...as(account)],
    { again: { status: 73, err: /the name is taken/ } },
  ),
  command("app-password revoke", "removeAppPassword", (account) => ["scanner", ...as(account)], {
    prepare: async (_, home, account) => {
      const made = ["app-password", "create", "scanner", "--scope", "smtp", ...as(account)];
      await home.run(made, { env });
    },
    again: { status: 66, err: /there is no such application password/ },
  }),
  command("login revoke", "removeDevice", (account) => ["laptop", ...as(account)], {
    prepare: async (_, home, account) => {
      await home.run(["login", account, "--label", "laptop"], { env });
    },
    again: { status: 66, err: /there is no such login/ },
  }),
  {
    command: "admin import",
    write: "createInvitedAccount",
    act: (stand, { home }, round) => {
      const account = `imported-${round}`;
      const content = JSON.stringify({ [account]: password });
      Deno.writeTextFileSync(`${home.work}/accounts.json`, content, { mode: 0o600 });
      const args = ["admin", "import", "accounts.json", "--data", stand.data];
      return Promise.resolve({ home, args, accounts: [account] });
    },
  },
];
