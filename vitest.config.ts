import { defineConfig, type ViteUserConfig } from 'vitest/config';

const workspace: ViteUserConfig = defineConfig({
  test: { projects: ['packages/*', 'apps/*', 'tooling/*/vitest.config.ts'], silent: 'passed-only' },
});

export default workspace;
