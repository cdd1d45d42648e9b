/* Exact decimal numbers for sums while typing: a BigInt of millionths. The server understands values again when they are
   saved; here it is enough to add up what is canonical ("1234.50") or typed as printed ("1.234,50"). */

const PLACES = 6;
export const ONE = 10n ** BigInt(PLACES);

/* The digits before the decimal separator, and those behind it, of what is left of a text without sign and unit. */
const partsOf = (number) => {
  const dot = number.lastIndexOf("."), comma = number.lastIndexOf(",");
  let at = Math.max(dot, comma);  // of the decimal separator, -1 where there is none
  if (dot < 0 !== comma < 0) {
    const separator = dot < 0 ? "," : ".";
    const isGrouped = number.split(separator).length > 2 || separator === "," && /,\d{3}$/.test(number);
    if (isGrouped) at = -1;
  }
  return [at < 0 ? number : number.slice(0, at), at < 0 ? "" : number.slice(at + 1)].map((part) => part.replace(/\D/g, ""));
};

/* Millionths of the number that a text is, null where it is none. */
export const parse = (text) => {
  const kept = text.replace(/[^\d.,+-]/g, "");
  if (!/\d/.test(kept)) return null;
  const isNegative = /^-|-$/.test(kept) || /^\s*\(.*\)\s*$/.test(text);
  const [whole, part] = partsOf(kept.replace(/[+-]/g, ""));
  const value = BigInt(whole || "0") * ONE + BigInt(part.slice(0, PLACES).padEnd(PLACES, "0"));
  return isNegative ? -value : value;
};

export const times = (one, other) => (one * other) / ONE;

export const format = (value) => {
  const isNegative = value < 0n, digits = String(isNegative ? -value : value).padStart(PLACES + 1, "0");
  const part = digits.slice(-PLACES).replace(/0+$/, "").padEnd(2, "0");
  return `${isNegative ? "-" : ""}${digits.slice(0, -PLACES)}.${part}`;
};

/* Half a unit of the last place that the texts print: what rounding may cost each. */
export const rounding = (...texts) => {
  const places = texts.map((text) => Math.min(PLACES, partsOf(text.replace(/[^\d.,]/g, ""))[1].length));
  return ONE / 2n / 10n ** BigInt(Math.max(0, ...places));
};
