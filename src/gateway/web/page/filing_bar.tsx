/** What can be done with the messages that are selected in a list, or with the one that is read. */
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import type { ListedMessage } from "../../../client/reading/opened_entry.ts";
import { isTermKeyword } from "../../../client/submission/draft_terms.ts";
import { limits } from "../../../model/limits.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { keyOf } from "../folder_key.ts";
import { flat, folderTree, titleOf } from "./folder_nav.tsx";
import type { View } from "./frame.tsx";
import { EnterPresses } from "./enter_presses.tsx";
import { Icon, type IconName } from "./icon.tsx";

interface BarProps {
  readonly view: View;
  /** The folder that they are in; null: it may be any. */
  readonly folder: FolderSummary | null;
  /** Absent: those whose boxes are checked. */
  readonly message?: ListedMessage | undefined;
}

export const FilingBar = ({ view, folder, message }: BarProps) => {
  const of = message === undefined ? "" : `id=${message.id}&`;
  const isStarred = message?.filing.flags.includes("flagged");
  return (
    <form
      id="filing"
      class="filing"
      method="post"
      action={`file?${of}token=${view.token}`}
      aria-label="File"
    >
      <EnterPresses name="act" value="label" />
      {folder?.use !== "archive" && <Act act="archive" icon="archive" name="Archive" letter="e" />}
      {folder?.use === "trash"
        ? <DeleteForGood action={`delete?${of}token=${view.token}`} />
        : <Act act="trash" icon="trash" name="Trash" letter="#" />}
      {isStarred !== true && <Act act="star" icon="star" name="Star" letter="*" />}
      {isStarred !== false && <Act act="unstar" icon="star" name="Remove star" letter="*" />}
      {message?.box !== "sent" && folder?.use !== "sent" && (
        <Act act="unread" icon="unread" name="Mark unread" letter="U" />
      )}
      <MoveTo folders={view.folders} />
      <Keyword message={message} />
    </form>
  );
};

interface ActProps {
  readonly act: string;
  readonly icon: IconName;
  readonly name: string;
  readonly letter?: string | undefined;
}

const Act = ({ act, icon, name, letter }: ActProps) => (
  <button type="submit" name="act" value={act} title={name} data-act={letter}>
    <Icon name={icon} />
    <span class="word">{name}</span>
  </button>
);

const DeleteForGood = ({ action }: { action: string }) => (
  <button type="submit" class="danger" formaction={action} data-act="#">
    <Icon name="trash" />
    Delete for good
  </button>
);

const MoveTo = ({ folders }: { folders: readonly FolderSummary[] }) => (
  <span class="pair-of">
    <label class="hidden" for="move-to">
      Move to
    </label>
    <select id="move-to" name="folder" data-focus="v">
      <option value="">Move to …</option>
      <FolderOptions folders={folders} />
    </select>
    <button type="submit" name="act" value="move">
      Move
    </button>
  </span>
);

interface OptionsProps {
  readonly folders: readonly FolderSummary[];
  readonly chosen?: FolderSummary | null;
}

export const FolderOptions = ({ folders, chosen }: OptionsProps) => (
  <>
    {flat(folderTree(folders)).map((folder) => (
      <option value={keyOf(folder)} selected={folder === chosen}>
        {visibleLine(titleOf(folder))}
      </option>
    ))}
  </>
);

/** Keywords of the message, each with a way to be rid of it; and one more. */
const Keyword = ({ message }: Pick<BarProps, "message">) => (
  <span class="pair-of">
    {message?.filing.keywords.filter((each) => !isTermKeyword(each)).map((keyword) => (
      <button type="submit" name="unlabel" value={keyword} title="Remove this keyword">
        <bdi>{visibleLine(keyword)}</bdi> ✕<span class="hidden">Remove</span>
      </button>
    ))}
    <label class="hidden" for="keyword">
      Keyword
    </label>
    <input
      id="keyword"
      name="keyword"
      placeholder="Keyword"
      size={8}
      maxlength={limits.maxKeywordBytes}
      autocomplete="off"
      data-focus="l"
    />
    <button type="submit" name="act" value="label">
      Add
    </button>
    {message === undefined && (
      <button type="submit" name="act" value="unlabel">
        Remove
      </button>
    )}
  </span>
);
