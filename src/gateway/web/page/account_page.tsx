/** One's own account, and the keys of others. */
import type { AccountCard } from "../../../client/account.ts";
import type { AppPassword } from "../../../client/account/app_passwords.ts";
import type { Contact } from "../../../client/correspondents/contacts.ts";
import { formatFingerprint } from "../../../crypto/fingerprint.ts";
import { limits } from "../../../model/limits.ts";
import { formatSize } from "../../../model/size.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import {
  AppPasswords,
  type AskedPassword,
  type Folded,
  KeysForm,
  RecoveryForm,
  UserName,
} from "./account_keys.tsx";
import { Digits } from "./digits.tsx";
import { PageFrame, type View } from "./frame.tsx";
import { Secret } from "./secret.tsx";
import { Line, Seal, When } from "./words.tsx";

interface AccountProps {
  readonly view: View;
  readonly account: AccountCard;
  readonly server: string;
  readonly contacts: readonly Contact[];
  readonly appPasswords: readonly AppPassword[];
  readonly notice?: string | undefined;
  readonly failure?: string | undefined;
  /** The form that is not folded. */
  readonly unfolded?: Folded | undefined;
  readonly asked?: AskedPassword | undefined;
}

export const AccountPage = (
  { view, account, server, contacts, appPasswords, notice, failure, unfolded, asked }: AccountProps,
) => (
  <PageFrame view={view} title="Account" here="account" notice={notice}>
    <h1>Account</h1>
    {failure !== undefined && (
      <p class="banner bad" role="alert">
        {visibleLine(failure)}
      </p>
    )}
    <dl class="fields">
      <div>
        <dt>Address</dt>
        <dd>{account.address}</dd>
      </div>
      <div>
        <dt>Server</dt>
        <dd>{server}</dd>
      </div>
      <div>
        <dt>Fingerprint</dt>
        <dd>
          <Digits fingerprint={account.fingerprint} />
          <span class="key">{formatFingerprint(account.fingerprint)}</span>
        </dd>
      </div>
      <div>
        <dt>Message limit</dt>
        <dd>{formatSize(account.maxMessageBytes)}</dd>
      </div>
    </dl>
    <SignOut view={view} />
    <Contacts view={view} contacts={contacts} />
    <PasswordForm view={view} account={account} />
    <KeysForm view={view} account={account} open={unfolded === "keys"} />
    <RecoveryForm view={view} account={account} open={unfolded === "recovery"} />
    <AppPasswords
      view={view}
      account={account}
      open={unfolded === "app-password"}
      all={appPasswords}
      asked={asked}
    />
    <DeleteForm view={view} account={account} />
  </PageFrame>
);

const SignOut = ({ view }: { view: View }) => (
  <form class="line" method="post" action={`sign-out?token=${view.token}`}>
    <button type="submit">Sign out</button>
    <label class="check">
      <input type="checkbox" name="forget" value="1" /> and delete the login saved on this machine
    </label>
  </form>
);

const Contacts = ({ view, contacts }: { view: View; contacts: readonly Contact[] }) => (
  <section aria-labelledby="contacts">
    <h2 id="contacts">Keys of your contacts</h2>
    <form class="line" action="contact">
      <label for="name">Compare keys with</label>
      <input
        id="name"
        name="name"
        required
        autocomplete="off"
        autocapitalize="off"
        data-complete="one"
      />
      <button type="submit">Compare</button>
    </form>
    {contacts.length === 0 ? <p class="empty">No keys are saved yet.</p> : (
      <ul class="contacts">
        {contacts.map((contact) => (
          <li>
            <a href={`contact?name=${encodeURIComponent(contact.address)}`}>
              <Line text={contact.address} />
            </a>
            <Seal outcome={contact.verified ? "verified" : "signed"} />
            <span>
              since <When ms={contact.since} now={view.now} />
            </span>
          </li>
        ))}
      </ul>
    )}
  </section>
);

const PasswordForm = ({ view, account }: { view: View; account: AccountCard }) => (
  <section aria-labelledby="password">
    <h2 id="password">Password</h2>
    <form class="stack" method="post" action={`password?token=${view.token}`}>
      <UserName account={account} />
      <Secret id="old" label="Current password" isNew={false} />
      <Secret
        id="next"
        label={`New password, ${limits.minPasswordCharacters} characters or more`}
        isNew
      />
      <Secret id="again" label="Repeat the new password" isNew />
      <p>Other open sessions end. Saved logins keep working.</p>
      <button type="submit">Change password</button>
    </form>
  </section>
);

const DeleteForm = ({ view, account }: { view: View; account: AccountCard }) => (
  <section aria-labelledby="delete">
    <h2 id="delete">Delete this account</h2>
    <details>
      <summary>Delete it for good</summary>
      <form class="stack" method="post" action={`close-account?token=${view.token}`}>
        <p>
          The server erases keys, contacts and messages. Messages that you sent stay with their
          recipients. Nobody can register the name again.
        </p>
        <label for="typed">Type {account.name}</label>
        <input id="typed" name="typed" required autocomplete="off" autocapitalize="off" />
        <Secret id="secret" label="Password" isNew={false} />
        <button class="danger" type="submit">
          Delete {account.address}
        </button>
      </form>
    </details>
  </section>
);
