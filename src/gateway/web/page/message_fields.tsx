/** The fields above a message: who wrote it, to whom and when, where it comes from, and its key. */
import type { OpenedMessage } from "../../../client/reading/opened_entry.ts";
import { senderText } from "../../../client/reading/display_sender.ts";
import { formatFingerprint } from "../../../crypto/fingerprint.ts";
import { isOwnDraft } from "../../../model/outcome.ts";
import type { View } from "./frame.tsx";
import { SentFields } from "./sent_state.tsx";
import { Line, When } from "./words.tsx";

export const MessageFields = ({ view, message }: { view: View; message: OpenedMessage }) => {
  const { headers, senderFingerprint } = message;
  return (
    <dl class="fields">
      <Field name="From" values={[senderText(message)]} />
      <Field name="To" values={headers.to} />
      <Field name="Cc" values={headers.cc} />
      <Field name="Bcc" values={headers.bcc} />
      <div>
        <dt>Date</dt>
        <dd>
          <When ms={headers.date} now={view.now} whole />
        </dd>
      </div>
      <SentFields view={view} message={message} />
      <OriginField message={message} now={view.now} />
      {senderFingerprint !== null && (
        <div>
          <dt>Key</dt>
          <dd class="key">{formatFingerprint(senderFingerprint)}</dd>
        </div>
      )}
    </dl>
  );
};

/** What is known of where a message comes from that no account signed. */
const OriginField = ({ message, now }: { message: OpenedMessage; now: number }) => {
  const { origin } = message;
  if (origin === null || isOwnDraft(message)) return null;
  const about = origin.kind === "import" ? "imported" : `${origin.address} (${origin.host}), ` +
    `${origin.account === null ? "without a login" : `with the login of ${origin.account}`}, ` +
    `sender <${origin.sender}>`;
  return (
    <div>
      <dt>Origin</dt>
      <dd>
        <Line text={about} />,{" "}
        <When
          ms={origin.kind === "import" ? origin.importedAt : origin.arrivedAt}
          now={now}
          whole
        />
      </dd>
    </div>
  );
};

const Field = ({ name, values }: { name: string; values: readonly string[] }) =>
  values.length === 0 ? null : (
    <div>
      <dt>{name}</dt>
      <dd>
        {values.map((value, at) => (
          <>
            {at > 0 && ", "}
            <Line text={value} />
          </>
        ))}
      </dd>
    </div>
  );
