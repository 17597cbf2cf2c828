/** What became of a message that one sent: who read it, when it goes, and how it is stopped; and what waited for one. */
import { isEarly } from "../../../client/reading/delivery.ts";
import type { ListedDelivery, ListedMessage } from "../../../client/reading/opened_entry.ts";
import type { View } from "./frame.tsx";
import { Icon } from "./icon.tsx";
import { Moment, State, When } from "./words.tsx";

interface SentProps {
  readonly view: View;
  readonly message: ListedMessage;
}

/** Stops a message that waits; one that was stopped goes on as a draft. */
export const Stop = ({ view, message: { id } }: SentProps) => (
  <form class="stop" method="post" action={`cancel?id=${id}&token=${view.token}`}>
    <button type="submit">
      <Icon name="stop" />
      <span class="word">Cancel</span>
      <span class="hidden">sending message {id}</span>
    </button>
  </form>
);

/** Takes up what was cancelled, as a draft. */
export const GoOn = ({ view, message: { id } }: SentProps) => (
  <form method="post" action={`take-up?id=${id}&token=${view.token}`}>
    <button type="submit">
      <Icon name="pen" />
      Edit again
    </button>
  </form>
);

/** In a list: until when it waits. A script shows the list anew at that time. */
export const WaitsUntil = ({ ms, now }: { ms: number; now: number }) => (
  <span class="chip care waits" data-left={ms - now}>
    until <Moment ms={ms} now={now} />
  </span>
);

/** What the sender of mail that waited signed of its time. */
const WaitedField = ({ view, message }: SentProps) => {
  const { notBefore } = message;
  return isEarly(message, view.now)
    ? <Time name="Early" ms={notBefore} now={view.now} means="when its sender let you have it" />
    : <Time name="Held until" ms={notBefore} now={view.now} means="by its sender" />;
};

/** Further fields of a message that one sent, or that waited. */
export const SentFields = ({ view, message }: SentProps) => {
  const { deliveries, heldUntil, cancelledAt, burn, box } = message;
  if (box !== "sent") return <WaitedField view={view} message={message} />;
  return (
    <>
      {deliveries.length > 0 && (
        <div>
          <dt>Reached</dt>
          <dd>
            {deliveries.map((each) => <Reached delivery={each} view={view} />)}
          </dd>
        </div>
      )}
      <Time name="Waits until" ms={heldUntil} now={view.now} means="not delivered before" />
      <Time name="Cancelled" ms={cancelledAt} now={view.now} means="no recipient has it" />
      {burn && (
        <div>
          <dt>Burns</dt>
          <dd>erased for each recipient who reads it; the text here goes with the last</dd>
        </div>
      )}
    </>
  );
};

interface TimeProps {
  readonly name: string;
  /** Null: there is nothing to say. */
  readonly ms: number | null;
  readonly now: number;
  readonly means: string;
}

const Time = ({ name, ms, now, means }: TimeProps) =>
  ms === null ? null : (
    <div>
      <dt>{name}</dt>
      <dd>
        <When ms={ms} now={now} whole />: {means}
      </dd>
    </div>
  );

const Reached = ({ delivery, view }: { delivery: ListedDelivery; view: View }) => {
  const { readAt, receipt } = delivery;
  return (
    <span class="reached">
      <State delivery={delivery} domain={view.domain} />
      {readAt !== null && <Moment ms={readAt} now={view.now} />}
      {readAt === null && receipt !== null && <small>{doubts[receipt]}</small>}
    </span>
  );
};

/** Why a receipt does not count. */
const doubts: Readonly<Record<NonNullable<ListedDelivery["receipt"]>, string>> = {
  verified: "",
  signed: "",
  unknown: "a receipt by a key that was not seen before",
  changed: "a receipt by another key than the known one",
  invalid: "an invalid receipt",
};
