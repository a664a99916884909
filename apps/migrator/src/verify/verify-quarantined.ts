import type { MessageRecord } from '@agentbus/core';

/** Compares the bytes of an entry with those that are kept in quarantine. Returns what is wrong. */
export function verifyQuarantined(record: MessageRecord, raw: Uint8Array): string[] {
  const kept = keptBytes(record.body);
  if (kept !== undefined && Buffer.compare(kept, raw) === 0) return [];
  return ['its bytes are not the ones that are kept in quarantine'];
}

function keptBytes(body: string): Buffer | undefined {
  try {
    const payload: unknown = JSON.parse(body);
    if (typeof payload !== 'object' || payload === null || !('bytes' in payload)) return undefined;
    return typeof payload.bytes === 'string' ? Buffer.from(payload.bytes, 'base64') : undefined;
  } catch {
    return undefined;
  }
}
