export { dreamOsFormats, readMailboxFile } from './dream-os.ts';
export { type SkippedFile, type UnreadableFile, type WalkOptions, walkMailboxes } from './walk-mailboxes.ts';
export { mailboxAround } from './mailbox-around.ts';
export { type Area, type MailboxPlace, placeOf } from './mailbox-place.ts';
export type {
  EntryReading,
  FileReading,
  Letter,
  LetterPayload,
  LetterState,
  MailboxFormat,
  ReadOptions,
  SourceFile,
} from './format.ts';
