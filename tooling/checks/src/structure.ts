import { findFileRuleViolations } from './file-rules.ts';
import { findImportCycles } from './import-cycles.ts';
import { findRingViolations } from './import-rings.ts';
import { type Finding, readSourceFiles } from './source-file.ts';
import { readWorkspaceMembers } from './workspace-member.ts';

/** Everything that is wrong with the structure of the workspace at `root`: rings, cycles and file rules. */
export function checkStructure(root: string): { readonly files: number; readonly findings: readonly Finding[] } {
  const files = readSourceFiles(root);
  const findings = [
    ...findRingViolations(files, readWorkspaceMembers(root)),
    ...findImportCycles(files),
    ...findFileRuleViolations(files),
  ];
  return { files: files.length, findings };
}
