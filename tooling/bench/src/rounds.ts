/** One of several ways to do the same work. */
export interface Contestant<Name extends string> {
  readonly name: Name;
  /** Plays one round and resolves to its rate: messages a second. */
  readonly play: () => Promise<number> | number;
}

/** How often to play. */
export interface Rounds {
  readonly rounds: number;
  /** Rounds played first and not counted, until code is compiled and caches are filled. */
  readonly warmUps: number;
}

/**
 * Lets contestants play in turn: A B C, A B C, … A disk or a neighbour that is slow for a second is slow for all of
 * them, so that each round can be compared within itself however noisy the machine is.
 */
export async function playRounds<Name extends string>(
  contestants: readonly Contestant<Name>[],
  { rounds, warmUps }: Rounds,
): Promise<ReadonlyMap<Name, readonly number[]>> {
  const rates = new Map<Name, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const { name, play } of contestants) {
      const rate = await play();
      if (round >= 0) rates.get(name)?.push(rate);
    }
  }
  return rates;
}

/** Measures how many of `count` things are done in a second. */
export async function measureRate(count: number, work: () => Promise<void> | void): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (count / (performance.now() - startedAt)) * 1000;
}

/** The rates of one contestant. */
export function ratesOf<Name extends string>(
  rates: ReadonlyMap<Name, readonly number[]>,
  name: Name,
): readonly number[] {
  const found = rates.get(name);
  if (found === undefined) throw new RangeError(`Nobody called "${name}" played.`);
  return found;
}

/** Round by round, how one contestant did against another. */
export function ratiosOf<Name extends string>(
  rates: ReadonlyMap<Name, readonly number[]>,
  name: Name,
  against: Name,
): readonly number[] {
  const others = ratesOf(rates, against);
  return ratesOf(rates, name).map((rate, round) => rate / (others[round] ?? Number.NaN));
}
