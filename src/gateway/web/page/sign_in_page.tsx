/** Signing in, and pages that say one thing. */
import { formatFingerprint } from "../../../crypto/fingerprint.ts";
import { formatSpoken } from "../../../crypto/account/spoken.ts";
import type { ServerFingerprint } from "../../../model/digests.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { Secret } from "./secret.tsx";
import { PageFrame, type View } from "./frame.tsx";

export interface SignInProps {
  readonly view: View;
  /** `host:port`, with `#fingerprint` where it was given. */
  readonly server: string;
  readonly name: string;
  /** True where the login is to be saved. */
  readonly isKept?: boolean;
  readonly failure?: string | undefined;
  /** True where a saved login would let in again. */
  readonly mayComeBack: boolean;
  /** Of a server that is not known here, to be confirmed. */
  readonly unknown?: ServerFingerprint | undefined;
}

export const SignInPage = (props: SignInProps) => {
  const { view, failure, mayComeBack } = props;
  return (
    <PageFrame view={view} title="Sign in">
      <div class="narrow">
        <h1>mailctl</h1>
        {failure !== undefined && (
          <p class="banner bad" role="alert">
            {visibleLine(failure)}
          </p>
        )}
        {mayComeBack && (
          <form class="line" method="post" action={`come-back?token=${view.token}`}>
            <button type="submit">Use the saved login</button>
          </form>
        )}
        <SignInForm {...props} />
      </div>
    </PageFrame>
  );
};

const SignInForm = ({ view, server, name, isKept, unknown }: SignInProps) => (
  <form class="stack" method="post" action={`sign-in?token=${view.token}`}>
    <Typed name="server" label="Server" value={server} autocomplete="off" />
    {unknown && <Unknown fingerprint={unknown} />}
    <Typed
      name="name"
      label="Name"
      value={name}
      autocomplete="username"
      autofocus={name === ""}
    />
    <Secret id="secret" label="Password" isNew={false} />
    <label class="check">
      <input type="checkbox" name="keep" value="1" checked={isKept} />{" "}
      Save the login on this machine, also for commands
    </label>
    <button class="first" type="submit">
      Sign in
    </button>
  </form>
);

interface TypedProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly autocomplete: "off" | "username";
  readonly autofocus?: boolean;
}

const Typed = ({ name, label, value, autocomplete, autofocus }: TypedProps) => (
  <>
    <label for={name}>{label}</label>
    <input
      id={name}
      name={name}
      value={value}
      required
      autocomplete={autocomplete}
      autocapitalize="off"
      spellcheck={false}
      autofocus={autofocus}
    />
  </>
);

const Unknown = ({ fingerprint }: { fingerprint: ServerFingerprint }) => (
  <div class="banner care" role="alert">
    <p>The key of this server is not known. Its fingerprint is</p>
    <p class="key">{formatFingerprint(fingerprint)}</p>
    <p class="digits">{formatSpoken(fingerprint)}</p>
    <input type="hidden" name="fingerprint" value={formatFingerprint(fingerprint)} />
    <label class="check">
      <input type="checkbox" name="confirmed" value="1" required />{" "}
      The server's administrator confirmed this fingerprint
    </label>
  </div>
);

interface PlainProps {
  readonly view: View;
  readonly title: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Where to go on. */
  readonly href?: string | undefined;
  /** True where that is the same once more. */
  readonly isAgain?: boolean | undefined;
}

export const PlainPage = ({ view, title, message, hint, href, isAgain }: PlainProps) => (
  <PageFrame view={view} title={title}>
    <div class="narrow">
      <h1>{title}</h1>
      <p>{visibleLine(message)}</p>
      {hint && <p>{visibleLine(hint)}</p>}
      {href !== undefined && (
        <p>
          <a id={isAgain ? "again" : undefined} class="button" href={href}>
            {isAgain ? "Try again" : "Continue"}
          </a>
        </p>
      )}
    </div>
  </PageFrame>
);

/** What the link of `mailctl web` answers: the browser goes on by itself, now from the page's own site. */
export const EnterPage = () => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <title>mailctl</title>
      <meta http-equiv="refresh" content="0;url=./inbox" />
      <link rel="icon" href="icon.svg" type="image/svg+xml" />
      <link rel="stylesheet" href="page.css" />
    </head>
    <body>
      <p>
        <a href="./inbox">To the inbox</a>
      </p>
    </body>
  </html>
);
