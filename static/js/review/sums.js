/* What the rows of a table add up to, and whether that is a total of the document: by the rules of invex/fields/checks.py.
   Only these differ. What is printed beside the rows (charges, discounts, percentages), and a tax rate of theirs, is weighed
   when their page is made: what a row that is changed since would be explained by is not known before the page is loaded
   again. Nothing is said of the sum while a row, also an empty one, has no amount, nor against the rows of a document whose
   e-invoice states them, also where a person adds one. */

import {format, ONE, parse, rounding, times} from "./decimals.js";

export const SUMMED = "amount";
const LINES_SUM_TO = ["net_amount", "total_amount", "gross_amount"];
// To a multiple of its smallest coin a total may be rounded: one of these currencies, or a twentieth of another.
const WHOLE_COINS = new Set("CZK DKK HUF INR ISK JPY KRW LKR NOK PKR SEK".split(" "));
const LEAST_LINES = [3n, 4n];  // of a total that no tax is known of

const size = (number) => (number < 0n ? -number : number);

/* Whether quantity × unit price is not the amount; each of the three may be rounded in its last printed place. */
const isRowOff = (texts) => {
  const [quantity, price, amount] = texts.map(parse);
  if (quantity === null || price === null || amount === null) return false;
  const ofQuantity = quantity % ONE ? times(size(price), rounding(texts[0])) : 0n;
  return size(times(quantity, price) - amount) > rounding(texts[2]) + times(size(quantity), rounding(texts[1])) + ofQuantity;
};

/* The total that the lines, with or without the tax, add up to, as {total, tax, off}: tax: what was added for it, 0n where it
   is not needed; off: what rounding has changed. coin: to which a total may be rounded; beside a net amount only that of
   lines with their tax, since others add up to the net amount by the cent. undefined where they add up to none. */
const fitting = (totals, lines, taxes, tolerance, coin) => {
  for (const total of totals) {
    const {key, number} = total, isNet = key === "net_amount";
    const rounded = !isNet && coin && number % coin === 0n && coin / 2n > tolerance ? coin / 2n : tolerance;
    const taxed = totals.some((other) => other.key === "net_amount") ? tolerance : rounded;
    if (size(lines - number) <= rounded) return {total, tax: 0n, off: number - lines};
    if (!isNet && size(lines + taxes - number) <= taxed) return {total, tax: taxes, off: number - lines - taxes};
  }
  return undefined;
};

/* rows: each {quantity, unit_price, amount}, texts, and whether it has a discount. total(key): {values, label} of a field,
   null where it is empty. changes, explained, is_stated: what the document says beside them, see beside() of
   invex/review/checks.py.
   Returns {off, said, isOff}: which rows are off; the sum, with what is added to it (a charge, the tax), beside the total that
   it is or is not, "" where a row has no amount; and whether it is none. */
export const sumsOf = (rows, total, {changes = [], explained = [], is_stated: isStated = false} = {}) => {
  const right = new Set(explained.map((texts) => JSON.stringify(texts)));
  const off = rows.map(({quantity, unit_price: price, amount, hasDiscount}) => {
    const texts = [quantity, price, amount];
    return !isStated && !hasDiscount && !right.has(JSON.stringify(texts)) && isRowOff(texts);
  });
  const amounts = rows.map(({amount}) => amount), numbers = amounts.map(parse);
  if (!rows.length || numbers.includes(null)) return {off, said: "", isOff: false};
  const totals = LINES_SUM_TO.flatMap((key) => {
    const found = total(key), number = found && parse(found.values[0]);
    return found && number !== null ? [{key, number, text: found.values[0], label: found.label}] : [];
  });
  const lines = numbers.reduce((sum, number) => sum + number, 0n);
  const taxes = (total("tax_amount")?.values ?? []).reduce((sum, text) => sum + (parse(text) ?? 0n), 0n);
  const tolerance = rounding(...amounts, ...totals.map(({text}) => text)) * BigInt(rows.length + 2);
  const steps = [0n, ...(lines ? changes : []).map((text) => (lines < 0n ? -parse(text) : parse(text)))];
  const smallest = WHOLE_COINS.has(total("currency")?.values[0]) ? ONE : ONE / 20n;
  const coin = (one) => (one ? 0n : smallest);  // with charges, lines add up by the cent
  const step = steps.find((one) => fitting(totals, lines + one, taxes, tolerance, coin(one))) ?? 0n;
  const fits = fitting(totals, lines + step, taxes, tolerance, coin(step)), [first] = totals;
  // Without a net amount and without a tax nobody knows what a total adds to the lines, but it is no large part.
  const isKnown = first && (first.key === "net_amount" || total("tax_amount"));
  const isPart = first && LEAST_LINES[0] * size(first.number) <= LEAST_LINES[1] * size(lines) && size(lines) <= size(first.number);
  const isOff = Boolean(!isStated && !fits && first && (isKnown || !isPart));
  const added = (number, name = "") => (number ? ` ${number < 0n ? "−" : "+"} ${format(size(number))}${name}` : "");
  const parts = fits && added(step) + added(fits.tax, ` ${total("tax_amount")?.label}`);
  const reached = fits && (parts || fits.off ? `${fits.total.text} ${fits.total.label}` : fits.total.label);
  const beside = fits ? `${parts} ${fits.off ? "≈" : "="} ${reached} ✓` : isOff ? ` ≠ ${first.text} ${first.label} ▲` : "";
  return {off, said: `Σ ${format(lines)}${beside}`, isOff};
};
