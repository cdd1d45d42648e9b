/* One document on the page, its parts put together. Field and box are one, everything works with the keyboard alone, and
   nothing that is typed is lost. */

import {sender, sentences} from "../asking.js";
import {Clock} from "./clock.js";
import {Fields} from "./fields.js";
import {Grid} from "./grid.js";
import {History} from "./history.js";
import {Keys} from "./keys.js";
import {Pages} from "./pages.js";
import {Presence} from "./presence.js";
import {Seen} from "./seen.js";
import {Thumbnails} from "./thumbnails.js";
import {Tour} from "./tour.js";

/* Bring the document in `root` to life. signal: aborted when another one takes its place. visit(address): go to a page of
   the review. past: what can be undone since it was opened. isNew: it took the place of the same document while its person looked at it.
   Returns what can be undone, its form, who is there (both null where nothing can be done), whether somebody has begun,
   and whether something stands there, or is still being read, that nobody can have seen. */
export const open = (root, {signal, visit, past = null, isNew = false}) => {
  const form = root.querySelector("#review-form"), seen = form && new Seen(form.elements.awaited, {signal});
  const says = sentences(root), post = sender(form);

  let fields = null, presence = null;
  const grids = [];
  const history = new History((name, state) => {
    const grid = grids.find((one) => one.hidden.name === name);
    if (grid) grid.restore(state); else fields.restore(name, state);
  }, past);
  const pages = new Pages(document.getElementById("pages"), {picked, signal});

  const thumbnails = document.getElementById("thumbnails");
  if (thumbnails) new Thumbnails(thumbnails, pages, {signal});

  const isAwaited = () => root.hasAttribute("data-read-as");
  const unread = form?.querySelector("[data-unread]");  // shown where what is awaited did not come
  const sayNeed = (text) => { Object.assign(form.querySelector("[data-need]"), {textContent: text, title: text}); };  // it may be too long for its place
  const count = () => {
    grids.forEach((grid) => grid.check());
    const needy = fields.needCount() + grids.filter((grid) => grid.needs).length;
    if (isAwaited()) sayNeed(unread.hidden ? `◔ ${says("awaited")}` : `▲ ${says("unread")}`);
    else sayNeed(needy ? `▲ ${needy} ${says("need")}` : `✓ ${says("none")}`);
  };

  const changed = () => {
    presence?.changed();
    count();
  };

  /* What the current template asks for: the questions about meanings are asked with it. */
  const ask = async ({key, text, find}) => {
    const query = new URLSearchParams({key, text, find, template: form.elements.template.value});
    try {
      const answer = await fetch(`${root.dataset.meaning}?${query}`, {headers: {Accept: "application/json"}});
      return answer.ok ? answer.json() : null;
    } catch { return null; }
  };

  function picked({page, words, box, isAdding}) {
    if (!fields) return;
    const grid = grids.find((one) => one.isActive);
    const target = grid || fields.chosen && fields;
    if (!target && words.length === 1) {  // nothing chosen: a click on a value chooses its field
      const hit = fields.at(page, words[0].slice(1));
      if (hit) fields.focus(hit);
      return;
    }
    if (!target || fields.isReadOnly) return;
    if (words.length) take(target, words, page, isAdding);
    else readRegion(target, page, box, isAdding);
  }

  function take(target, words, page, isAdding) {
    const input = fields.chosen;
    target.fillWith(words, page, {isAdding});
    if (target !== fields || isAdding) return;
    const next = fields.nextNeedy(input);
    if (next) fields.focus(next);
  }

  /* A box over no text: OCR reads it, on a worker that is kept for those who wait. */
  async function readRegion(target, page, box, isAdding) {
    const status = form.querySelector("[data-kept]");
    status.textContent = `◔ ${says("reading")}`;
    const found = await post(root.dataset.region, {page, box: JSON.stringify(box)}).catch(() => null);
    status.textContent = found?.words.length ? "" : `▲ ${says("nothingRead")}`;
    if (!found?.words.length) return;
    take(target, found.words, page, isAdding);
    seen.came();
  }

  /* Rows down to the chosen one are right: the rest of the table is read like them. */
  async function like(grid) {
    const given = grid.rows.slice(0, grid.at[0] + 1), status = form.querySelector("[data-kept]");
    if (!given.some((row) => Object.values(row).some((cell) => cell.boxes?.length))) { status.textContent = `▲ ${says("correctRow")}`; return; }
    const body = {table: grid.section.dataset.grid, rows: JSON.stringify(given), template: form.elements.template.value};
    const found = await post(root.dataset.like, body).catch(() => null);
    if (!found?.rows.length) { status.textContent = `▲ ${says("rowsNone")}`; return; }
    grid.take([...given, ...found.rows]);
    seen.came();
    grid.go([given.length, 0]);
    status.textContent = `${found.rows.length} ${says("rowsRead")}`;
  }

  if (form) {
    fields = new Fields(form, {pages, history, says, ask, changed});
    const total = (key) => {
      const input = form.querySelector(`[data-field="${key}"] [data-value]`);
      return input?.value.trim() ? {value: input.value, label: input.closest(".value").querySelector("label").firstChild.textContent.trim()} : null;
    };
    for (const section of form.querySelectorAll("[data-grid]")) {
      grids.push(new Grid(section, {pages, history, changed, total, like, says, isReadOnly: () => fields.isReadOnly}));
    }
  }

  new Keys({
    fields, grids, pages, history, form, root, dialog: document.getElementById("keys"), signal, go: (where) => { presence?.leave(); visit(root.dataset[where]); },
  });

  /* What stands there now fails checks: {name of the input or of the cell: sentence}. */
  const check = (failed) => {
    fields.check(failed);
    grids.forEach((grid) => grid.mistakes(failed));
    count();
  };

  if (form && root.dataset.key) {
    new Clock(form, {signal});
    check(JSON.parse(root.dataset.failed));
    presence = new Presence(root, form, {
      signal,
      taken: (who) => {
        const line = root.querySelector("[data-taken]");
        line.textContent = `▲ ${who} ${says("taken")}`;
        line.hidden = false;
      },
      checked: check,
      unread: () => (isAwaited() ? [...fields.untouched.flatMap((field) => [...field.querySelectorAll("[name]")].map((input) => input.name)), ...grids.filter((grid) => !grid.isTouched).map((grid) => grid.hidden.name)] : []),
      told: (isGood) => { form.querySelector("[data-kept]").textContent = isGood ? `✓ ${says("saved")}` : `▲ ${says("unsaved")}`; },
    });
  }

  let isBegun = false;
  for (const name of ["pointerdown", "keydown", "input"]) addEventListener(name, () => { isBegun = true; }, {once: true, capture: true, signal});

  root.addEventListener("change", async (event) => {
    if (!event.target.matches("[data-submit-on-change]")) return;
    const chosen = event.target.form;
    await presence?.save();
    visit(`${location.pathname}?${new URLSearchParams(new FormData(chosen))}`);
  });

  const start = () => {
    if (!fields || fields.isReadOnly || !matchMedia("(min-width: 901px)").matches) return;
    const first = fields.firstNeedy() || fields.inputs[0];
    if (first) fields.focus(first);
  };
  start();

  /* As another template than before: the page is there at once, what a worker reads comes into it. Until then, and where
     it does not come, empty fields that nobody has touched say nothing. */
  async function fillIn() {
    let found = null;
    try {
      const answer = await fetch(root.dataset.readAs, {signal, cache: "no-store"});
      if (answer.ok) found = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch { /* as where no worker is free */ }
    if (signal.aborted || !isAwaited()) return;
    if (found) { filled(found); return; }
    unread.hidden = false;
    form.querySelector("[data-kept]").textContent = "";
    fields.inputs.forEach((input) => input.removeAttribute("placeholder"));
    count();
  }

  /* found: what was read; null where the person goes on without it: that the fields are empty is then what they say. */
  function filled(found) {
    const isTouched = !found || fields.untouched.length < fields.fields.length || grids.some((grid) => grid.isTouched);
    const isAtButton = unread.contains(document.activeElement);
    root.removeAttribute("data-read-as");
    unread.hidden = true;
    form.querySelector("[data-kept]").textContent = "";
    if (found) {
      fields.fillIn(found);
      grids.forEach((grid) => grid.fillIn(found));
      seen.came();
    } else {
      seen.know();
    }
    if (!isBegun || isAtButton) start();
    if (isTouched) changed();  // the draft, and what the values are checked against, lack what was read
    else count();
  }

  if (form && isAwaited()) {
    const again = unread.querySelector("[data-read-again]");
    again.addEventListener("click", async () => {
      if (again.disabled) return;
      again.disabled = true;
      sayNeed(`◔ ${says("awaited")}`);
      await fillIn();
      again.disabled = false;
    });
    unread.querySelector("[data-go-on]").addEventListener("click", () => filled(null));
    count();
    fillIn();
  } else if (isNew) {
    seen?.came();
  }

  /* Whether nobody can have seen yet what stands there, or what the document says; who wants to approve it is told. */
  const isUnseen = () => {
    if (isAwaited()) form.querySelector("[data-kept]").textContent = unread.hidden ? `◔ ${says("awaitedFirst")}` : `▲ ${says("unreadFirst")}`;
    else if (seen.isMissing) form.querySelector("[data-kept]").textContent = `◔ ${says("new")}`;
    return isAwaited() || seen.isMissing;
  };

  const tourDialog = document.getElementById("tour");
  const showTour = document.querySelector("[data-show-tour]");
  if (tourDialog && form) {  // last: closing it gives the focus back to the first field
    const tour = new Tour(tourDialog, {token: form.elements.csrfmiddlewaretoken.value});
    showTour.addEventListener("click", () => { document.getElementById("keys").close(); tour.start(); });
  } else {
    showTour.hidden = true;
  }

  return {form, history, isUnseen, get presence() { return presence; }, get isBegun() { return isBegun; }};
};
