import { once } from 'node:events';
import { chmod, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { type TemporaryDirectory, temporaryDirectory } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { mailboxAround, type WalkOptions, walkMailboxes } from '../../src/formats/index.ts';

async function plant(directory: TemporaryDirectory, files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(directory.join(path)), { recursive: true });
    await writeFile(directory.join(path), content);
  }
}

/** Each thing found, with what it is or why it is not read. */
async function walked(root: string, options?: WalkOptions): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const each of walkMailboxes(root, options)) {
    if ('bytes' in each) found.push([each.path, Buffer.from(each.bytes).toString()]);
    else found.push([each.path, 'ignored' in each ? each.ignored : each.unreadable]);
  }
  return found;
}

describe('a walk', () => {
  it('finds every file once, in order of names, with relative paths', async () => {
    await using directory = await temporaryDirectory();
    await plant(directory, {
      'b/inbox/2.json': '2',
      'b/inbox/10.json': '10',
      'a.json': 'a',
      'B/x': 'x',
      '.hidden': 'h',
      'b/é*?.md': 'é',
    });
    expect(await walked(directory.path)).toEqual([
      ['.hidden', 'h'],
      ['B/x', 'x'],
      ['a.json', 'a'],
      ['b/inbox/10.json', '10'],
      ['b/inbox/2.json', '2'],
      ['b/é*?.md', 'é'],
    ]);
  });

  it('tells when each file was changed', async () => {
    await using directory = await temporaryDirectory();
    await plant(directory, { a: 'x' });
    const time = Date.UTC(2026, 0, 5, 8, 0, 0, 250) / 1000;
    await utimes(directory.join('a'), time, time);
    for await (const found of walkMailboxes(directory.path)) {
      expect(found).toMatchObject({ modifiedAt: Date.UTC(2026, 0, 5, 8, 0, 0, 250) });
    }
  });

  it('reads a file only when it is asked for', async () => {
    await using directory = await temporaryDirectory();
    await plant(directory, { a: 'early', b: 'early' });
    const walk = walkMailboxes(directory.path);
    await walk.next();
    await writeFile(directory.join('b'), 'late');
    const { value } = await walk.next();
    expect(value !== undefined && 'bytes' in value ? Buffer.from(value.bytes).toString() : value).toBe('late');
    await walk.return(undefined);
  });

  it('follows no symbolic link, and says where each leads', async () => {
    await using outside = await temporaryDirectory();
    await using directory = await temporaryDirectory();
    await plant(outside, { secret: 's' });
    await plant(directory, { 'real/a.json': 'a' });
    await symlink(outside.path, directory.join('escape'));
    await symlink(outside.join('secret'), directory.join('stolen'));
    await symlink('real', directory.join('again'));
    await symlink('..', directory.join('real/loop'));
    await symlink('nowhere', directory.join('dangling'));
    const inside = 'symbolic link; its target is read where it lies';
    expect(await walked(directory.path)).toEqual([
      ['again', inside],
      ['dangling', 'dangling symbolic link'],
      ['escape', 'symbolic link out of the tree'],
      ['real/a.json', 'a'],
      ['real/loop', inside],
      ['stolen', 'symbolic link out of the tree'],
    ]);
  });

  it('may start at a symbolic link', async () => {
    await using directory = await temporaryDirectory();
    await plant(directory, { 'real/a.json': 'a' });
    await symlink('real', directory.join('link'));
    expect(await walked(directory.join('link'))).toEqual([['a.json', 'a']]);
  });

  it('neither opens sockets and pipes nor enters version control', async () => {
    await using directory = await temporaryDirectory();
    await plant(directory, { '.git/HEAD': 'x', 'a/node_modules/x/y': 'z' });
    const server = createServer().listen(directory.join('socket'));
    await once(server, 'listening');
    expect(await walked(directory.path)).toEqual([
      ['.git', 'version control or installed packages'],
      ['a/node_modules', 'version control or installed packages'],
      ['socket', 'no regular file'],
    ]);
    server.close();
  });

  it('reports a file that is too large instead of reading it', async () => {
    await using directory = await temporaryDirectory();
    await plant(directory, { large: 'x'.repeat(100), small: 'y' });
    const found = await walked(directory.path, { maxFileBytes: 99 });
    expect(found[0]?.[1]).toMatch(/100 bytes, more than the 99 .* split it/);
    expect(found[1]).toEqual(['small', 'y']);
  });

  it.skipIf(process.getuid?.() === 0)('reports what may not be read, and goes on', async () => {
    await using directory = await temporaryDirectory();
    await plant(directory, { 'a/x': 'x', b: 'b', c: 'c' });
    await chmod(directory.join('a'), 0);
    await chmod(directory.join('b'), 0);
    const found = await walked(directory.path);
    expect(found.map(([path]) => path)).toEqual(['a', 'b', 'c']);
    expect(found[0]?.[1]).toContain('EACCES');
    await chmod(directory.join('a'), 0o700);
  });

  it('reports what vanishes while it walks, and goes on', async () => {
    await using directory = await temporaryDirectory();
    await plant(directory, { a: 'a', b: 'b', c: 'c' });
    const walk = walkMailboxes(directory.path);
    await walk.next();
    await rm(directory.join('b'));
    expect((await walk.next()).value).toMatchObject({ path: 'b', unreadable: expect.stringContaining('ENOENT') });
    expect((await walk.next()).value).toMatchObject({ path: 'c' });
  });

  it.skipIf(process.platform !== 'linux')('reads files whose names are no UTF-8', async () => {
    await using directory = await temporaryDirectory();
    await writeFile(Buffer.concat([Buffer.from(directory.path), Buffer.from('/caf\xe9.json', 'latin1')]), 'x');
    expect(await walked(directory.path)).toEqual([['caf\\xe9.json', 'x']]);
  });

  it('refuses a root that is no directory', async () => {
    await using directory = await temporaryDirectory();
    await plant(directory, { a: 'a' });
    for (const root of [directory.join('a'), directory.join('missing')]) {
      await expect(walkMailboxes(root).next()).rejects.toMatchObject({ code: 'invalid_option' });
    }
  });
});

describe('what is around a root', () => {
  it.each([
    ['agents', undefined],
    ['agents/tug', 'tug'],
    ['agents/tug/inbox', 'tug/inbox'],
    ['agents/tug/processed', 'tug/processed'],
    ['archive', undefined],
  ])('of %s is %j', async (root, expected) => {
    await using directory = await temporaryDirectory();
    await plant(directory, {
      'agents/tug/inbox/2026-01-05/a.json': '{}',
      'agents/tug/processed/b.json': '{}',
      'archive/tug/inbox/a.json': '{}',
    });
    expect(await mailboxAround(directory.join(root))).toBe(expected);
  });
});
