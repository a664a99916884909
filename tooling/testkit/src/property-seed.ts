import fc from 'fast-check';

/**
 * The seed of every property test: the same for everybody, so that a run tells the same story each time and a change that
 * breaks a property shows with that change. `AGENTBUS_TEST_SEED=N` tells another story; a failure prints its seed.
 */
fc.configureGlobal({ seed: Number(process.env.AGENTBUS_TEST_SEED ?? 20_261_123) });
