/** On which terms a message goes, folded away: most go at once, and for good. */
import type { Child } from "hono/jsx";
import {
  type ChosenTerms,
  expiries,
  holds,
  noTerms,
  type Span,
} from "../../../client/submission/draft_terms.ts";

export const Options = ({ terms }: { terms: ChosenTerms }) => (
  <details class="terms" open={areChosen(terms)}>
    <summary>Options</summary>
    <div class="columns">
      <Term name="hold" label="Send" help="Until it is delivered, you can cancel it in Sent.">
        <Choice name="hold" spans={holds} value={terms.hold} />
      </Term>
      <Term name="later" label="Or deliver it at" help={<LaterHelp />}>
        <input
          id="later"
          name="later"
          type="datetime-local"
          value={terms.later}
          aria-describedby="later-help"
        />
      </Term>
      <Term
        name="expires"
        label="Expires"
        help="Counted from the delivery. If it is unread by then, it is returned to you."
      >
        <Choice name="expires" spans={expiries} value={terms.expires} />
      </Term>
    </div>
    <Check
      name="burn"
      label="Readable once"
      help="The server erases each copy once it is read. Readers can still keep a copy, and you have
        to trust the server to erase it."
      isChecked={terms.isBurning}
    />
    <Check
      name="partial"
      label="Send to the recipients that exist"
      help="It is returned to you for the others. Otherwise, nobody gets it."
      isChecked={terms.isPartial}
    />
  </details>
);

/** A script puts the browser's own zone in the place of this machine's. */
const LaterHelp = () => (
  <>
    Your time,{" "}
    <span id="zone">{Intl.DateTimeFormat().resolvedOptions().timeZone}</span>. The server delivers
    it at that time, even if this page is closed. Until then, you can cancel it in Sent.
  </>
);

interface TermProps {
  readonly name: string;
  readonly label: string;
  readonly help: Child;
  readonly children?: Child;
}

const Term = ({ name, label, help, children }: TermProps) => (
  <div class="term">
    <label for={name}>{label}</label>
    {children}
    <small id={`${name}-help`}>{help}</small>
  </div>
);

interface ChoiceProps {
  readonly name: string;
  readonly spans: Readonly<Record<string, Span>>;
  readonly value: string;
}

const Choice = ({ name, spans, value }: ChoiceProps) => (
  <select id={name} name={name} aria-describedby={`${name}-help`}>
    {Object.entries(spans).map(([key, span]) => (
      <option value={key} selected={key === value}>
        {span.name}
      </option>
    ))}
  </select>
);

interface CheckProps {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly isChecked: boolean;
}

const Check = ({ name, label, help, isChecked }: CheckProps) => (
  <div class="check">
    <input
      id={name}
      type="checkbox"
      name={name}
      value="1"
      checked={isChecked}
      aria-describedby={`${name}-help`}
    />
    <div>
      <label for={name}>{label}</label>
      <small id={`${name}-help`}>{help}</small>
    </div>
  </div>
);

/** True where somebody chose anything. */
function areChosen({ hold, later, expires, isBurning, isPartial }: ChosenTerms): boolean {
  return hold !== noTerms.hold || later !== "" || expires !== noTerms.expires || isBurning ||
    isPartial;
}
