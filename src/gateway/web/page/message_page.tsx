/** One message: who wrote it, what the signature is worth, its text, its files. */
import type { Child } from "hono/jsx";
import { burnsWhenRead, isBurnt } from "../../../client/reading/burn.ts";
import type { OpenedMessage } from "../../../client/reading/opened_entry.ts";
import { senderText } from "../../../client/reading/display_sender.ts";
import { formatFingerprint } from "../../../crypto/fingerprint.ts";
import { parseHtml } from "../../../mime/html.ts";
import type { BodyForms } from "../../../mime/text.ts";
import type { Attachment } from "../../../model/message.ts";
import { formatSize } from "../../../model/size.ts";
import { visibleLine, visibleText } from "../../../model/visible.ts";
import { BurnStep } from "./burn_step.tsx";
import { conversationHref, ConversationPlace } from "./conversation_page.tsx";
import { Frame, type View } from "./frame.tsx";
import { Icon, type IconName } from "./icon.tsx";
import { GoOn, SentFields, Stop } from "./sent_state.tsx";
import { Line, SealLine, When } from "./words.tsx";

/** Files that are shown at once: a sender may name any number. */
const maxFiles = 100;
/** Of a subject, what stands above the message: a sender may write a page of it. */
const maxTitleCharacters = 200;

interface MessageProps {
  readonly view: View;
  readonly message: OpenedMessage;
  /** Null: it does not verify, and nobody wished to see it nevertheless. */
  readonly forms: BodyForms | null;
  readonly asHtml: boolean;
  /** What kept the text from being read. */
  readonly problem: string | null;
  /** Of a message that burns: all that was in it. */
  readonly burnt?: Child;
}

export const MessagePage = (
  { view, message, forms, asHtml, problem, burnt }: MessageProps,
) => {
  const { id, box, headers, outcome, senderFingerprint } = message;
  const whole = visibleLine(headers.subject) || "(no subject)";
  const subject = whole.length > maxTitleCharacters
    ? `${whole.slice(0, maxTitleCharacters)}…`
    : whole;
  // A browser keeps titles in its history, on disk: so the subject is in none.
  return (
    <Frame view={view} title={`Message ${id}`} here={box} isLive source={conversationHref(id)}>
      <article class="message" data-box={box}>
        <div class="head">
          <a class="button quiet" href={box} data-key="u">
            <Icon name="back" />
            {box === "inbox" ? "Inbox" : "Sent"}
          </a>
          {burnt === undefined && <Actions view={view} message={message} />}
        </div>
        <h1>
          <bdi>{subject}</bdi>
        </h1>
        {subject !== whole && (
          <details>
            <summary>The whole subject, {whole.length} characters</summary>
            <p class="whole">
              <bdi>{whole}</bdi>
            </p>
          </details>
        )}
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
          <From message={message} now={view.now} />
          {senderFingerprint !== null && (
            <div>
              <dt>Key</dt>
              <dd class="key">{formatFingerprint(senderFingerprint)}</dd>
            </div>
          )}
        </dl>
        <SealLine outcome={outcome} isServers={message.removal !== null} />
        {(outcome === "changed" || outcome === "unknown") && (
          <p>
            <a href={`contact?name=${encodeURIComponent(message.from)}`}>
              Compare the key of <Line text={message.from} />
            </a>
          </p>
        )}
        {burnsWhenRead(message)
          ? burnt ?? <BurnStep view={view} message={message} />
          : forms === null
          ? (
            <p>
              <a class="button" href={`message?id=${id}&anyway=1`}>
                Show it nevertheless
              </a>
            </p>
          )
          : (
            <>
              <Files
                id={id}
                files={isBurnt(message) ? [] : headers.attachments}
                isForced={outcome === "invalid"}
              />
              <Body
                id={id}
                forms={forms}
                asHtml={asHtml}
                isForced={outcome === "invalid"}
                problem={problem}
              />
            </>
          )}
      </article>
      <ConversationPlace id={id} />
    </Frame>
  );
};

/** What is known of where a message comes from that no account signed. */
const From = ({ message: { origin }, now }: { message: OpenedMessage; now: number }) => {
  if (origin === null) return null;
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

const Actions = ({ view, message }: { view: View; message: OpenedMessage }) => (
  <div class="actions">
    {message.cancelledAt !== null && <GoOn view={view} message={message} />}
    {mayBeAnswered(message) && (
      <>
        <Action href={`compose?reply=${message.id}`} icon="reply" name="Reply" letter="r" />
        <Action
          href={`compose?reply=${message.id}&all=1`}
          icon="reply"
          name="Reply all"
          letter="a"
        />
        <Action href={`compose?forward=${message.id}`} icon="forward" name="Forward" letter="f" />
      </>
    )}
    {message.heldUntil !== null
      ? <Stop view={view} message={message} />
      : <Delete view={view} message={message} />}
  </div>
);

const Delete = ({ view, message: { id } }: { view: View; message: OpenedMessage }) => (
  <form method="post" action={`delete?id=${id}&token=${view.token}`} data-key="#">
    <button type="submit">
      <Icon name="trash" />
      Delete
    </button>
  </form>
);

/** Nothing is built on what does not verify, or on what is gone once it is read. */
function mayBeAnswered(message: OpenedMessage): boolean {
  const { outcome } = message;
  return outcome !== "invalid" && outcome !== "changed" && !burnsWhenRead(message);
}

interface ActionProps {
  readonly href: string;
  readonly icon: IconName;
  readonly name: string;
  readonly letter: string;
}

const Action = ({ href, icon, name, letter }: ActionProps) => (
  <a class="button" href={href} data-key={letter}>
    <Icon name={icon} />
    {name}
  </a>
);

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

const Files = ({
  id,
  files,
  isForced,
}: {
  id: number;
  files: readonly Attachment[];
  isForced: boolean;
}) =>
  files.length === 0 ? null : (
    <section aria-label="Attachments">
      <h2>{files.length === 1 ? "1 attachment" : `${files.length} attachments`}</h2>
      <ul class="files-list">
        {files.slice(0, maxFiles).map(({ name, type, size }, at) => (
          <li>
            <a href={`attachment?id=${id}&n=${at + 1}${isForced ? "&anyway=1" : ""}`} download>
              <Icon name="clip" />
              <Line text={name} />
              <small>
                <Line text={type} />, {formatSize(size)}
              </small>
            </a>
          </li>
        ))}
      </ul>
      {files.length > maxFiles && (
        <p>And {files.length - maxFiles} more, which `mailctl read` saves.</p>
      )}
    </section>
  );

interface BodyProps {
  readonly id: number;
  readonly forms: BodyForms;
  readonly asHtml: boolean;
  readonly isForced: boolean;
  readonly problem: string | null;
}

const Body = ({ id, forms: { plain, html }, asHtml, isForced, problem }: BodyProps) => {
  const more = isForced ? "&anyway=1" : "";
  const shown = plain ?? html;
  const text = plain?.text ?? (html === null ? null : parseHtml(html.text));
  return (
    <section aria-label="Text">
      {html !== null && (
        <p class="forms">
          {asHtml
            ? <a href={`message?id=${id}${more}`}>Show as text</a>
            : <a href={`message?id=${id}&html=1${more}`}>Show as its sender made it (HTML)</a>}
        </p>
      )}
      {asHtml && html !== null
        ? (
          <iframe
            class="html"
            sandbox=""
            src={`html?id=${id}${more}`}
            title="The message as HTML"
          >
          </iframe>
        )
        : text === null
        ? <p class="empty">{problem ?? "There is no text."}</p>
        : (
          <pre class="text" dir="auto" tabindex={0}>
          {visibleText(text)}
          </pre>
        )}
      {!asHtml && shown?.truncated && (
        <p>The text goes on; `mailctl read {id} --body` shows all of it.</p>
      )}
    </section>
  );
};
