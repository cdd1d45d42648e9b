/* The document's page: field and box are one. Choosing a field lights its boxes; a word that is clicked (or the words that
   a rectangle touches) fills the field that is chosen, with its box. */
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const pages = document.getElementById("pages");
  const form = document.getElementById("review-form");
  if (!pages) return;
  const layers = new Map([...pages.querySelectorAll(".page")].map((p) => [Number(p.dataset.page), p.querySelector("svg")]));
  const words = new Map();  // page -> [[text, x0, y0, x1, y1], ...]
  let chosen = null;        // the input that clicks fill
  let drag = null;          // {page, from, to}: points of the page, 0..1

  const boxesOf = (input) => {
    const hidden = input.parentElement.querySelector(`[name="${CSS.escape(input.name)}:boxes"]`);
    try { return JSON.parse(hidden.value || "[]"); } catch { return []; }
  };
  const hiddenOf = (input, what) => input.parentElement.querySelector(`[name="${CSS.escape(input.name)}:${what}"]`);

  const bare = (text) => text.replace(/\s+/g, "").toLowerCase();
  const isMostOf = (typed, printed) => bare(printed).includes(bare(typed)) && bare(typed).length * 2 >= bare(printed).length;

  const rectangle = (box, kind) => {
    const shape = document.createElementNS(SVG, "rect");
    const [x0, y0, x1, y1] = box;
    for (const [name, value] of Object.entries({x: x0, y: y0, width: x1 - x0, height: y1 - y0})) shape.setAttribute(name, value);
    shape.setAttribute("class", kind);
    return shape;
  };

  const drawValues = () => {
    for (const layer of layers.values()) layer.querySelectorAll(".value").forEach((r) => r.remove());
    if (!form) return;
    for (const input of form.querySelectorAll("[data-value]")) {
      for (const {page, box} of boxesOf(input)) {
        const layer = layers.get(page);
        if (!layer) continue;
        const kind = input === chosen ? "value chosen" : "look" in input.dataset ? "value look" : "value";
        layer.append(rectangle(box, kind));
      }
    }
  };

  const choose = (input, {scroll = true} = {}) => {
    chosen = input;
    drawValues();
    const first = input && boxesOf(input)[0];
    const layer = first && layers.get(first.page);
    if (!layer || !scroll) return;
    const frame = layer.getBoundingClientRect(), view = pages.getBoundingClientRect();
    const top = frame.top + first.box[1] * frame.height, bottom = frame.top + first.box[3] * frame.height;
    if (top < view.top + 40 || bottom > view.bottom - 40) {
      pages.scrollBy({top: top - view.top - view.height / 3, behavior: "auto"});
    }
  };

  const fill = (input, value, text, boxes) => {
    input.value = value;
    hiddenOf(input, "boxes").value = JSON.stringify(boxes);
    hiddenOf(input, "text").value = text;
    input.dispatchEvent(new Event("input", {bubbles: true}));
    choose(input, {scroll: false});
  };

  const drawWords = (layer, found) => {
    const area = (index) => (found[index][3] - found[index][1]) * (found[index][4] - found[index][2]);
    // The smallest on top: a watermark must not cover the words that it lies behind.
    for (const index of [...found.keys()].sort((one, other) => area(one) - area(other))) {
      const shape = rectangle(found[index].slice(1), "word");
      shape.dataset.index = index;
      layer.prepend(shape);
    }
  };

  // A document of 500 pages has a quarter of a million words: those of a page are drawn when it comes near.
  const near = new IntersectionObserver((entries) => {
    for (const {isIntersecting, target} of entries) {
      const found = words.get(Number(target.dataset.page));
      if (!isIntersecting || !found) continue;
      near.unobserve(target);
      drawWords(target.querySelector("svg"), found);
    }
  }, {root: pages, rootMargin: "100%"});

  fetch(pages.dataset.words, {headers: {Accept: "application/json"}})
    .then((answer) => (answer.ok ? answer.json() : {pages: []}))
    .then((data) => {
      data.pages.forEach((found, number) => words.set(number, found));
      pages.querySelectorAll(".page").forEach((page) => near.observe(page));
    })
    .catch(() => { /* without words the page still shows; values are typed */ });

  // Pages far back in a long document are drawn when somebody looks: until then the picture is not there yet.
  pages.querySelectorAll("img").forEach((image) => image.addEventListener("error", () => {
    const tries = Number(image.dataset.tries || 0) + 1;
    if (tries > 20) return;
    image.dataset.tries = tries;
    setTimeout(() => { image.src = `${image.src.split("?")[0]}?try=${tries}`; }, 1500);
  }));

  const LARGE = 3;  // times the height of the words beside it: a watermark or a stamp, which is not meant

  // The indices of the words that the rectangle of a drag touches, in reading order; of a click: the word under it.
  const touched = ({page, from, to}) => {
    const [left, right] = [Math.min(from[0], to[0]), Math.max(from[0], to[0])];
    const [top, bottom] = [Math.min(from[1], to[1]), Math.max(from[1], to[1])];
    const found = words.get(page) || [];
    const height = (index) => found[index][4] - found[index][2];
    const hits = [...found.keys()].filter((index) => {
      const [, x0, y0, x1, y1] = found[index];
      return x0 <= right && x1 >= left && y0 <= bottom && y1 >= top;
    });
    const heights = hits.map(height).sort((one, other) => one - other);
    const middle = heights[(heights.length - 1) >> 1];
    return hits.filter((index) => height(index) <= LARGE * middle);
  };

  const mark = () => {
    for (const layer of layers.values()) layer.querySelectorAll(".word.picked").forEach((r) => r.classList.remove("picked"));
    if (!drag) return;
    const picked = new Set(touched(drag));
    layers.get(drag.page).querySelectorAll(".word").forEach((r) => r.classList.toggle("picked", picked.has(Number(r.dataset.index))));
  };

  const pointOf = (event, page) => {
    const frame = layers.get(page).getBoundingClientRect();
    return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
  };

  pages.addEventListener("pointerdown", (event) => {
    const frame = event.target.closest(".page");
    if (!frame || !form || event.button !== 0) return;
    event.preventDefault();  // the chosen input keeps the focus
    const page = Number(frame.dataset.page), point = pointOf(event, page);
    drag = {page, from: point, to: point};
    mark();
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.to = pointOf(event, drag.page);
    mark();
  });
  addEventListener("pointercancel", () => { drag = null; mark(); });  // a finger that scrolls
  addEventListener("pointerup", () => {
    if (!drag) return;
    const page = drag.page, found = touched(drag).map((index) => words.get(page)[index]);
    drag = null;
    mark();
    if (!found.length) return;
    if (found.length === 1 && !chosen) {  // nothing chosen: a click on a value chooses its field
      const [, x0, y0, x1, y1] = found[0];
      const hit = [...form.querySelectorAll("[data-value]")].find((input) =>
        boxesOf(input).some((b) => b.page === page && b.box[0] <= x1 && b.box[2] >= x0 && b.box[1] <= y1 && b.box[3] >= y0));
      if (hit) hit.focus();
      return;
    }
    if (!chosen || chosen.matches(":disabled")) return;
    const text = found.map((w) => w[0]).join(" ");
    const lines = [];  // one box a line of words
    for (const [, x0, y0, x1, y1] of found) {
      const last = lines.at(-1);
      if (last && Math.abs((last[1] + last[3]) / 2 - (y0 + y1) / 2) < (last[3] - last[1]) * 0.6) {
        last[0] = Math.min(last[0], x0); last[1] = Math.min(last[1], y0);
        last[2] = Math.max(last[2], x1); last[3] = Math.max(last[3], y1);
      } else {
        lines.push([x0, y0, x1, y1]);
      }
    }
    fill(chosen, text, text, lines.map((box) => ({page, box})));
  });

  if (form) {
    form.addEventListener("focusin", (event) => { if (event.target.matches("[data-value]")) choose(event.target); });
    form.addEventListener("input", (event) => {
      // A value that is typed has no place yet: the server finds it on the page when it is saved. One that is only
      // shortened, because more is printed there than is meant, keeps its place.
      if (!event.isTrusted || !event.target.matches("[data-value]")) return;
      if (isMostOf(event.target.value, hiddenOf(event.target, "text").value)) return;
      hiddenOf(event.target, "boxes").value = "[]";
      hiddenOf(event.target, "text").value = "";
      drawValues();
    });
    form.addEventListener("click", (event) => {
      const alternative = event.target.closest("[data-alternative]");
      if (alternative) {
        const input = alternative.closest(".value").querySelector("[data-value]");
        fill(input, alternative.dataset.alternative, alternative.dataset.alternativeText, JSON.parse(alternative.dataset.alternativeBoxes || "[]"));
        input.focus();
      }
      const add = event.target.closest("[data-add-row]");
      if (add) {
        const section = add.closest("section");
        const body = section.querySelector("tbody");
        const number = 1 + Math.max(-1, ...[...body.querySelectorAll("[data-value]")].map((i) => Number(i.name.split(":")[2])));
        const row = section.querySelector("template").content.firstElementChild.cloneNode(true);
        row.querySelectorAll("input").forEach((input) => { input.name = input.name.replace("NUMBER", number); });
        body.append(row);
        row.querySelector("[data-value]").focus();
      }
      const remove = event.target.closest("[data-remove-row]");
      if (remove) {
        remove.closest("tr").remove();
        drawValues();
      }
    });
    const firstNeedy = form.querySelector(".field.wrong [data-value], .field.needs [data-value]") || form.querySelector("[data-value]");
    if (firstNeedy && !firstNeedy.matches(":disabled") && matchMedia("(min-width: 901px)").matches) firstNeedy.focus({preventScroll: true});
  }

  document.addEventListener("change", (event) => { if (event.target.matches("[data-submit-on-change]")) event.target.form.submit(); });

  document.addEventListener("keydown", (event) => {
    if (!form) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      const approve = form.querySelector("[name=action][value=approve]");
      if (approve) approve.click();
      return;
    }
    if (event.key === "Enter" && event.target.matches("[data-value]")) {
      event.preventDefault();  // the next one that needs a person, else the next
      const inputs = [...form.querySelectorAll("[data-value]")];
      const after = inputs.slice(inputs.indexOf(event.target) + 1);
      const next = after.find((i) => i.closest(".wrong, .needs") || i.classList.contains("look")) || after[0];
      if (next) { next.focus(); next.select(); }
      else form.querySelector("[name=action][value=approve]")?.focus();
    }
    if (event.key === "Escape") { chosen = null; document.activeElement.blur(); drawValues(); }
  });

  drawValues();
})();
