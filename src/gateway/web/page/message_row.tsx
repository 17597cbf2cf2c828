/** A message in a list: what is known of it, and what can be done with it there. */
import { senderText, shortAddress } from "../../../client/reading/display_sender.ts";
import type { ListedDelivery, ListedMessage } from "../../../client/reading/opened_entry.ts";
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import { isTermKeyword } from "../../../client/submission/draft_terms.ts";
import { isOwnDraft } from "../../../model/outcome.ts";
import { titleOf } from "./folder_nav.tsx";
import type { View } from "./frame.tsx";
import { Icon } from "./icon.tsx";
import { Stop, WaitsUntil } from "./sent_state.tsx";
import { Line, Seal, State, Subject, UnreadDot, When } from "./words.tsx";

interface RowProps {
  readonly message: ListedMessage;
  readonly view: View;
  /** The folder that it is in, where the list is of several. */
  readonly folder?: FolderSummary | null | undefined;
}

export const Row = ({ message, view, folder = null }: RowProps) => {
  const { id, box, headers, outcome, storedAt, heldUntil } = message;
  const isUnread = box === "inbox" && message.readAt === null;
  const isStarred = message.filing.flags.includes("flagged");
  return (
    <li
      class={isUnread ? "row unread" : "row"}
      data-id={id}
      data-starred={isStarred ? "yes" : undefined}
    >
      <label class="select">
        <input type="checkbox" name="id" value={id} form="filing" />
        <span class="hidden">Select message {id}</span>
      </label>
      <a href={isWrittenOn(message) ? `compose?draft=${id}` : `message?id=${id}`}>
        <span class={box === "sent" ? "who states" : "who"}>
          {isUnread && <UnreadDot />}
          <People message={message} domain={view.domain} />
        </span>
        <span class="what">
          <Subject headers={headers} />
          <Marks message={message} folder={folder} />
        </span>
        <Signs message={message} />
        {box === "inbox" && <Seal outcome={outcome} />}
        {heldUntil === null
          ? <When ms={headers?.date ?? storedAt} now={view.now} />
          : <WaitsUntil ms={heldUntil} now={view.now} />}
      </a>
      <Star message={message} view={view} isStarred={isStarred} />
      {heldUntil === null
        ? <QuickTrash message={message} view={view} />
        : <Stop view={view} message={message} />}
    </li>
  );
};

/** True for a draft: it is opened to be written on. */
function isWrittenOn(message: ListedMessage): boolean {
  return message.box === "sent" && isOwnDraft(message);
}

/** Whom it is from, or how far it got; what was sent elsewhere, or is a draft, was delivered to nobody from here. */
const People = ({ message, domain }: { message: ListedMessage; domain: string }) => {
  const { box, origin, headers, deliveries } = message;
  const short = (address: string) => shortAddress(address, domain);
  if (box === "inbox") return <Line text={senderText(message, short)} />;
  if (origin === null) return <States deliveries={deliveries} domain={domain} />;
  return <Line text={(headers?.to ?? []).map(short).join(", ") || "(no recipient)"} />;
};

/** Keywords of its owner's, and the folder where it is. */
const Marks = (
  { message: { filing }, folder }: { message: ListedMessage; folder: FolderSummary | null },
) => (
  <>
    {filing.keywords.filter((keyword) => !isTermKeyword(keyword)).map((keyword) => (
      <span class="keyword">
        <Line text={keyword} />
      </span>
    ))}
    {folder !== null && (
      <span class="keyword">
        <Icon name="folder" />
        <Line text={titleOf(folder)} />
      </span>
    )}
  </>
);

/** Files, what was done with it, and that it burns. */
const Signs = ({ message: { headers, burn, filing } }: { message: ListedMessage }) => {
  const files = headers?.attachments.length ?? 0;
  const { flags } = filing;
  const done = (["answered", "forwarded"] as const).filter((flag) => flags.includes(flag));
  if (files === 0 && !burn && done.length === 0) return null;
  return (
    <span class="files">
      {burn && <Burns />}
      {done.map((flag) => (
        <span title={flag}>
          <Icon name={flag === "answered" ? "reply" : "forward"} />
          <span class="hidden">{flag}</span>
        </span>
      ))}
      {files > 0 && <FileCount count={files} />}
    </span>
  );
};

interface QuickProps {
  readonly message: ListedMessage;
  readonly view: View;
}

const Star = ({ message: { id }, view, isStarred }: QuickProps & { isStarred: boolean }) => (
  <form
    class={isStarred ? "quick starred" : "quick"}
    method="post"
    action={`file?id=${id}&act=${isStarred ? "unstar" : "star"}&token=${view.token}`}
  >
    <button type="submit" title={isStarred ? "Remove the star" : "Star"}>
      <Icon name="star" />
      <span class="hidden">
        {isStarred ? "Remove the star of" : "Star"} message {id}
      </span>
    </button>
  </form>
);

/** What is in the trash already has no shorter way to its end. */
const QuickTrash = ({ message: { id, filing }, view }: QuickProps) => {
  if (view.folders.some((folder) => folder.use === "trash" && folder.id === filing.folder)) {
    return null;
  }
  return (
    <form class="quick" method="post" action={`file?id=${id}&act=trash&token=${view.token}`}>
      <button type="submit" title="Move to the trash">
        <Icon name="trash" />
        <span class="hidden">Trash message {id}</span>
      </button>
    </form>
  );
};

const FileCount = ({ count }: { count: number }) => (
  <span title={count === 1 ? "1 attachment" : `${count} attachments`}>
    <Icon name="clip" />
    {count}
    <span class="hidden">{count === 1 ? "attachment" : "attachments"}</span>
  </span>
);

/** That it goes when it is read. */
const Burns = () => (
  <span class="burns" title="Burns when it is read">
    <Icon name="flame" />
    <span class="hidden">burns when it is read</span>
  </span>
);

const maxStates = 3;

/** How far a message got with its recipients; the message's page has all of them. */
const States = (
  { deliveries, domain }: { deliveries: readonly ListedDelivery[]; domain: string },
) => (
  <>
    {deliveries.slice(0, maxStates).map((each) => <State delivery={each} domain={domain} />)}
    {deliveries.length > maxStates && <span>{`and ${deliveries.length - maxStates} more`}</span>}
  </>
);
