import { systemClock } from '@agentbus/core';

// Ends at once if a pending call keeps nothing alive, and long after the test's patience if it does.
systemClock.after(3_600_000, () => {});
