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
const mostUnknown = 10_000;
const dayMs = 86_400_000;
const clockMs = 600_000;

/** Gives the next message to a contact its number, and says what the reader is told with it. */
export function nextNumber({ given, received }, now) {
  const number = given.last + 1;
  const numbering = {
    since: given.since,
    absent: given.absent.filter(({ due }) => due === 0 || due + dayMs > now)
      .map(({ expires, ...range }) => ({
        ...rangeOf(range),
        expires: expires > now ? expires : 0,
      })),
    heard: received.highest,
    lacks: received.gaps.map(rangeOf),
  };
  return { number, numbering, given: { ...given, last: number } };
}

/** Whether a message that the entry `id` has was seen before, and not in a mailbox that was restored since. */
export function wasSeen({ highest, gaps, restored }, number, id) {
  return id > restored && isNoted({ highest, gaps }, number);
}

function isNoted({ highest, gaps }, number) {
  return number <= highest && !gaps.some((gap) => holds(gap, number));
}

/** A contact whose message of this number and numbering is seen now, in the entry `id`. */
export function withSeen(contact, { number, numbering }, id, now) {
  const { given, received } = contact;
  if (isNoted(received, number)) return contact;
  const newest = Math.max(received.newest, id);
  const since = Math.max(received.since, numbering.since);
  const numbers = number < received.highest
    ? { gaps: received.gaps.flatMap((gap) => outside(gap, number, number)) }
    : afterHighest(received, number, numbering.absent, now);
  return {
    ...contact,
    given: acknowledged(given, numbering),
    received: { ...received, ...numbers, newest, since },
  };
}

/** A message of a number above all others: it leaves a gap, and says what of the gaps may never come. */
function afterHighest({ highest, gaps, resumes, searched }, number, absent, now) {
  const state = resumes ? states.accepted : states.open;
  const passed = { first: highest + 1, last: number - 1, expires: 0, state };
  const opened = isRange(passed) ? [passed] : [];
  return {
    highest: number,
    gaps: bounded(excused([...gaps, ...opened], absent, now)),
    resumes: false,
    searched: opened.length > 0 ? 0 : searched,
  };
}

/** What was given, as the contact says that it has seen it. */
function acknowledged(given, { heard, lacks }) {
  if (heard === 0 || heard < given.heard || heard > given.last + mostUnknown) return given;
  const seen = outsideAll({ first: 1, last: heard }, lacks);
  const absent = given.absent.flatMap((range) => outsideAll(range, seen));
  return { ...given, last: Math.max(given.last, heard), absent, heard, lacks };
}

/** All entries of the contact were looked at: what is not there is missing. */
export function withSearched(received, now) {
  const searched = (gap) => {
    if (gap.state !== states.open) return gap;
    const isOver = gap.expires > 0 && mayBeOver(gap.expires, now);
    return { ...gap, state: isOver ? states.excused : states.missing };
  };
  return { ...received, gaps: joined(received.gaps.map(searched)) };
}

/** Gaps are excused as far as the message with the highest number says, and no further. */
function excused(gaps, absent, now) {
  let found = gaps.map((gap) => ({
    ...gap,
    state: gap.state === states.excused ? states.open : gap.state,
    expires: 0,
  }));
  for (const { first, last, expires } of absent) {
    const change = mayBeOver(expires, now) ? { state: states.excused } : { expires };
    found = found.flatMap((gap) =>
      gap.state === states.accepted ? [gap] : [
        ...outside(gap, first, last),
        ...inside(gap, first, last).map((part) => ({ ...part, ...change })),
      ]
    );
  }
  return joined(found);
}

/** Of too many gaps the lowest that touch become one, then the lowest are forgotten. */
function bounded(gaps) {
  const { open, excused } = states;
  const expiring = merged(gaps, (a, b) => {
    const expires = Math.min(a.expires, b.expires);
    return a.state === open && b.state === open && expires > 0 ? { ...a, expires } : null;
  });
  const mayBeExcused = ({ state }) => state === open || state === excused;
  return merged(
    expiring,
    (a, b) => mayBeExcused(a) && mayBeExcused(b) ? { ...a, state: excused, expires: 0 } : null,
  ).slice(-mostRanges);
}

function merged(gaps, common) {
  const left = [...gaps];
  for (let at = 0; left.length > mostRanges && at + 1 < left.length;) {
    const [a, b] = [left[at], left[at + 1]];
    const both = a.last + 1 === b.first ? common(a, b) : null;
    if (both === null) at++;
    else left.splice(at, 2, { ...both, last: b.last });
  }
  return left;
}

function mayBeOver(expires, now) {
  return expires <= now + clockMs;
}

/** Gaps in their order, where neighbours of one state are one. */
function joined(gaps) {
  const found = [];
  for (const gap of gaps.toSorted((one, other) => one.first - other.first)) {
    const before = found.at(-1);
    const isAlike = before?.state === gap.state && before.expires === gap.expires;
    if (isAlike && before.last + 1 === gap.first) {
      found[found.length - 1] = { ...before, last: gap.last };
    } else found.push(gap);
  }
  return found;
}

function outsideAll(range, others) {
  return others.reduce(
    (parts, { first, last }) => parts.flatMap((part) => outside(part, first, last)),
    [range],
  );
}

function outside(gap, first, last) {
  const below = { ...gap, last: Math.min(gap.last, first - 1) };
  const above = { ...gap, first: Math.max(gap.first, last + 1) };
  return [below, above].filter(isRange);
}

function inside(gap, first, last) {
  return [{ ...gap, first: Math.max(gap.first, first), last: Math.min(gap.last, last) }]
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
