const from = import.meta.resolve('@agentbus/core').endsWith('/src/index.ts') ? 'sources' : 'build';
process.stdout.write(JSON.stringify({ args: process.argv.slice(2), from }));
