/**
 * The rule by which four priorities share a subscription: claims take turns round this wheel, and each claim looks
 * first into the lane named here, then into the others from urgent to low. Of 15 claims 7 begin with urgent, 4 with
 * high, 3 with normal and 1 with low. So while urgent work never ends, a low message still gets at least one place in
 * 15 claims, and the spread keeps the turns of one lane apart.
 */
export const laneWheel: readonly number[] = [0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 2];

/** The lanes in the order in which claim number `turn` of a subscription looks into them. */
export function laneOrder(turn: number): readonly number[] {
  return orders[turn % laneWheel.length] ?? [0, 1, 2, 3];
}

const orders = laneWheel.map((first) => [first, ...[0, 1, 2, 3].filter((lane) => lane !== first)]);
