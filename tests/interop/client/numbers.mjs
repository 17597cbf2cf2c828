/** WIRE 9.2: the numbers of messages, by which a reader sees that one is missing. */
export const states = { open: 0, missing: 1, excused: 2, accepted: 3 };

export const noneGiven = { last: 0, since: 0, absent: [], heard: 0, lacks: [] };
export const noneReceived = {
  highest: 0,
  since: 0,
  gaps: [],
  resumes: false,
  newest: 0,
  restored: 0,
  searched: 0,
};

const mostRanges = 32;
const dayMs = 86_400_000;

/** Gives the next message to a contact its number, and says what the reader is told with it. */
export function nextNumber({ given, received }, now) {
  const number = given.last + 1;
  const numbering = {
    since: given.since,
    absent: given.absent.filter(({ due }) => due === 0 || due + dayMs > now)
      .map(rangeOf),
    heard: received.highest,
    lacks: received.gaps.map(rangeOf).slice(-mostRanges),
  };
  return { number, numbering, given: { ...given, last: number } };
}

/** Whether a contact's message of this number was seen before. */
export function wasSeen({ highest, gaps }, number) {
  return number > 0 && number <= highest &&
    !gaps.some((gap) => holds(gap, number));
}

/** A contact whose message of this number and numbering is seen now, in the entry `id`. */
export function withSeen(contact, { number, numbering }, id) {
  const { received } = contact;
  const newest = Math.max(received.newest, id);
  if (number === 0) return contact;
  if (number < received.highest) {
    const gaps = received.gaps.flatMap((gap) => outside(gap, number, number));
    return { ...contact, received: { ...received, gaps, newest } };
  }
  const { absent, since, heard, lacks } = numbering;
  const gaps = excused(withGapBelow(received, number), absent);
  return {
    ...contact,
    given: { ...contact.given, heard, lacks },
    received: {
      ...received,
      highest: number,
      since,
      gaps,
      newest,
      resumes: false,
      searched: 0,
    },
  };
}

/** All entries of the contact were looked at: what is not there is missing. */
export function withSearched(received) {
  const searched = ({ state, ...gap }) => ({
    ...gap,
    state: Math.max(state, states.missing),
  });
  return { ...received, gaps: joined(received.gaps.map(searched)) };
}

function withGapBelow({ highest, gaps, resumes }, number) {
  if (resumes || number <= highest + 1) return gaps;
  return [...gaps, {
    first: highest + 1,
    last: number - 1,
    state: states.open,
  }];
}

/** Gaps are excused as far as the message with the highest number says, and no further. */
function excused(gaps, absent) {
  let found = gaps.map((gap) =>
    gap.state === states.excused ? { ...gap, state: states.open } : gap
  );
  for (const { first, last } of absent) {
    found = found.flatMap((gap) => [
      ...outside(gap, first, last),
      ...inside(gap, first, last).map((part) => ({
        ...part,
        state: part.state === states.accepted ? states.accepted : states.excused,
      })),
    ]);
  }
  return joined(found);
}

/** Gaps in their order, where neighbours of one state are one. */
function joined(gaps) {
  const found = [];
  for (const gap of gaps.toSorted((one, other) => one.first - other.first)) {
    const before = found.at(-1);
    if (before?.state === gap.state && before.last + 1 === gap.first) {
      found[found.length - 1] = { ...before, last: gap.last };
    } else found.push(gap);
  }
  return found;
}

function outside(gap, first, last) {
  const below = { ...gap, last: Math.min(gap.last, first - 1) };
  const above = { ...gap, first: Math.max(gap.first, last + 1) };
  return [below, above].filter(isRange);
}

function inside(gap, first, last) {
  return [{
    ...gap,
    first: Math.max(gap.first, first),
    last: Math.min(gap.last, last),
  }]
    .filter(isRange);
}

function isRange({ first, last }) {
  return first <= last;
}

function holds({ first, last }, number) {
  return first <= number && number <= last;
}

function rangeOf({ first, last }) {
  return { first, last };
}
