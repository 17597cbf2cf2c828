/** A question before what cannot be undone. */
import { PageFrame, type View } from "./frame.tsx";
import { Icon } from "./icon.tsx";

interface ConfirmProps {
  readonly view: View;
  readonly question: string;
  /** The route that the answer goes to, without its token. */
  readonly action: string;
  /** Hidden fields that go along. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Where to go without doing it. */
  readonly back: string;
}

export const ConfirmPage = ({ view, question, action, fields, back }: ConfirmProps) => (
  <PageFrame view={view} title="Delete for good" here={back}>
    <h1>{question}</h1>
    <p>This cannot be undone.</p>
    <form class="line" method="post" action={`${action}?token=${view.token}`}>
      {fields.map(([name, value]) => <input type="hidden" name={name} value={value} />)}
      <button class="danger" type="submit">
        <Icon name="trash" />
        Delete for good
      </button>
      <a class="button" href={back}>
        Cancel
      </a>
    </form>
  </PageFrame>
);
