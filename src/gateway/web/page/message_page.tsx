/** One message: who wrote it, what the signature is worth, its text, its files. */
import type { Child } from "hono/jsx";
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import { burnsWhenRead, isBurnt } from "../../../client/reading/burn.ts";
import type { OpenedMessage } from "../../../client/reading/opened_entry.ts";
import type { BodyForms } from "../../../mime/text.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { folderHref } from "../folder_key.ts";
import { BurnStep } from "./burn_step.tsx";
import { conversationHref, ConversationPlace } from "./conversation_page.tsx";
import { FilingBar } from "./filing_bar.tsx";
import { titleOf } from "./folder_nav.tsx";
import { PageFrame, type View } from "./frame.tsx";
import { Icon, type IconName } from "./icon.tsx";
import { Body, Files } from "./message_content.tsx";
import { MessageFields } from "./message_fields.tsx";
import { GoOn, Stop } from "./sent_state.tsx";
import { Line, SealLine } from "./words.tsx";

/** Of a subject, what stands above the message: a sender may write a page of it. */
const maxTitleCharacters = 200;

interface MessageProps {
  readonly view: View;
  readonly message: OpenedMessage;
  /** Where it is; null where the folders were not counted yet. */
  readonly folder: FolderSummary | null;
  /** Null: it does not verify, and it was not asked for anyway. */
  readonly forms: BodyForms | null;
  readonly asHtml: boolean;
  /** What kept the text from being read. */
  readonly problem: string | null;
  /** Of a message that burns: all that was in it. */
  readonly burnt?: Child;
}

export const MessagePage = (props: MessageProps) => {
  const { view, message, folder, burnt } = props;
  const { id, box, outcome } = message;
  const list = folder === null ? box : folderHref(folder);
  // A browser keeps titles in its history, on disk: so the subject is in none.
  return (
    <PageFrame view={view} title={`Message ${id}`} here={list} isLive source={conversationHref(id)}>
      <article class="message" data-box={box}>
        <div class="head">
          <a class="button quiet" href={list} data-key="u">
            <Icon name="back" />
            <Line text={folder === null ? "Back" : titleOf(folder)} />
          </a>
          {burnt === undefined && <Actions view={view} message={message} />}
        </div>
        {burnt === undefined && <FilingBar view={view} folder={folder} message={message} />}
        <Subject subject={message.headers.subject} />
        <MessageFields view={view} message={message} />
        <SealLine message={message} />
        {(outcome === "changed" || outcome === "unknown") && <CompareKey from={message.from} />}
        <Content {...props} />
      </article>
      <ConversationPlace id={id} />
    </PageFrame>
  );
};

/** The subject, cut where it is long, and then the whole of it to be unfolded. */
const Subject = ({ subject }: { subject: string }) => {
  const whole = visibleLine(subject) || "(no subject)";
  const isLong = whole.length > maxTitleCharacters;
  return (
    <>
      <h1>
        <bdi>{isLong ? `${whole.slice(0, maxTitleCharacters)}…` : whole}</bdi>
      </h1>
      {isLong && (
        <details>
          <summary>The whole subject, {whole.length} characters</summary>
          <p class="whole">
            <bdi>{whole}</bdi>
          </p>
        </details>
      )}
    </>
  );
};

const CompareKey = ({ from }: { from: string }) => (
  <p>
    <a href={`contact?name=${encodeURIComponent(from)}`}>
      Compare the key of <Line text={from} />
    </a>
  </p>
);

/** What is in the message, or the step that a reader has to take to see it. */
const Content = ({ view, message, forms, asHtml, problem, burnt }: MessageProps) => {
  const { id, headers } = message;
  if (burnsWhenRead(message)) return <>{burnt ?? <BurnStep view={view} message={message} />}</>;
  if (forms === null) return <ShowAnyway id={id} />;
  const isForced = message.outcome === "invalid";
  return (
    <>
      <Files id={id} files={isBurnt(message) ? [] : headers.attachments} isForced={isForced} />
      <Body id={id} forms={forms} asHtml={asHtml} isForced={isForced} problem={problem} />
    </>
  );
};

const ShowAnyway = ({ id }: { id: number }) => (
  <p>
    <a class="button" href={`message?id=${id}&anyway=1`}>
      Show it anyway
    </a>
  </p>
);

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
    {message.heldUntil !== null && <Stop view={view} message={message} />}
  </div>
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
