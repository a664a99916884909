// What most users need; everything about formats is at `@agentbus/mailbox-compat/formats`.
export { readMailboxFile, walkMailboxes, type WalkOptions } from './formats/index.ts';
export type {
  EntryReading,
  FileReading,
  Letter,
  LetterPayload,
  LetterState,
  ReadOptions,
  SourceFile,
} from './formats/index.ts';
