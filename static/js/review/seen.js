/* Whether a person can have seen what stands on the page: what has only just come has not been looked at, so a key that is
   pressed in that moment is about what stood there before. */

const MOMENT_MS = 300;  // on the screen; in less nobody sees something and decides about it

const painted = () => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); });
const passed = (ms) => new Promise((done) => { setTimeout(done, ms); });

export class Seen {
  /* mark: the input that says "1" while something is there that nobody can have seen; it is sent with the form, and the
     server approves nothing then. */
  constructor(mark, {signal}) { Object.assign(this, {mark, signal}); }

  get isMissing() { return Boolean(this.mark.value); }

  /* Something came into the page just now. */
  async came() {
    const round = this.round = (this.round || 0) + 1;
    this.mark.value = "1";
    await painted();  // not while its window is behind another one
    await passed(MOMENT_MS);
    if (round === this.round && !this.signal.aborted) this.mark.value = "";
  }

  /* Its person says that they know what stands there. */
  know() {
    this.round = (this.round || 0) + 1;
    this.mark.value = "";
  }
}
