/** What a page says of messages: outcomes, states, times, names. Text of mail is hostile, and made visible here. */
import { deliveryState } from "../../../client/reading/delivery.ts";
import { shortAddress } from "../../../client/reading/display_sender.ts";
import type { ListedDelivery, ListedMessage } from "../../../client/reading/opened_entry.ts";
import type { Headers, Outcome } from "../../../model/message.ts";
import { outcomeWords, signatureWords } from "../../../model/outcome.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { Icon, type IconName } from "./icon.tsx";

interface Look {
  readonly icon: IconName;
  readonly tone: "good" | "plain" | "care" | "bad";
}

/** How each outcome looks; what it means is told in the same words as in the terminal. */
const outcomeLooks: Readonly<Record<Outcome, Look>> = {
  verified: { icon: "shield", tone: "good" },
  signed: { icon: "check", tone: "plain" },
  unknown: { icon: "question", tone: "care" },
  changed: { icon: "warning", tone: "bad" },
  invalid: { icon: "cross", tone: "bad" },
  notice: { icon: "info", tone: "care" },
  imported: { icon: "inbox", tone: "care" },
  unsigned: { icon: "warning", tone: "care" },
};

const stateLooks: Readonly<Record<ReturnType<typeof deliveryState>, Look>> = {
  stored: { icon: "clock", tone: "plain" },
  received: { icon: "check", tone: "plain" },
  read: { icon: "check", tone: "good" },
  bounced: { icon: "warning", tone: "bad" },
  held: { icon: "clock", tone: "care" },
  cancelled: { icon: "cross", tone: "plain" },
};

/** The outcome as a word with its icon. */
export const Seal = ({ outcome }: { outcome: Outcome }) => (
  <span class={`chip ${outcomeLooks[outcome].tone}`} title={outcomeWords[outcome]}>
    <Icon name={outcomeLooks[outcome].icon} />
    {outcome}
  </span>
);

/** What is known of who wrote a message, in a sentence. */
export const SealLine = ({ message }: { message: ListedMessage }) => (
  <p class={`seal ${outcomeLooks[message.outcome].tone}`}>
    <Icon name={outcomeLooks[message.outcome].icon} />
    <span>
      <strong>Signature:</strong> {signatureWords(message)}
    </span>
  </p>
);

/** How far a message got with one of its recipients. */
export const State = ({ delivery, domain }: { delivery: ListedDelivery; domain: string }) => {
  const state = deliveryState(delivery);
  return (
    <span class="state">
      <Line text={shortAddress(delivery.recipient, domain)} />
      <span class={`chip ${stateLooks[state].tone}`}>
        <Icon name={stateLooks[state].icon} />
        {state}
      </span>
    </span>
  );
};

/** The subject in a row of a list. */
export const Subject = ({ headers }: { headers: Headers | null }) => (
  <span class="subject">
    <Line text={headers?.subject || (headers === null ? "(cannot be opened)" : "(no subject)")} />
  </span>
);

export const UnreadDot = () => (
  <span class="dot">
    <span class="hidden">Unread.</span>
  </span>
);

/** A value of a message on one line, by itself: it cannot reorder what stands around it. */
export const Line = ({ text }: { text: string }) => <bdi>{visibleLine(text)}</bdi>;

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
});
const day = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
});
const date = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
});
const full = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "full",
  timeStyle: "long",
});

/** A time as short as today allows; a sender's clock may be out of all bounds. */
export const When = ({ ms, now, whole = false }: { ms: number; now: number; whole?: boolean }) => {
  const moment = new Date(ms);
  if (Number.isNaN(moment.getTime())) return <span>unknown</span>;
  const text = whole ? full.format(moment) : shortTime(moment, new Date(now));
  return (
    <time datetime={moment.toISOString()} title={full.format(moment)}>
      {text}
    </time>
  );
};

function shortTime(moment: Date, today: Date): string {
  if (moment.toDateString() === today.toDateString()) {
    return clock.format(moment);
  }
  return (moment.getFullYear() === today.getFullYear() ? day : date).format(moment);
}

const parts = { hour: "2-digit", minute: "2-digit", timeZoneName: "short" } as const;
const today = new Intl.DateTimeFormat("en-GB", parts);
const otherDay = new Intl.DateTimeFormat("en-GB", { ...parts, day: "numeric", month: "short" });
const otherYear = new Intl.DateTimeFormat("en-GB", {
  ...parts,
  day: "numeric",
  month: "short",
  year: "numeric",
});

/** A time to the minute, with its zone: the reader may be in another one than this machine. */
export const Moment = ({ ms, now }: { ms: number; now: number }) => {
  const [moment, present] = [new Date(ms), new Date(now)];
  if (Number.isNaN(moment.getTime())) return <span>unknown</span>;
  const isToday = moment.toDateString() === present.toDateString();
  const isThisYear = moment.getFullYear() === present.getFullYear();
  const format = isToday ? today : isThisYear ? otherDay : otherYear;
  return (
    <time datetime={moment.toISOString()} title={full.format(moment)}>
      {format.format(moment)}
    </time>
  );
};
