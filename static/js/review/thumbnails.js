/* The pages, small, at the left: a click goes to one, and the one that is looked at is marked. One of them is in the order
   of Tab, the arrows go from page to page. */

export class Thumbnails {
  constructor(root, pages, {signal}) {
    Object.assign(this, {root, pages});
    this.buttons = [...root.querySelectorAll("[data-to]")];
    this.mark(this.buttons[0]);
    root.addEventListener("click", (event) => this.go(event.target.closest("[data-to]")));
    root.addEventListener("keydown", (event) => {
      const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
      if (!step) return;
      event.preventDefault();
      this.go(this.buttons[this.buttons.indexOf(event.target.closest("[data-to]")) + step]);
    });
    const heights = new Map();  // of the part of each page that is in view
    const watch = new IntersectionObserver((entries) => {
      for (const {target, intersectionRatio, intersectionRect} of entries) heights.set(target, intersectionRatio && intersectionRect.height);
      const [most] = [...heights].sort((one, other) => other[1] - one[1])[0];
      this.mark(this.buttons[Number(most.dataset.page)]);
    }, {root: pages.root, threshold: [0, 0.25, 0.5, 0.75, 1]});
    pages.frames.forEach((frame) => watch.observe(frame));
    signal.addEventListener("abort", () => watch.disconnect());
  }

  go(button) {
    if (!button) return;
    this.pages.goTo(Number(button.dataset.to));
    this.mark(button);
    button.focus({preventScroll: true});
  }

  mark(button) {
    for (const one of this.buttons) {
      if (one === button) one.setAttribute("aria-current", "page");
      else one.removeAttribute("aria-current");
      one.tabIndex = one === button ? 0 : -1;
    }
    const view = this.root.getBoundingClientRect(), place = button.getBoundingClientRect();
    if (place.top < view.top || place.bottom > view.bottom) this.root.scrollTop += place.top - view.top - view.height / 3;
  }
}
