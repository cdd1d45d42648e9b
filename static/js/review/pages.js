/* The page images: boxes drawn over them, words under the pointer, zoom. Coordinates are of the page, 0..1. */

import {wordsBetween} from "./between.js";

const SVG = "http://www.w3.org/2000/svg";
const LARGE = 3;  // times the height of the words beside it: a watermark or a stamp, which is not meant
const ZOOMS = [1, 1.5, 2, 3, 4];
const SHARPER = 1.15;  // shown this much larger than it was drawn, a page is asked for sharper
const TRIES = 20;  // for a sharper picture that is still being drawn
const SCROLLED_MS = 200;  // after the last step of scrolling
const LEAST_DRAG = 0.004;  // of the page; less is a click

const rectangle = (box, kind) => {
  const shape = document.createElementNS(SVG, "rect");
  const [x0, y0, x1, y1] = box;
  for (const [name, value] of Object.entries({x: x0, y: y0, width: x1 - x0, height: y1 - y0})) shape.setAttribute(name, value);
  shape.setAttribute("class", kind);
  return shape;
};

/* The box between two points. */
const between = (one, other) => [Math.min(one[0], other[0]), Math.min(one[1], other[1]), Math.max(one[0], other[0]), Math.max(one[1], other[1])];

export class Pages {
  /* picked({page, words, box, isAdding}): words are [text, x0, y0, x1, y1]; none where a box was drawn over no text.
     signal: aborted when these pages are shown no more, for those that leave before the browser does. */
  constructor(root, {picked, signal}) {
    this.root = root;
    this.picked = picked;
    this.words = new Map();  // page -> words, once it came near
    this.zoom = 1;
    this.drag = null;  // {page, from, to}: points on the page
    this.pause = null;  // of scrolling, after which what came into view is asked for sharper
    this.place = null;  // that was shown last, until somebody goes elsewhere
    this.frames = new Map([...root.querySelectorAll(".page")].map((p) => [Number(p.dataset.page), p]));
    // A page that is not in view is not drawn, and would have no height: nothing could be scrolled to on it or behind it.
    this.frames.forEach((frame) => {
      const image = frame.querySelector("img");
      this.shape(frame, image.naturalWidth || image.getAttribute("width"), image.naturalHeight || image.getAttribute("height"));
    });
    // Of a page that was not drawn before, only its picture says how large it is. The event does not bubble.
    root.addEventListener("load", ({target}) => this.shape(target.closest(".page"), target.naturalWidth, target.naturalHeight), {capture: true});
    // After the browser has itself kept in view what it takes to be looked at.
    this.sizes = new ResizeObserver(() => { if (this.place) this.show(this.place); });
    this.frames.forEach((frame) => this.sizes.observe(frame));
    const goesElsewhere = ({type, ctrlKey, target}) => !(type === "wheel" && ctrlKey) && !target.closest(".zoom");  // else it zooms
    for (const name of ["wheel", "pointerdown", "keydown"]) {
      root.addEventListener(name, (event) => { if (goesElsewhere(event)) this.place = null; }, {passive: true});
    }
    this.layers = new Map([...this.frames].map(([n, p]) => [n, p.querySelector("svg")]));
    // A document of 500 pages has a quarter of a million words: those of a page are fetched when it comes near.
    this.near = new IntersectionObserver((entries) => {
      for (const {isIntersecting, target} of entries) {
        if (!isIntersecting) continue;
        this.near.unobserve(target);
        this.fetchWords(Number(target.dataset.page));
      }
    }, {root, rootMargin: "50%"});
    this.frames.forEach((frame) => this.near.observe(frame));
    signal?.addEventListener("abort", () => { this.near.disconnect(); this.sizes.disconnect(); });
    root.addEventListener("pointerdown", (event) => this.begin(event));
    addEventListener("pointermove", (event) => this.move(event), {signal});
    addEventListener("pointercancel", () => { this.drag = null; this.mark(); }, {signal});  // a finger that scrolls
    addEventListener("pointerup", (event) => this.end(event), {signal});
    root.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoomBy(event.deltaY < 0 ? 1 : -1);
    }, {passive: false});
    root.addEventListener("scroll", () => {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => { if (this.zoom > 1) this.sharpen(); }, SCROLLED_MS);
    }, {passive: true});
    root.querySelector(".zoom")?.addEventListener("click", (event) => {
      const button = event.target.closest("[data-zoom]");
      if (button) this.zoomBy(Number(button.dataset.zoom));
    });
  }

  async fetchWords(page) {
    try {
      const answer = await fetch(this.root.dataset.words.replace("/0?", `/${page}?`), {headers: {Accept: "application/json"}});
      if (!answer.ok) return;
      const {words} = await answer.json();
      this.words.set(page, words);
      this.drawWords(page, words);
    } catch { /* without words the page still shows; values are typed */ }
  }

  drawWords(page, words) {
    const layer = this.layers.get(page);
    const area = (index) => (words[index][3] - words[index][1]) * (words[index][4] - words[index][2]);
    // The smallest on top: a watermark must not cover the words that it lies behind.
    const shapes = [...words.keys()].sort((one, other) => area(other) - area(one)).map((index) => {
      const shape = rectangle(words[index].slice(1), "word");
      shape.dataset.index = index;
      return shape;
    });
    layer.prepend(...shapes);
  }

  /* Draw boxes: [{page, box, kind}], instead of those drawn before with the same group. */
  draw(group, boxes) {
    for (const layer of this.layers.values()) layer.querySelectorAll(`.${group}`).forEach((r) => r.remove());
    for (const {page, box, kind} of boxes) this.layers.get(page)?.append(rectangle(box, `${group} ${kind || ""}`));
  }

  shape(frame, width, height) { frame.style.aspectRatio = `${width} / ${height}`; }

  /* Go to the page with this number. */
  goTo(page) {
    this.place = null;
    this.frames.get(page).scrollIntoView({block: "start"});
  }

  /* Scroll to a place on a page, unless it is in view. */
  show({page, box}) {
    if (!this.frames.has(page)) return;
    this.place = {page, box};
    const frame = this.frames.get(page).getBoundingClientRect(), view = this.root.getBoundingClientRect();
    const top = frame.top + box[1] * frame.height, bottom = frame.top + box[3] * frame.height;
    if (top < view.top + 40 || bottom > view.bottom - 40) this.root.scrollTop += top - view.top - view.height / 3;
    const left = frame.left + box[0] * frame.width, right = frame.left + box[2] * frame.width;
    if (left < view.left || right > view.right) this.root.scrollLeft += left - view.left - view.width / 4;
  }

  zoomBy(step) {
    const at = ZOOMS.indexOf(this.zoom);
    const next = step === 0 ? 1 : ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, at + step))];
    if (next === this.zoom) return;
    this.zoom = next;
    this.keepMiddle(() => {
      for (const frame of this.frames.values()) {
        frame.style.width = next === 1 ? "" : `${next * 100}%`;
        frame.style.maxWidth = next === 1 ? "" : "none";
      }
    });
    this.sharpen();
  }

  /* Do what changes how large the pages are; what stands in the middle stays there. */
  keepMiddle(change) {
    const middle = (this.root.scrollTop + this.root.clientHeight / 2) / this.root.scrollHeight;
    change();
    this.root.scrollTop = middle * this.root.scrollHeight - this.root.clientHeight / 2;
  }

  /* Ask for a sharper picture of the pages in view where they are shown larger than they were drawn. */
  sharpen() {
    const view = this.root.getBoundingClientRect();
    for (const frame of this.frames.values()) {
      const image = frame.querySelector("img"), place = frame.getBoundingClientRect();
      const isInView = place.bottom > view.top && place.top < view.bottom;
      if (!isInView || image.dataset.sharp || !image.naturalWidth) continue;
      if (place.width * devicePixelRatio < image.naturalWidth * SHARPER) continue;
      image.dataset.sharp = "asked";
      const address = new URL(image.src);
      address.searchParams.set("sharp", 1);
      this.fetchSharp(image, address.href, 0);
    }
  }

  fetchSharp(image, address, tries) {
    const sharper = new Image();
    sharper.onload = () => { image.src = sharper.src; };
    sharper.onerror = () => { if (tries < TRIES) setTimeout(() => this.fetchSharp(image, address, tries + 1), 1000); };
    sharper.src = tries ? `${address}&try=${tries}` : address;
  }

  scrollPage(direction) {
    this.place = null;
    this.root.scrollBy({top: direction * this.root.clientHeight * 0.9});
  }

  /* --- picking ------------------------------------------------------------------------------------------------- */
  /* The words in the box between two points; from a word to one on another line, the text between them. */
  touched({page, from, to}) {
    const [left, top, right, bottom] = between(from, to);
    const found = this.words.get(page) || [];
    const height = (index) => found[index][4] - found[index][2];
    const hits = [...found.keys()].filter((index) => {
      const [, x0, y0, x1, y1] = found[index];
      return x0 <= right && x1 >= left && y0 <= bottom && y1 >= top;
    });
    const heights = hits.map(height).sort((one, other) => one - other);
    const middle = heights[(heights.length - 1) >> 1];
    const meant = hits.filter((index) => height(index) <= LARGE * middle);
    const frame = this.frames.get(page).getBoundingClientRect();
    return wordsBetween(found, from, to, meant, frame.width / frame.height) ?? meant;
  }

  mark() {
    this.root.querySelectorAll(".word.picked").forEach((r) => r.classList.remove("picked"));
    this.draw("rubber", []);
    if (!this.drag) return;
    const picked = new Set(this.touched(this.drag));
    const {page, from, to} = this.drag;
    this.layers.get(page).querySelectorAll(".word").forEach((r) => r.classList.toggle("picked", picked.has(Number(r.dataset.index))));
    if (this.isDrawn()) this.draw("rubber", [{page, box: between(from, to)}]);
  }

  isDrawn() { return Math.abs(this.drag.from[0] - this.drag.to[0]) > LEAST_DRAG && Math.abs(this.drag.from[1] - this.drag.to[1]) > LEAST_DRAG; }

  pointOf(event, page) {
    const frame = this.layers.get(page).getBoundingClientRect();
    const within = (value) => Math.min(1, Math.max(0, value));
    return [within((event.clientX - frame.left) / frame.width), within((event.clientY - frame.top) / frame.height)];
  }

  begin(event) {
    const frame = event.target.closest(".page");
    if (!frame || event.button !== 0) return;
    event.preventDefault();  // the chosen input keeps the focus
    const page = Number(frame.dataset.page), point = this.pointOf(event, page);
    this.drag = {page, from: point, to: point};
    this.mark();
  }

  move(event) {
    if (!this.drag) return;
    this.drag.to = this.pointOf(event, this.drag.page);
    this.mark();
  }

  end(event) {
    if (!this.drag) return;
    const {page, from, to} = this.drag, isDrawn = this.isDrawn();
    const words = this.touched(this.drag).map((index) => this.words.get(page)[index]);
    this.drag = null;
    this.mark();
    if (words.length || isDrawn) this.picked({page, words, box: between(from, to), isAdding: event.shiftKey});
  }
}

/* The boxes of words, one a line: a value may span several. */
export const boxesOfWords = (page, words) => {
  const lines = [];
  for (const [, x0, y0, x1, y1] of words) {
    const last = lines.at(-1);
    if (last && Math.abs((last[1] + last[3]) / 2 - (y0 + y1) / 2) < (last[3] - last[1]) * 0.6) {
      last[0] = Math.min(last[0], x0); last[1] = Math.min(last[1], y0);
      last[2] = Math.max(last[2], x1); last[3] = Math.max(last[3], y1);
    } else {
      lines.push([x0, y0, x1, y1]);
    }
  }
  return lines.map((box) => ({page, box}));
};
