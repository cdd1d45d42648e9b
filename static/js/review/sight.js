/* Which marks their person has had before them: who approves is shown those that were never in view, and is asked once. */

const PART = 0.5;  // of a value, which has to be in view

/* Whether the middle of an element can be seen: nothing lies over it, and it is not scrolled away. */
export const isInView = (element) => {
  const {left, right, top, bottom} = element.getBoundingClientRect();
  const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return Boolean(hit && element.contains(hit));
};

export class Sight {
  /* bar: what lies over the lower edge of the window. */
  constructor(bar, {signal}) {
    this.seen = new WeakSet();  // what of the marks
    this.told = new WeakSet();  // of those that were missed
    this.marks = [];
    this.whats = new WeakMap();  // element -> what
    this.watch = new IntersectionObserver((entries) => {
      for (const {isIntersecting, target} of entries) if (isIntersecting) this.seen.add(this.whats.get(target));
    }, {rootMargin: `0px 0px -${bar.offsetHeight}px 0px`, threshold: PART});
    signal.addEventListener("abort", () => this.watch.disconnect());
  }

  /* These are marked now: [{element, what, show(), isLacking}]. what: the object that the mark is about, also when its element is
     drawn anew. isLacking: it says that something is not there; nobody sees that, so it counts as missed once, even in view. */
  follow(marks) {
    this.marks = marks;
    for (const {element, what} of marks) {
      if (this.whats.get(element) === what) continue;
      this.whats.set(element, what);
      this.watch.unobserve(element);  // an element that is in view already is told of once, as it is observed
      this.watch.observe(element);
    }
  }

  /* Those that were never in view, and what is lacking before them. They are missed once: who is told of them knows. */
  takeMissed() {
    const isMissed = ({element, what, isLacking}) => isLacking || (!this.seen.has(what) && !isInView(element));
    const missed = this.marks.filter((mark) => !this.told.has(mark.what) && isMissed(mark));
    missed.forEach(({what}) => this.told.add(what));
    return missed.sort((one, other) => Boolean(other.isLacking) - Boolean(one.isLacking));
  }
}
