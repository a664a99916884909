export { openStore, type OpenStoreOptions } from './open-store.ts';
export { callerDirectory, defaultStoreUrl, type Environment, resolveStoreUrl } from './default-store-url.ts';
