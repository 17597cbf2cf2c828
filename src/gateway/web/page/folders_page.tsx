/** Making, renaming and deleting folders; on a narrow screen, the way to each of them. */
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import { isBuiltIn } from "../../../client/filing/named_folder.ts";
import { limits } from "../../../model/limits.ts";
import { amount } from "../../../model/message.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { flat, FolderLink, folderTree } from "./folder_nav.tsx";
import { Failure, PageFrame, type ShownFailure, type View } from "./frame.tsx";
import { Icon } from "./icon.tsx";

interface FoldersProps {
  readonly view: View;
  readonly notice?: string | undefined;
  readonly failure?: ShownFailure | undefined;
  /** What was typed for a new folder. */
  readonly name?: string | undefined;
}

export const FoldersPage = ({ view, notice, failure, name }: FoldersProps) => (
  <PageFrame view={view} title="Folders" here="folders" notice={notice}>
    <h1>Folders</h1>
    {failure && <Failure failure={failure} />}
    <form class="line" method="post" action={`create-folder?token=${view.token}`}>
      <label for="new-folder">New folder</label>
      <FolderName id="new-folder" value={name} />
      <button type="submit">Make it</button>
      <small id="new-folder-help">A / makes a folder below another one: Projects/2026</small>
    </form>
    <ul class="folder-list">
      {flat(folderTree(view.folders)).map((folder) => <FolderItem folder={folder} view={view} />)}
    </ul>
  </PageFrame>
);

const FolderItem = ({ folder, view }: { folder: FolderSummary; view: View }) => (
  <li>
    <FolderLink folder={folder} label={folder.name} />
    {!isBuiltIn(folder) && <Edit folder={folder} view={view} />}
  </li>
);

const Edit = ({ folder: { id, name, messages }, view }: { folder: FolderSummary; view: View }) => (
  <details>
    <summary>
      Edit<span class="hidden">{visibleLine(name)}</span>
    </summary>
    <form class="line" method="post" action={`rename-folder?id=${id}&token=${view.token}`}>
      <label for={`name-${id}`}>Name</label>
      <FolderName id={`name-${id}`} value={name} />
      <button type="submit">Rename</button>
    </form>
    <form class="line" method="post" action={`delete-folder?id=${id}&token=${view.token}`}>
      <button class="danger" type="submit">
        <Icon name="trash" />
        Delete the folder
      </button>
      <span>
        {messages === 0 ? "It is empty." : `Trash gets the ${amount(messages)} in it.`}
      </span>
    </form>
  </details>
);

const FolderName = ({ id, value }: { id: string; value?: string | undefined }) => (
  <input
    id={id}
    name="name"
    value={value}
    required
    maxlength={limits.maxFolderNameBytes}
    autocomplete="off"
  />
);
