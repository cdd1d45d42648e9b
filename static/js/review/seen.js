/* Whether a person can have seen what stands on the page: what has only just come has not been looked at, so a key that is
   pressed in that moment is about what stood there before. So is one of several Enters in a row that began there. */

const MOMENT_MS = 300;  // on the screen; in less nobody sees something and decides about it
const MODIFIERS = new Set(["Control", "Shift", "Alt", "Meta"]);
const ROW_MS = 600;  // between two Enters, from which the second is no longer one of several in a row

let lastEnter = -Infinity;  // milliseconds, in this page of the browser: also what was pressed on another document

const painted = () => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); });
const passed = (ms) => new Promise((done) => { setTimeout(done, ms); });

export class Seen {
  /* input: says "1" while something is there that nobody can have seen; it is sent with the form, and the server approves
     nothing then. */
  constructor(input, {signal}) {
    Object.assign(this, {input, signal});
    this.round = 0;  // of what came; the last one counts
    this.isArriving = false;  // the document as a whole has only just come
    addEventListener("keydown", (event) => this.key(event), {capture: true, signal});
    for (const name of ["pointerdown", "input"]) addEventListener(name, () => { this.isArriving = false; }, {capture: true, signal});
  }

  /* An Enter as a document comes was meant for another one, unless its person has done something else on it before. */
  key(event) {
    if (event.key !== "Enter") {
      if (!MODIFIERS.has(event.key)) this.isArriving = false;
      return;
    }
    lastEnter = performance.now();
    if (!this.isArriving) return;
    event.preventDefault();
    event.stopPropagation();
    this.tooSoon();
  }

  get isMissing() { return Boolean(this.input.value); }

  /* Something came into the page just now. */
  async came() {
    this.round += 1;
    const {round} = this;
    this.input.value = "1";
    await painted();  // not while its window is behind another one
    await passed(MOMENT_MS);
    for (let left; this.isArriving && (left = lastEnter + ROW_MS - performance.now()) > 0;) await passed(left);
    if (round === this.round && !this.signal.aborted) this.know();
  }

  /* Its document came just now, after another one or as the first. tooSoon(): an Enter came too early to be about it. */
  arrived(tooSoon) {
    Object.assign(this, {tooSoon, isArriving: true});
    this.came();
  }

  /* Its person says that they know what stands there. */
  know() {
    this.round += 1;
    this.input.value = "";
    this.isArriving = false;
  }
}
