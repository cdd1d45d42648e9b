/* Whether what was typed corrects what is printed, or is another value. */

const bare = (text) => text.replace(/\s+/g, "").toLowerCase();
const isMostOf = (typed, printed) => bare(printed).includes(bare(typed)) && bare(typed).length * 2 >= bare(printed).length;
const SAME_ENOUGH = 0.5;  // of the characters: a reading error that was corrected, not another value

/* The part of the longer text that the other has too, by edit distance. */
const likeness = (one, other) => {
  const [a, b] = [bare(one), bare(other)];
  if (!a.length || !b.length) return 0;
  let before = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i += 1) {
    const now = [i];
    for (let j = 1; j <= b.length; j += 1) {
      now[j] = Math.min(before[j] + 1, now[j - 1] + 1, before[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    before = now;
  }
  return 1 - before[b.length] / Math.max(a.length, b.length);
};

/* Whether the typed text is the printed one, of which a reading error was corrected: then it stands where that does. */
export const isSameCorrected = (typed, printed) => isMostOf(typed, printed) || likeness(typed, printed) >= SAME_ENOUGH;
