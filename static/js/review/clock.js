/* How long somebody is at the document, and at each of its fields, in seconds; sent with the decision. A minute without a
   key or a click, or a page in the background, does not count. */

const TICK_MS = 500;
const IDLE_MS = 60_000;

export class Clock {
  constructor(form, {signal}) {
    this.input = form.elements.spent;
    this.spent = {seconds: 0, fields: {}, ...JSON.parse(this.input.value || "{}")};
    this.active = performance.now();
    for (const name of ["pointerdown", "pointermove", "keydown", "wheel"]) addEventListener(name, () => { this.active = performance.now(); }, {passive: true, signal});
    const ticks = setInterval(() => this.tick(), TICK_MS);
    signal.addEventListener("abort", () => clearInterval(ticks));
  }

  tick() {
    if (document.hidden || performance.now() - this.active > IDLE_MS) return;
    const part = document.activeElement?.closest("[data-field], [data-grid]")?.dataset;
    const key = part?.field || part?.grid;
    this.spent.seconds += TICK_MS / 1000;
    if (key) this.spent.fields[key] = (this.spent.fields[key] || 0) + TICK_MS / 1000;
    this.input.value = JSON.stringify(this.spent);
  }
}
