/* Whether a person can have seen what stands on the page: what has only just come has not been looked at, so a key that is
   pressed in that moment is about what stood there before. */

const MOMENT_MS = 300;  // on the screen; in less nobody sees something and decides about it

const painted = () => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); });
const passed = (ms) => new Promise((done) => { setTimeout(done, ms); });

export class Seen {
  /* input: says "1" while something is there that nobody can have seen; it is sent with the form, and the server approves
     nothing then. */
  constructor(input, {signal}) {
    Object.assign(this, {input, signal});
    this.round = 0;  // of what came; the last one counts
  }

  get isMissing() { return Boolean(this.input.value); }

  /* Something came into the page just now. */
  async came() {
    this.round += 1;
    const {round} = this;
    this.input.value = "1";
    await painted();  // not while its window is behind another one
    await passed(MOMENT_MS);
    if (round === this.round && !this.signal.aborted) this.input.value = "";
  }

  /* Its person says that they know what stands there. */
  know() {
    this.round += 1;
    this.input.value = "";
  }
}
