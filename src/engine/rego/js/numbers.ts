// Numbers as OPA has them: exact decimals in and out, integers of any size, and fractions computed with 64 bits of mantissa
// (Go's big.Float). Most numbers fit a JavaScript number and stay one.

/**
 * A decimal that no JavaScript number stands for: digits * 10^exponent, without trailing zeros in the digits. A number that
 * a JavaScript number stands for (its shortest text is that decimal) is never a BigNumber, so equal numbers are the same.
 */
export class BigNumber {
  readonly digits: bigint;
  readonly exponent: number;

  constructor(digits: bigint, exponent: number) {
    this.digits = digits;
    this.exponent = exponent;
  }

  toString(): string {
    return decimalText(this.digits, this.exponent);
  }
}

export type RegoNumber = number | BigNumber;

interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** Beyond this a number is not computed with: a text of a few characters must not cost gigabytes. */
const maxExponent = 100_000;
const maxTextLength = 100_000;

const numberText = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** The number that JSON text (or Rego's) stands for, or undefined when it is none, or too large to be worked with. */
export function parseNumber(text: string): RegoNumber | undefined {
  if (text.length < 16 && /^-?(0|[1-9]\d*)$/.test(text)) return Number(text) + 0;
  if (text.length > maxTextLength) return undefined;
  const match = numberText.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  const exponent = Number(power) - fraction.length;
  const digits = BigInt(whole + fraction);
  if (digits !== 0n && Math.abs(exponent) > maxExponent) return undefined;
  return fromDecimal(sign === "-" ? -digits : digits, digits === 0n ? 0 : exponent);
}

/** The canonical form of digits * 10^exponent. */
export function fromDecimal(digits: bigint, exponent: number): RegoNumber {
  if (digits === 0n) return 0;
  if (exponent === 0 && digits >= -9007199254740991n && digits <= 9007199254740991n) return Number(digits);
  const normal = withoutZeros(digits, exponent);
  const close = Number(`${normal.digits}e${normal.exponent}`);
  if (Number.isFinite(close) && close !== 0) {
    const same = decimalOfNumber(close);
    if (same.digits === normal.digits && same.exponent === normal.exponent) return close;
  }
  return new BigNumber(normal.digits, normal.exponent);
}

export function fromBigInt(value: bigint): RegoNumber {
  return fromDecimal(value, 0);
}

function withoutZeros(digits: bigint, exponent: number): Decimal {
  let text = digits.toString();
  let end = text.length;
  while (end > 1 && text.charCodeAt(end - 1) === 48) end--;
  if (end === text.length) return { digits, exponent };
  text = text.slice(0, end);
  return { digits: BigInt(text), exponent: exponent + digits.toString().length - end };
}

function decimalOfNumber(value: number): Decimal {
  const [, sign, whole = "", fraction = "", power = "0"] = numberText.exec(String(value)) ?? [];
  const digits = BigInt(whole + fraction);
  return withoutZeros(sign === "-" ? -digits : digits, Number(power) - fraction.length);
}

function decimalOf(value: RegoNumber): Decimal {
  return typeof value === "number" ? decimalOfNumber(value) : value;
}

/** As Go prints a json.Number that it computed: plain, or with an exponent where it is below -4 or above 20. */
function decimalText(digits: bigint, exponent: number): string {
  const negative = digits < 0n;
  const text = (negative ? -digits : digits).toString();
  const point = text.length + exponent;
  const sign = negative ? "-" : "";
  if (exponent >= 0) return sign + text + "0".repeat(exponent);
  if (point > 0) return `${sign}${text.slice(0, point)}.${text.slice(point)}`;
  if (point > -5) return `${sign}0.${"0".repeat(-point)}${text}`;
  const mantissa = text.length === 1 ? text : `${text[0]}.${text.slice(1)}`;
  const power = point - 1;
  return `${sign}${mantissa}e-${String(-power).padStart(2, "0")}`;
}

/** The text of a number as OPA writes it in JSON: integers in full. */
export function numberToText(value: RegoNumber): string {
  if (typeof value !== "number") return value.toString();
  if (Number.isSafeInteger(value)) return String(value);
  const { digits, exponent } = decimalOfNumber(value);
  return decimalText(digits, exponent);
}

export function isInteger(value: RegoNumber): boolean {
  return typeof value === "number" ? Number.isInteger(value) : value.exponent >= 0;
}

/** The integer, or undefined when the number is none. */
export function toBigInt(value: RegoNumber): bigint | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  const { digits, exponent } = decimalOf(value);
  return exponent < 0 ? undefined : digits * 10n ** BigInt(exponent);
}

export function toDouble(value: RegoNumber): number {
  return typeof value === "number" ? value : Number(value.toString());
}

export function compareNumbers(a: RegoNumber, b: RegoNumber): number {
  if (typeof a === "number" && typeof b === "number") return a < b ? -1 : a > b ? 1 : 0;
  const left = decimalOf(a);
  const right = decimalOf(b);
  const scale = Math.min(left.exponent, right.exponent);
  const x = left.digits * 10n ** BigInt(left.exponent - scale);
  const y = right.digits * 10n ** BigInt(right.exponent - scale);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function add(a: RegoNumber, b: RegoNumber): RegoNumber {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum) && Number.isSafeInteger(a) && Number.isSafeInteger(b)) return sum;
  }
  const [x, y] = [toBigInt(a), toBigInt(b)];
  if (x !== undefined && y !== undefined) return fromBigInt(x + y);
  return fromFloat(addFloats(toFloat(a), toFloat(b)));
}

/** Exact for integers; with a fraction among them rounded at each step, as OPA's `sum`. */
export function sum(numbers: readonly RegoNumber[]): RegoNumber {
  if (numbers.every(isInteger)) return numbers.reduce(add, 0);
  return fromFloat(numbers.map(toFloat).reduce(addFloats, { bits: 0n, power: 0 }));
}

function addFloats(a: Float, b: Float): Float {
  if (a.bits === 0n || b.bits === 0n) return a.bits === 0n ? b : a;
  const scale = Math.min(a.power, b.power);
  return rounded((a.bits << BigInt(a.power - scale)) + (b.bits << BigInt(b.power - scale)), 1n, scale);
}

export function subtract(a: RegoNumber, b: RegoNumber): RegoNumber {
  return add(a, negate(b));
}

export function negate(a: RegoNumber): RegoNumber {
  return typeof a === "number" ? 0 - a : new BigNumber(-a.digits, a.exponent);
}

export function multiply(a: RegoNumber, b: RegoNumber): RegoNumber {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product) && Number.isSafeInteger(a) && Number.isSafeInteger(b)) return product + 0;
  }
  const [x, y] = [toBigInt(a), toBigInt(b)];
  if (x !== undefined && y !== undefined) return fromBigInt(x * y);
  const [p, q] = [toFloat(a), toFloat(b)];
  return fromFloat(rounded(p.bits * q.bits, 1n, p.power + q.power));
}

/** Undefined for a division by zero. */
export function divide(a: RegoNumber, b: RegoNumber): RegoNumber | undefined {
  if (b === 0) return undefined;
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b) && (a as number) % (b as number) === 0) {
    return (a as number) / (b as number) + 0;
  }
  const [p, q] = [toFloat(a), toFloat(b)];
  return fromFloat(rounded(p.bits, q.bits, p.power - q.power));
}

/** The largest integer that is not larger. */
export function floor(a: RegoNumber): RegoNumber {
  if (typeof a === "number") return Math.floor(a) + 0;
  if (a.exponent >= 0) return a;
  const unit = 10n ** BigInt(-a.exponent);
  const whole = a.digits / unit;
  return fromBigInt(a.digits < 0n ? whole - 1n : whole);
}

/** Half away from zero, as Go's math.Round. */
export function round(a: RegoNumber): RegoNumber {
  const negative = compareNumbers(a, 0) < 0;
  const size = negative ? negate(a) : a;
  const whole = floor(size);
  const up = compareNumbers(subtract(size, whole), 0.5) >= 0;
  const result = up ? add(whole, 1) : whole;
  return negative ? negate(result) : result;
}

/** bits * 2^power, with at most 64 bits. */
interface Float {
  readonly bits: bigint;
  readonly power: number;
}

const precision = 64;

function toFloat(value: RegoNumber): Float {
  const { digits, exponent } = decimalOf(value);
  if (exponent >= 0) return rounded(digits * 10n ** BigInt(exponent), 1n, 0);
  return rounded(digits, 10n ** BigInt(-exponent), 0);
}

/** numerator / denominator * 2^power to 64 bits, to the nearest and half to even. */
function rounded(numerator: bigint, denominator: bigint, power: number): Float {
  if (numerator === 0n) return { bits: 0n, power: 0 };
  const negative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  const shift = precision + 1 - (bitLength(top) - bitLength(bottom));
  let quotient = shift >= 0 ? (top << BigInt(shift)) / bottom : top / (bottom << BigInt(-shift));
  const rest = shift >= 0 ? (top << BigInt(shift)) % bottom : top % (bottom << BigInt(-shift));
  let scale = power - shift;
  const excess = bitLength(quotient) - precision;
  if (excess > 0) {
    const half = 1n << BigInt(excess - 1);
    const low = quotient & ((1n << BigInt(excess)) - 1n);
    quotient >>= BigInt(excess);
    scale += excess;
    const above = low > half || (low === half && rest !== 0n);
    if (above || (low === half && rest === 0n && (quotient & 1n) === 1n)) quotient += 1n;
    if (quotient === 1n << BigInt(precision)) {
      // Rounded up to one bit more: the last bit is now the one before, which says how many digits the text has.
      quotient >>= 1n;
      scale += 1;
    }
  }
  return { bits: negative ? -quotient : quotient, power: scale };
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

/** The shortest decimal that is read as this float again, found as Go's Text('g', -1) finds it. */
function fromFloat({ bits, power }: Float): RegoNumber {
  if (bits === 0n) return 0;
  const negative = bits < 0n;
  const halves = (negative ? -bits : bits) * 2n;
  const exponent = Math.floor((bitLength(halves) + power - 1) * Math.LOG10E * Math.LN2) - enoughDigits;
  const digits = (part: bigint): Digits => digitsOf(part, power - 1, exponent);
  const value = digits(halves);
  const text = shortest(value, digits(halves - 1n), digits(halves + 1n), (bits & 1n) === 0n);
  return fromDecimal(negative ? -text.prefix : text.prefix, exponent + value.length - text.length);
}

/** More than tell a float of 64 bits from its neighbours. */
const enoughDigits = 24;

/** The first digits of a decimal; without the zeros at its end when these are all. */
interface Digits {
  readonly text: string;
  readonly isAll: boolean;
  /** How many there are with those zeros. */
  readonly length: number;
}

/** Of value * 2^power, down to 10^exponent. */
function digitsOf(value: bigint, power: number, exponent: number): Digits {
  const top = (power >= 0 ? value << BigInt(power) : value) * (exponent < 0 ? 10n ** BigInt(-exponent) : 1n);
  const bottom = (power < 0 ? 1n << BigInt(-power) : 1n) * (exponent >= 0 ? 10n ** BigInt(exponent) : 1n);
  const text = (top / bottom).toString();
  const isAll = top % bottom === 0n;
  return { text: isAll ? text.replace(/0+$/, "") : text, isAll, length: text.length };
}

/** Go's roundShortest, digit by digit, with its preference where two decimals are as short. */
function shortest(
  value: Digits,
  lower: Digits,
  upper: Digits,
  isEven: boolean,
): { readonly prefix: bigint; readonly length: number } {
  for (let length = 1; length < value.text.length; length++) {
    const at = length - 1;
    const [digit, below, above] = [digitAt(value, at), digitAt(lower, at), digitAt(upper, at)];
    const canDown = below !== digit || (isEven && lower.isAll && length === lower.text.length);
    const canUp = digit !== above && (isEven || digit + 1 < above || !upper.isAll || length < upper.text.length);
    if (!canDown && !canUp) continue;
    const isUp = canDown && canUp ? roundsUp(value, length) : canUp;
    return { prefix: BigInt(value.text.slice(0, length)) + (isUp ? 1n : 0n), length };
  }
  return { prefix: BigInt(value.text), length: value.text.length };
}

function digitAt(digits: Digits, at: number): number {
  return at < digits.text.length ? digits.text.charCodeAt(at) - 48 : 0;
}

/** To the nearest with that many digits, and half to even. */
function roundsUp(value: Digits, length: number): boolean {
  const isHalf = digitAt(value, length) === 5 && value.isAll && value.text.length === length + 1;
  return isHalf ? digitAt(value, length - 1) % 2 === 1 : digitAt(value, length) >= 5;
}
