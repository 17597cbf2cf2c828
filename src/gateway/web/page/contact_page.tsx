/** Two keys that two people compare, and what becomes of the answer. */
import type { Comparison } from "../../../client/correspondents/trust.ts";
import type { AccountFingerprint } from "../../../model/digests.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { Digits } from "./digits.tsx";
import { PageFrame, type View } from "./frame.tsx";
import { Line, Seal } from "./words.tsx";

interface ContactProps {
  readonly view: View;
  readonly comparison: Comparison;
  /** Of this comparison, for the form that decides. */
  readonly word: string;
  readonly notice?: string | undefined;
  readonly failure?: string | undefined;
  /** The fingerprint that was typed. */
  readonly given?: string | undefined;
}

export const ContactPage = (
  { view, comparison, word, notice, failure, given = "" }: ContactProps,
) => {
  const { address, state } = comparison;
  return (
    <PageFrame view={view} title={`Key of ${address}`} notice={notice}>
      <h1>
        Key of <Line text={address} /> <Seal outcome={state} />
      </h1>
      {failure !== undefined && (
        <p class="banner bad" role="alert">
          {visibleLine(failure)}
        </p>
      )}
      {state === "changed"
        ? <Changed view={view} comparison={comparison} word={word} />
        : <Pair view={view} comparison={comparison} word={word} />}
      <Given view={view} comparison={comparison} word={word} given={given} />
    </PageFrame>
  );
};

/** The same lines in the same order, for whoever of the two looks. */
const Pair = ({ view, comparison: { address, fingerprint, own, state }, word }: ContactProps) => (
  <section>
    <p>
      Read these digits to each other, face to face or on the phone. There, this page or{" "}
      <code>mailctl verify {own.address}</code> shows the same.
    </p>
    <dl class="pair">
      {[{ address, fingerprint }, own]
        .sort((a, b) => (a.address < b.address ? -1 : 1))
        .map((each) => <KeyOf title={each.address} fingerprint={each.fingerprint} />)}
    </dl>
    {state === "verified"
      ? <p>You have already compared this key.</p>
      : (
        <form class="line" method="post" action={`decide?token=${view.token}`}>
          <input type="hidden" name="shown" value={word} />
          <button class="first" type="submit" name="decision" value="same">
            They are the same
          </button>
          <a class="button" href="account?done=differ">
            They differ
          </a>
        </form>
      )}
  </section>
);

const Changed = ({ view, comparison: { address, fingerprint, pinned }, word }: ContactProps) => (
  <section>
    <p class="seal bad">
      The key changed. Ask{" "}
      {address}, by another way, whether they have a new key. A server that wants to read your mail
      would show you a new key as well.
    </p>
    <dl class="pair">
      {pinned && (
        <KeyOf
          title={`${address}, known key, ${pinned.verified ? "compared" : "not compared"}`}
          fingerprint={pinned.fingerprint}
        />
      )}
      <KeyOf title={`${address}, new key`} fingerprint={fingerprint} />
    </dl>
    <form class="line" method="post" action={`decide?token=${view.token}`}>
      <input type="hidden" name="shown" value={word} />
      <label class="check">
        <input type="checkbox" required /> They told me by another way that this key is theirs
      </label>
      <button class="danger" type="submit" name="decision" value="trust">
        Accept the new key
      </button>
    </form>
  </section>
);

const Given = ({ view, word, given }: ContactProps) => (
  <details open={given !== ""}>
    <summary>Enter their fingerprint</summary>
    <form class="stack" method="post" action={`decide?token=${view.token}`}>
      <input type="hidden" name="shown" value={word} />
      <label for="given">
        Their fingerprint, received by another way: 40 digits, or 64 hexadecimal digits
      </label>
      <input
        id="given"
        name="given"
        value={given}
        required
        autocomplete="off"
        spellcheck={false}
      />
      <button type="submit" name="decision" value="given">
        Check and save it
      </button>
    </form>
  </details>
);

const KeyOf = ({ title, fingerprint }: { title: string; fingerprint: AccountFingerprint }) => (
  <div>
    <dt>
      <Line text={title} />
    </dt>
    <dd>
      <Digits fingerprint={fingerprint} />
    </dd>
  </div>
);
