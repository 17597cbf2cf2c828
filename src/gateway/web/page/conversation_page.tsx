/** The conversation that a message stands in: beneath it, and as a page of its own where there are no scripts. */
import { senderText, shortAddress } from "../../../client/reading/display_sender.ts";
import type { ListedMessage } from "../../../client/reading/opened_entry.ts";
import type { EntryId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import type { MailConversation } from "../state/conversations.ts";
import { PageFrame, type View } from "./frame.tsx";
import { Icon } from "./icon.tsx";
import { Line, Seal, Subject, UnreadDot, When } from "./words.tsx";

export function conversationHref(id: EntryId): string {
  return `conversation?id=${id}`;
}

/** Where a message's page puts its conversation once it is there. */
export const ConversationPlace = ({ id }: { id: EntryId }) => (
  <section id="conversation" class="conversation">
    <p>
      <a href={conversationHref(id)}>Conversation</a>
    </p>
  </section>
);

interface ConversationProps {
  readonly view: View;
  /** The one that is read. */
  readonly message: ListedMessage;
  readonly conversation: MailConversation;
}

export const ConversationPage = ({ view, message, conversation }: ConversationProps) => (
  <PageFrame view={view} title="Conversation" here={message.box} isLive>
    <div class="head">
      <a class="button quiet" href={`message?id=${message.id}`} data-key="u">
        <Icon name="back" />
        Message
      </a>
    </div>
    <h1>Conversation</h1>
    {conversation.messages.length < 2 && (
      <p class="empty">There is no other message in this conversation.</p>
    )}
    {conversation.messages.length < 2 && !conversation.isWhole && <Unsearched />}
    <List view={view} message={message} conversation={conversation} />
  </PageFrame>
);

/** Empty where a message stands alone. */
const List = (
  { view, message, conversation: { messages, earlier, later, isWhole } }: ConversationProps,
) => (
  <section id="conversation" class="conversation" aria-labelledby="conversation-title">
    {messages.length > 1 && (
      <>
        <h2 id="conversation-title">
          {`${messages.length + earlier + later} messages in this conversation`}
        </h2>
        <More count={earlier} which="earlier" id={message.id} />
        <ol class="list">
          {messages.map((each) => (
            <Row message={each} isHere={each.id === message.id} view={view} />
          ))}
        </ol>
        <More count={later} which="later" id={message.id} />
        {!isWhole && <Unsearched />}
      </>
    )}
  </section>
);

const More = ({ count, which, id }: { count: number; which: string; id: EntryId }) =>
  count === 0 ? null : (
    <p class="sum">
      {count} {which} not shown. Run `mailctl thread {id}` to list them.
    </p>
  );

const Unsearched = () => (
  <p class="sum">
    There may be more messages: only the newest {limits.maxThreadDepth}{" "}
    of each mailbox were searched.
  </p>
);

interface RowProps {
  readonly message: ListedMessage;
  readonly isHere: boolean;
  readonly view: View;
}

const Row = ({ message, isHere, view }: RowProps) => {
  const { id, box, headers, outcome, readAt, storedAt } = message;
  const isUnread = box === "inbox" && readAt === null;
  return (
    <li class={isUnread ? "row unread" : "row"} data-id={id}>
      <a href={`message?id=${id}`} aria-current={isHere ? "true" : undefined}>
        <span class="who">
          {isUnread && <UnreadDot />}
          {box === "sent" && (
            <>
              <Icon name="sent" />
              <span class="hidden">Sent.</span>
            </>
          )}
          <Line text={senderText(message, (address) => shortAddress(address, view.domain))} />
        </span>
        <Subject headers={headers} />
        <Seal outcome={outcome} />
        <When ms={headers?.date ?? storedAt} now={view.now} />
      </a>
    </li>
  );
};
