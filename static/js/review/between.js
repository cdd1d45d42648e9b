/* The text from one word to another on a lower line, as in a program for texts: of the first line what follows the word, of
   the last what comes before the other, of lines between them all. A line ends at a gap, where another column begins. */

const LEVEL = 0.5;  // of the height of a word, by which the middle of another one on its line is off at most
const NEAR = 0.5;  // times the height of a word, from it: a point that is as near is meant as one in it
const GAP = 1;  // times the height of a word; wider, and the text is another one

/* words: [text, x0, y0, x1, y1] each, of 0..1. from, to: points. within: indices of the words in the box between them. ratio:
   width of the page by its height. Returns indices in the order of the text; null where a point lies beside all words, or
   both in one line. */
export const wordsBetween = (words, from, to, within, ratio) => {
  const height = (index) => words[index][4] - words[index][2], middle = (index) => (words[index][2] + words[index][4]) / 2;
  const away = (index, [x, y]) => {
    const [, x0, y0, x1, y1] = words[index];
    return Math.hypot(Math.max(x0 - x, x - x1, 0) * ratio, Math.max(y0 - y, y - y1, 0));
  };
  const at = (point) => [...words.keys()]
    .filter((index) => away(index, point) <= NEAR * height(index))
    .sort((one, other) => away(one, point) - away(other, point) || height(one) - height(other))[0];
  const ends = [at(from), at(to)];
  if (ends.includes(undefined)) return null;
  const isLevel = (one, other) => Math.abs(middle(one) - middle(other)) < LEVEL * Math.max(height(one), height(other));
  if (isLevel(...ends)) return null;
  const [first, last] = ends.sort((one, other) => middle(one) - middle(other));
  const isNear = (left, right) => Math.abs(words[right][1] - words[left][3]) * ratio <= GAP * height(left) && words[right][3] > words[left][3];
  const right = (index) => [...words.keys()].find((other) => other !== index && isLevel(index, other) && isNear(index, other));
  const left = (index) => [...words.keys()].find((other) => other !== index && isLevel(index, other) && isNear(other, index));
  const walk = (index, step) => { const found = []; for (let one = index; one !== undefined && !found.includes(one); one = step(one)) found.push(one); return found; };
  // Where a line begins below the first word, that is the edge of the text: what stands before it is something else.
  const edge = words[first][1], slack = height(first) * LEVEL / ratio;
  const before = (index) => {
    const found = walk(index, left), start = found.findIndex((one) => Math.abs(words[one][1] - edge) < slack);
    return start < 0 ? found : found.slice(0, start + 1);
  };
  const between = within.filter((index) => middle(index) > middle(first) && middle(index) < middle(last) && !isLevel(index, first) && !isLevel(index, last));
  const chosen = new Set([...walk(first, right), ...between.flatMap((index) => [...before(index), ...walk(index, right)]), ...before(last)]);
  return [...chosen].sort((one, other) => (isLevel(one, other) ? words[one][1] - words[other][1] : middle(one) - middle(other)));
};
