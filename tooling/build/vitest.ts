import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { isDeepRun } from '../testkit/src/counts.ts';

/** Vite's own conditions for code that runs in Node, after the one that leads to a package's sources. */
const conditions = ['agentbus-source', 'module', 'node', 'development|production'];

/**
 * The test configuration of every package: real files and processes, sources instead of builds.
 *
 * A deep run takes only the suites that repeat something, at full counts, and gives each test half an hour.
 */
export function project(name: string): ViteUserConfig {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      name,
      include: [isDeepRun ? 'test/**/*.{model,fuzz,chaos}.test.ts' : 'test/**/*.test.ts'],
      setupFiles: [fileURLToPath(new URL('../testkit/src/property-seed.ts', import.meta.url))],
      environment: 'node',
      testTimeout: isDeepRun ? 1_800_000 : 60_000,
      hookTimeout: 60_000,
    },
  });
}
