import { describe, expect, test } from 'vitest';
import { callerDirectory, defaultStoreUrl, resolveStoreUrl } from '../src/index.ts';

describe('defaultStoreUrl', () => {
  test('is .agentbus/bus.db under the base directory', () => {
    expect(defaultStoreUrl({}, '/home/ann/100% mine')).toBe('sqlite:/home/ann/100%25 mine/.agentbus/bus.db');
  });

  test('is AGENTBUS_STORE when set, with a relative path resolved', () => {
    const choose = (AGENTBUS_STORE: string): string => defaultStoreUrl({ AGENTBUS_STORE }, '/home/ann');
    expect(choose('sqlite:../bob/bus.db?durability=relaxed')).toBe('sqlite:/home/bob/bus.db?durability=relaxed');
    expect(choose('memory:')).toBe('memory:');
    expect(choose('')).toBe('sqlite:/home/ann/.agentbus/bus.db');
  });

  test('says that a bad URL came from the environment', () => {
    expect(() => defaultStoreUrl({ AGENTBUS_STORE: 'bus.db' }, '/home/ann')).toThrow(
      /AGENTBUS_STORE: "bus\.db" is no store URL.*sqlite:bus\.db/,
    );
  });

  test('starts where the caller stood when npm ran us', () => {
    const env = { INIT_CWD: '/home/ann/docs', npm_package_json: `${process.cwd()}/package.json` };
    expect(defaultStoreUrl(env)).toBe('sqlite:/home/ann/docs/.agentbus/bus.db');
  });
});

describe('resolveStoreUrl', () => {
  test('makes a relative path absolute and keeps the rest', () => {
    expect(resolveStoreUrl('sqlite:bus.db?durability=full', '/srv')).toBe('sqlite:/srv/bus.db?durability=full');
    expect(resolveStoreUrl('sqlite:///srv/50%25%3F.db')).toBe('sqlite:/srv/50%25%3F.db');
    expect(resolveStoreUrl('memory:')).toBe('memory:');
  });
});

describe('callerDirectory', () => {
  const env = { INIT_CWD: '/home/ann/docs', npm_package_json: '/srv/app/package.json' };

  test('is where npm was called, for a script that npm runs in its package', () => {
    expect(callerDirectory(env, '/srv/app')).toBe('/home/ann/docs');
  });

  test('is the working directory for a program started elsewhere by such a script', () => {
    expect(callerDirectory(env, '/srv/agent')).toBe('/srv/agent');
    expect(callerDirectory({}, '/srv/app')).toBe('/srv/app');
  });
});
