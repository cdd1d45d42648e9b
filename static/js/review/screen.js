/* One document on the page, its parts put together. Field and box are one, everything works with the keyboard alone, and
   nothing that is typed is lost. */

import {sender, sentences} from "../asking.js";
import {Awaited} from "./awaited.js";
import {Clock} from "./clock.js";
import {Fields} from "./fields.js";
import {Grid} from "./grid.js";
import {History} from "./history.js";
import {Keys} from "./keys.js";
import {Pages} from "./pages.js";
import {Presence} from "./presence.js";
import {Seen} from "./seen.js";
import {Sight} from "./sight.js";
import {Thumbnails} from "./thumbnails.js";
import {Tour} from "./tour.js";

// The sign of what the page says of itself, by the name of the sentence.
const SIGNS = {
  need: "▲", needOne: "▲", none: "✓", awaited: "◔", unread: "▲", awaitedFirst: "◔", unreadFirst: "▲", new: "◔",
  saved: "✓", unsaved: "▲", reading: "◔", nothingRead: "▲", correctRow: "▲", rowsNone: "▲", missed: "▲", lacking: "▲",
};
const WIDE = "(min-width: 901px)";  // page and fields side by side: no keyboard of a telephone comes over them

export class Screen {
  /* root: what holds the document. signal: aborted when another one takes its place. visit(address): go to a page of the
     review; resolves also where that does not come. past: what can be undone, of the same document before its page came
     anew. isNew: so it did, while its person looked at it. */
  constructor(root, {signal, visit, past = null, isNew = false}) {
    Object.assign(this, {root, signal, visit});
    this.form = root.querySelector("#review-form");  // null where nothing was read and nothing can be done
    this.says = sentences(root);
    this.isBegun = false;  // its person has done anything
    for (const name of ["pointerdown", "keydown", "input"]) addEventListener(name, () => { this.isBegun = true; }, {once: true, capture: true, signal});
    this.history = new History((name, state) => this.restore(name, state), past);
    this.pages = new Pages(document.getElementById("pages"), {picked: (what) => this.picked(what), signal});
    const thumbnails = document.getElementById("thumbnails");
    if (thumbnails) new Thumbnails(thumbnails, this.pages, {signal});
    this.fields = null;
    this.grids = [];
    this.presence = null;  // where the document is this person's alone
    this.isLeftEmpty = false;  // its person has said that empty fields are what it says
    if (this.form) this.fillForm();
    this.keys = new Keys({
      fields: this.fields, grids: this.grids, pages: this.pages, history: this.history, form: this.form, root, dialog: document.getElementById("keys"), signal,
      go: (where) => this.go(root.dataset[where]), back: () => root.querySelector("[data-back-to]")?.click(),
    });
    root.addEventListener("change", (event) => { if (event.target.matches("[data-submit-on-change]")) this.choose(event.target.form); });
    root.querySelector("[data-back-to]")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.go(event.target.href);
    });
    if (this.form && root.dataset.key) this.keep();
    this.focusFirst();
    if (this.awaited?.state) this.awaited.read();
    else if (isNew) this.seen?.came();
    else if (root.dataset.key) this.seen?.arrived(() => this.tell("new"));
    this.showTour();  // last: closing it gives the focus back to the first field
  }

  fillForm() {
    const {form, root, signal, pages, history, says} = this;
    const changed = () => this.changed();
    this.post = sender(form);
    this.seen = new Seen(form.elements.awaited, {signal});
    this.sight = new Sight(form.querySelector(".decide"), {signal});
    this.fields = new Fields(form, {pages, history, says, ask: (asked) => this.ask(asked), changed, marked: () => this.count()});
    this.grids = [...form.querySelectorAll("[data-grid]")].map((section) => new Grid(section, {
      pages, history, changed, says, ask: (asked) => this.ask(asked), onward: () => this.keys.next(null),
      total: (key) => this.total(key), like: (grid) => this.readLike(grid), isReadOnly: () => this.fields.isReadOnly,
    }));
    this.awaited = new Awaited(root, {signal, changed: () => this.awaitedChanged(), came: (found, how) => this.awaitedCame(found, how)});
  }

  /* Keep what is typed, and others away. */
  keep() {
    const {root, form, signal} = this;
    new Clock(form, {signal});
    this.check(JSON.parse(root.dataset.judged));
    this.presence = new Presence(root, form, {
      signal,
      taken: (who) => this.warn(who ? `${who} ${this.says("taken")}` : this.says("changed")),
      checked: (judged) => this.check(judged),
      unread: () => this.unread(),
      told: (isGood) => this.tell(isGood ? "saved" : "unsaved"),
    });
  }

  /* Go to another document. Until that comes, this one stays its person's. */
  async go(address) {
    await this.presence?.save();
    await this.visit(address);
  }

  showTour() {
    const dialog = document.getElementById("tour"), button = document.querySelector("[data-show-tour]");
    button.hidden = !(dialog && this.form);
    if (button.hidden) return;
    const tour = new Tour(dialog, {token: this.form.elements.csrfmiddlewaretoken.value});
    button.addEventListener("click", () => { document.getElementById("keys").close(); tour.start(); });
  }

  focusFirst() {
    if (!this.fields || this.fields.isReadOnly) return;
    const needy = this.fields.firstNeedy(), grid = this.grids.find((one) => one.needs), [first] = this.fields.inputs;
    if (!matchMedia(WIDE).matches) this.fields.showPlace(needy || first);
    else if (!needy && grid) grid.focus();
    else if (needy || first) this.fields.focus(needy || first);
  }

  /* --- what the page says of itself ------------------------------------------------------------------------------ */
  /* The sentence of that name with its sign; before it, how many it is about. */
  sentence(name, count = "") { return [SIGNS[name], count, this.says(name)].filter(Boolean).join(" "); }

  /* Say something in passing, beside the buttons; without a name, nothing any more. */
  tell(name = "", count = "") { this.form.querySelector("[data-kept]").textContent = name && this.sentence(name, count); }

  tellNeed(name, count = "") {
    const said = this.sentence(name, count);
    Object.assign(this.form.querySelector("[data-need]"), {textContent: said, title: said});  // it may be too long for its place
  }

  /* Say what stands in the way, above the fields. */
  warn(text) {
    const line = this.root.querySelector("[data-warning]");
    line.textContent = `▲ ${text}`;
    line.hidden = false;
  }

  /* What was to come does not: say so, with a button that tries it again. */
  offerAgain(tryAgain) {
    const notice = this.root.querySelector("[data-missing]"), again = notice.querySelector("button");
    notice.hidden = false;
    again.disabled = false;
    again.onclick = () => { again.disabled = true; tryAgain(); };
    again.focus();
  }

  /* The server does not answer what was decided: nobody knows whether it got through, and nothing is changed until that is
     known. */
  doubt() {
    this.presence?.doubt();
    this.stand(true);
    this.warn(this.says("doubt"));
  }

  /* Let everything stand as it is, or no more. */
  stand(isStill) {
    if (!isStill && !this.isStill) return;
    this.isStill = isStill;
    const parts = [this.form.querySelector("fieldset"), ...this.form.querySelectorAll(".decide button"), ...this.root.querySelectorAll("[data-submit-on-change]")];
    for (const part of parts) part.disabled = isStill;
    for (const menu of this.form.querySelectorAll(".decide details")) menu.inert = isStill;
  }

  /* It is decided, and nothing can be done here any more. */
  close() {
    this.form.querySelector("fieldset").disabled = true;
    this.form.querySelectorAll(".decide details, .decide [name=action]").forEach((part) => part.remove());
    this.form.querySelector("[data-need]").textContent = "";
    this.root.querySelector(".review-head .state")?.remove();  // it is none of these any more
    this.root.querySelectorAll("[data-submit-on-change]").forEach((choice) => { choice.disabled = true; });
    this.tell();
  }

  /* The sentence that says why nothing is approved just now: nobody can have seen yet what stands there, or what the
     document says. "" where that is not so. */
  get unseen() {
    if (this.awaited.state) return `${this.awaited.state}First`;
    return this.seen.isMissing ? "new" : "";
  }

  /* Whether what stands there may be approved now; where not, say why. What is marked and was never in view is shown, and
     asked about once, as is what is empty and should not be. */
  mayApprove() {
    if (this.unseen) { this.tell(this.unseen); return false; }
    const missed = this.sight.takeMissed();
    if (!missed.length) return true;
    if (matchMedia(WIDE).matches) missed[0].show();
    else missed[0].element.scrollIntoView({block: "center"});
    if (missed[0].isLacking) this.tell("lacking");
    else this.tell("missed", missed.length);
    this.seen.came();
    return false;
  }

  /* What is said where neither a field nor a table has a value, as a mark, see Sight; [] where one has. */
  get emptiness() {
    const line = this.form.querySelector("[data-empty]"), hasValue = this.fields.inputs.some((input) => input.value.trim()) || this.grids.some((grid) => grid.rows.length);
    if (!line) return [];
    line.hidden = Boolean(this.awaited.state) || this.isLeftEmpty || hasValue;
    return line.hidden ? [] : [{element: line, what: line, show: () => line.scrollIntoView({block: "nearest"}), isLacking: true}];
  }

  count() {
    this.grids.forEach((grid) => grid.checkSums());
    const {emptiness} = this;
    this.sight.follow([...emptiness, ...this.fields.marks, ...this.grids.flatMap((grid) => grid.marks)]);
    const needy = this.grids.reduce((sum, grid) => sum + grid.needCount, this.fields.needCount() + emptiness.length);
    if (this.awaited.state) this.tellNeed(this.awaited.state);
    else if (needy) this.tellNeed(needy === 1 ? "needOne" : "need", needy);
    else this.tellNeed("none");
  }

  /* Undo and redo: put a state back into the input, or the grid, of that name. */
  restore(name, state) {
    const grid = this.grids.find((one) => one.input.name === name);
    if (grid) grid.restore(state);
    else this.fields.restore(name, state);
  }

  changed() {
    this.presence?.changed();
    this.count();
  }

  /* What is to be said of what stands there now. unread: {name of an input whose text is no value: sentence}; failed: what
     fails a check, {name of the input or of the cell: sentence}; settled: what the page says and is true no more; nowhere:
     names of inputs and cells with a value that the document does not print. */
  check({unread, failed, settled, nowhere}) {
    const isSettled = (text) => settled.includes(text.replace(/^[✗▲] /, ""));
    this.root.querySelectorAll("[data-doubt]").forEach((line) => { line.hidden = isSettled(line.textContent); });
    this.fields.check(unread, failed, isSettled, nowhere);
    this.grids.forEach((grid) => grid.check(failed, isSettled, nowhere));
    this.count();
  }

  /* --- filling a field or a cell from the page ------------------------------------------------------------------- */
  picked({page, words, box, isAdding}) {
    const target = this.grids.find((grid) => grid.isActive) || this.fields?.chosen && this.fields;
    if (!target && words.length === 1) {  // nothing chosen: a click on a value chooses its field
      const hit = this.fields?.at(page, words[0].slice(1));
      if (hit) this.fields.focus(hit);
      return;
    }
    if (!target || this.fields.isReadOnly) return;
    if (words.length) this.fill(target, words, page, isAdding);
    else this.readRegion(target, page, box, isAdding);
  }

  fill(target, words, page, isAdding) {
    const input = this.fields.chosen;
    target.fillWith(words, page, {isAdding});
    if (target !== this.fields || isAdding) return;
    const next = this.fields.nextNeedy(input);
    if (next) this.fields.focus(next);
  }

  /* A box over no text: OCR reads it, on a worker that is kept for those who wait. */
  async readRegion(target, page, box, isAdding) {
    this.tell("reading");
    const found = await this.post(this.root.dataset.region, {page, box: JSON.stringify(box)}).catch(() => null);
    if (!found?.words.length) { this.tell("nothingRead"); return; }
    this.tell();
    this.fill(target, found.words, page, isAdding);
    this.seen.came();
  }

  /* Rows down to the chosen one are right: the rest of the table is read like them. */
  async readLike(grid) {
    const given = grid.rows.slice(0, grid.at[0] + 1);
    if (!given.some((row) => Object.values(row).some((cell) => cell.boxes?.length))) { this.tell("correctRow"); return; }
    const body = {table: grid.section.dataset.grid, rows: JSON.stringify(given), template: this.form.elements.template.value};
    const found = await this.post(this.root.dataset.like, body).catch(() => null);
    if (!found?.rows.length) { this.tell("rowsNone"); return; }
    grid.take([...given, ...found.rows]);
    this.seen.came();
    grid.go([given.length, 0]);
    this.tell("rowsRead", found.rows.length);
  }

  /* What the server says of a text in a field of the template that is chosen; null where it does not answer. */
  async ask({key, text, find}) {
    const query = new URLSearchParams({key, text, find, template: this.form.elements.template.value});
    try {
      const answer = await fetch(`${this.root.dataset.meaning}?${query}`, {headers: {Accept: "application/json"}});
      return answer.ok ? answer.json() : null;
    } catch { return null; }
  }

  /* The values of a field, as they stand there, with its name; null where there is none. */
  total(key) {
    const inputs = [...this.form.querySelectorAll(`[data-field="${key}"] [data-value]`)].filter((input) => input.value.trim());
    if (!inputs.length) return null;
    return {values: inputs.map((input) => input.value), label: inputs[0].closest(".value").querySelector("label").firstChild.textContent.trim()};
  }

  /* --- another template ------------------------------------------------------------------------------------------ */
  /* form: the one in which a template is chosen. */
  async choose(form) {
    await this.presence?.save();
    await this.visit(`${location.pathname}?${new URLSearchParams(new FormData(form))}`);
    if (!this.signal.aborted) form.reset();  // it did not come: the fields are still those of the old one
  }

  /* Names of what is still being read, of which a draft says nothing. */
  unread() {
    if (!this.awaited.state) return [];
    const fields = this.fields.untouched.flatMap((field) => [...field.querySelectorAll("[name]")]);
    return [...fields, ...this.grids.filter((grid) => !grid.isTouched).map((grid) => grid.input)].map((input) => input.name);
  }

  awaitedChanged() {
    if (this.awaited.state === "unread") {
      this.tell();
      this.fields.inputs.forEach((input) => input.removeAttribute("placeholder"));
    }
    this.count();
  }

  awaitedCame(found, {isAtNotice}) {
    const isTouched = !found || this.fields.untouched.length < this.fields.fields.length || this.grids.some((grid) => grid.isTouched);
    this.tell();
    if (found) {
      this.fields.fillIn(found);
      this.grids.forEach((grid) => grid.fillIn(found));
      this.seen.came();
    } else {
      this.seen.know();
      this.isLeftEmpty = true;
    }
    if (!this.isBegun || isAtNotice) this.focusFirst();
    if (isTouched) this.changed();  // the draft, and what the values are checked against, lack what was read
    else this.count();
  }
}
