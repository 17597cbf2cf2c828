/** What opens an account, and for whom: its keys, the recovery code, passwords of programs. */
import type { Child } from "hono/jsx";
import type { AccountCard } from "../../../client/account.ts";
import type { AppPassword } from "../../../client/account/app_passwords.ts";
import { type AppPasswordScope, appPasswordScopes } from "../../../model/device.ts";
import { limits } from "../../../model/limits.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { Secret } from "./secret.tsx";
import { PageFrame, type View } from "./frame.tsx";
import { Icon } from "./icon.tsx";
import { Line, When } from "./words.tsx";

/** Forms that are folded; the one whose failure is told is not. */
export type Folded = "keys" | "recovery" | "app-password";

interface FormProps {
  readonly view: View;
  readonly account: AccountCard;
  readonly open: boolean;
}

export const KeysForm = ({ view, account, open }: FormProps) => (
  <section aria-labelledby="keys">
    <h2 id="keys">Your keys</h2>
    <details open={open}>
      <summary>Replace them with new keys</summary>
      <form class="stack" method="post" action={`rotate-keys?token=${view.token}`}>
        <p>
          The old keys sign the new ones, so correspondents who know the old keys are not
          interrupted. Those who had compared them have to compare the new fingerprint. You can
          still read older mail. The password stays. The recovery code and other open sessions end.
          If somebody has stolen the old keys, tell your correspondents the new fingerprint
          yourself.
        </p>
        <UserName account={account} />
        <Secret id="keys-secret" label="Password" isNew={false} />
        <button type="submit">Make new keys</button>
      </form>
    </details>
  </section>
);

export const RecoveryForm = ({ view, account, open }: FormProps) => (
  <section aria-labelledby="recovery">
    <h2 id="recovery">Recovery code</h2>
    <details open={open}>
      <summary>In case you lose the password</summary>
      <form class="stack" method="post" action={`recovery?token=${view.token}`}>
        <p>
          The code is shown once. Keep it where nobody else finds it. With it,{" "}
          <code>mailctl account recover</code>{" "}
          sets a new password. A new code replaces the old one. The code stays valid when you change
          the password. It ends when it is used, or when the keys change.
        </p>
        <UserName account={account} />
        <Secret id="recovery-secret" label="Password" isNew={false} />
        <div class="line">
          <button type="submit">Make a code</button>
          <button class="danger" type="submit" name="end" value="1">
            End the current code
          </button>
        </div>
      </form>
    </details>
  </section>
);

/** For whom a password is, as it is asked; what it opens, as it is listed. */
const scopes: Readonly<Record<AppPasswordScope, { readonly asked: string; readonly is: string }>> =
  {
    smtp: { asked: "A device that sends mail to the server (smtp)", is: "sends mail" },
    bridge: { asked: "A mail program on this machine (bridge)", is: "uses the bridge" },
  };

interface AppPasswordsProps extends FormProps {
  readonly all: readonly AppPassword[];
  /** What was asked for, and could not be made. */
  readonly asked?: AskedPassword | undefined;
}

export interface AskedPassword {
  readonly label: string;
  readonly scope: string;
}

export const AppPasswords = ({ view, account, open, all, asked }: AppPasswordsProps) => (
  <section aria-labelledby="app-passwords">
    <h2 id="app-passwords">Application passwords</h2>
    {all.length > 0 && (
      <ul class="contacts">
        {all.map((one) => <AppPasswordRow one={one} view={view} />)}
      </ul>
    )}
    <details open={open}>
      <summary>Make an application password</summary>
      <form class="stack" method="post" action={`app-password?token=${view.token}`}>
        <p>
          A program or device uses it instead of your own password. It permits nothing else, and
          does not let a program read mail at the server. It stays valid when you change your
          password. It is shown once.
        </p>
        <label for="label">Name</label>
        <input
          id="label"
          name="label"
          value={asked?.label}
          required
          maxlength={limits.maxLabelCharacters}
          autocomplete="off"
        />
        <label for="scope">For</label>
        <select id="scope" name="scope">
          {appPasswordScopes.map((scope) => (
            <option value={scope} selected={scope === asked?.scope}>{scopes[scope].asked}</option>
          ))}
        </select>
        <UserName account={account} />
        <Secret id="app-secret" label="Your own password" isNew={false} />
        <button type="submit">Make it</button>
      </form>
    </details>
  </section>
);

const AppPasswordRow = (
  { one: { label, scope, createdAt, usedAt }, view }: { one: AppPassword; view: View },
) => (
  <li>
    <strong>
      <Line text={label} />
    </strong>
    <span>{scopes[scope].is}</span>
    <span>
      made <When ms={createdAt} now={view.now} />, {usedAt === null ? "never used" : (
        <>
          last used <When ms={usedAt} now={view.now} />
        </>
      )}
    </span>
    <form method="post" action={`revoke-app-password?token=${view.token}`}>
      <input type="hidden" name="revoked" value={label} />
      <button class="danger" type="submit">
        Revoke<span class="hidden">{visibleLine(label)}</span>
      </button>
    </form>
  </li>
);

/** For programs that keep passwords: whose it is. */
export const UserName = ({ account }: { account: AccountCard }) => (
  <input
    class="hidden"
    name="username"
    autocomplete="username"
    value={account.name}
    readonly
    tabindex={-1}
    aria-hidden="true"
  />
);

interface OnceProps {
  readonly view: View;
  readonly title: string;
  /** What is shown once. */
  readonly secret: string;
  /** What to do with it. */
  readonly about: Child;
}

/** A secret that is on no other page: the program forgets it once somebody says that it is saved. */
export const OncePage = ({ view, title, secret, about }: OnceProps) => (
  <PageFrame view={view} title={title} here="account">
    <h1>{title}</h1>
    <section class="once" data-shown-once aria-label={title}>
      <p class="secret">
        <code>{secret}</code>
      </p>
      <p>{about}</p>
      <p class="banner care">
        <Icon name="warning" />{" "}
        It is shown only once. When you leave this page, nothing shows it again.
      </p>
      <p>
        <a class="button" href="account">
          I have saved it
        </a>
      </p>
    </section>
  </PageFrame>
);
