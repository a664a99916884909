import { fileName } from './file-name.ts';
import type { SourceFile } from './format.ts';
import type { MailboxPlace } from './mailbox-place.ts';

/** Why a file is no message by nature. A `weak` reason gives way when the content is a letter beyond doubt. */
export interface IgnoreReason {
  readonly reason: string;
  readonly weak: boolean;
}

/** Judges a file by its name, place and emptiness. */
export function reasonToIgnore(file: SourceFile, place: MailboxPlace): IgnoreReason | undefined {
  const { name, stem, ending } = fileName(file.path);
  const strong = (reason: string): IgnoreReason => ({ reason, weak: false });
  const weak = (reason: string): IgnoreReason => ({ reason, weak: true });

  if (/(?:^|\.)(?:lock|lck)$/i.test(name) || /\.lock\//i.test(file.path)) return strong('lock');
  if (/\.(?:tmp|temp|swp|swo|part|partial)$|~$|^\.#|^~\$/i.test(name)) return strong('temporary file');
  if (/\.(?:bak|orig)$/i.test(name)) return strong('backup copy');
  if (/^\.(?:keep|gitkeep|gitignore|gitattributes|placeholder|ds_store)$|^(?:thumbs\.db|desktop\.ini)$/i.test(name)) {
    return strong('placeholder');
  }
  if (isBlank(file.bytes)) return strong('empty');
  if (/^readme$/i.test(stem) && /^(?:|md|markdown|txt|rst|html)$/.test(ending)) return strong('README');
  if (/(?:^|[._-])schema$/i.test(stem)) return weak('schema');
  if (/^(?:_|inbox_|outbox_|mailbox_)?(?:index|manifest)$/i.test(stem)) return weak('index');
  if (/^claim$/i.test(stem)) return weak('claim of a mailbox');
  if (/^(?:agent[_-]?)?status$/i.test(stem)) return weak('status file');
  if (/(?:^|[_-])(?:project|task|kanban)[_-]?boards?\d*$/i.test(stem)) return weak('project board');
  if (/^completed[_-]?tasks\d*$/i.test(stem)) return weak('list of completed tasks');
  if (!place.failed && (ending === 'log' || /^(?:dev)?logs?$|[_-]devlog$/i.test(stem))) return weak('log');
  if (place.area !== 'mailbox' && /[_-]status$/i.test(stem)) return weak('status file');
  if (
    place.area === 'loose' &&
    /^(?:working|future|master)[_-]?tasks?(?:[_-]?list)?$|^task[_-]?(?:backlog|ready[_-]?queue)$/i.test(stem)
  ) {
    return weak('project board');
  }
  return undefined;
}

/** Whether there is nothing but white space and a byte order mark. */
function isBlank(bytes: Uint8Array): boolean {
  const from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) return false;
  }
  return true;
}
