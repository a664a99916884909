export { importMailboxes, type ImportOptions } from './import.ts';
export { scanMailboxes, type ScanOptions } from './scan.ts';
export { verifyImport, type Problem, type VerifyOptions, type VerifyReport } from './verify/verify-import.ts';
export type { ImportSummary, QuarantineNote, StateCounts } from './summary.ts';
export type { OnProgress, Progress } from './progress.ts';
export { quarantineTopic, type QuarantinePayload } from './quarantine.ts';
