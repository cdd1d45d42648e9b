/* The fields: an input, its boxes on the page, what is printed there, and whether a person has said it. */

import {LETTERS} from "./keys.js";
import {boxesOfWords} from "./pages.js";
import {isSameCorrected} from "./same.js";

const GROWS = CSS.supports("field-sizing", "content");  // by its own means
const PAUSE_MS = 350;  // of typing, after which the server is asked

const hidden = (input, what) => input.closest(".value").querySelector(`[data-${what}]`);
const fieldOf = (input) => input.closest(".field");
const boxesOf = (input) => {
  try { return JSON.parse(hidden(input, "boxes").value || "[]"); } catch { return []; }
};
const openOf = (input) => fieldOf(input).querySelector("[data-open]");
const inputsOf = (field) => [...field.querySelectorAll("[data-value]")];

/* Whether a value is marked, and nobody has said that it is right. */
const isDoubted = (input) => "look" in input.dataset && !hidden(input, "by").value;

const stateOf = (input) => ({
  value: input.value, boxes: hidden(input, "boxes").value, text: hidden(input, "text").value, by: hidden(input, "by").value,
  open: openOf(input)?.value || "",
});

/* A long value shows all of its lines. */
const fit = (input) => {
  if (GROWS) return;
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + input.offsetHeight - input.clientHeight}px`;
};

export class Fields {
  isSettled = () => false;  // whether a sentence of the page is true no more

  /* changed(): what stands there; marked(): what needs a person, where what stands there is as it was. */
  constructor(form, {pages, history, says, ask, changed, marked}) {
    Object.assign(this, {form, pages, history, says, ask, changed, marked});
    this.chosen = null;
    this.begin();
    form.addEventListener("focusin", ({target}) => {
      if (target.matches("[data-value]")) this.choose(target);
      else if (this.chosen && target.closest("[data-grid]")) this.choose(null);
    });
    form.addEventListener("input", (event) => { if (event.target.matches("[data-value]")) this.typed(event.target); });
    form.addEventListener("click", (event) => this.clicked(event));
    this.draw();
  }

  begin() { this.fields.forEach((field) => this.refresh(field)); }

  /* The field that a number leads to, if there is one; see FieldRow of invex/review/rows.py. */
  numbered(number) { return this.fields.find((field) => field.querySelector(`[data-number="${number}"]`)); }

  get inputs() { return [...this.form.querySelectorAll("[data-value]")]; }
  get fields() { return [...this.form.querySelectorAll(".field")]; }
  get isReadOnly() { return Boolean(this.form.querySelector("fieldset:disabled")); }
  needs(field) { return field.matches(".needs, .wrong"); }
  needCount() { return this.fields.filter((field) => this.needs(field)).length; }

  /* What is marked, see Sight. */
  get marks() {
    return this.fields.filter((field) => this.needs(field)).map((field) => {
      const input = field.querySelector("[data-value]");
      const isLacking = Boolean(field.querySelector("[data-lacking]:not([hidden])"));
      return {element: input, what: field, show: () => this.focus(input), isLacking};
    });
  }

  draw() {
    const boxes = [];
    for (const input of this.inputs) {
      const kind = input === this.chosen ? "chosen" : this.needs(fieldOf(input)) ? "look" : "";
      for (const place of boxesOf(input)) boxes.push({...place, kind});
    }
    this.pages.draw("value", boxes);
  }

  /* Esc takes back what is typed from here on. */
  enter(input) { input.dataset.before = JSON.stringify(stateOf(input)); }

  choose(input, {scroll = true} = {}) {
    if (this.chosen !== input) {
      this.pages.draw("hint", []);
      this.history.close();
    }
    this.chosen = input;
    if (input) this.enter(input);
    this.draw();
    if (scroll) this.showPlace(input);
  }

  /* Scroll the pages to where the value of an input stands. */
  showPlace(input) {
    const first = input && boxesOf(input)[0];
    if (first) this.pages.show(first);
  }

  /* Put a state into an input; used by everything that changes one. isTyped: letter by letter, so that what was said of it
     is said until the server has looked at it again. */
  put(input, state, {isTyped = false} = {}) {
    input.value = state.value;
    if (!isTyped || !state.value.trim()) delete input.dataset.noValue;
    if (!isTyped || !state.value.trim()) this.noteNowhere(input, false);
    hidden(input, "boxes").value = state.boxes;
    hidden(input, "text").value = state.text;
    hidden(input, "by").value = state.by;
    const open = openOf(input);
    if (open) open.value = state.open;
    this.refresh(fieldOf(input));
    this.draw();
    this.changed();
  }

  change(input, changes, {merging = false} = {}) {
    const before = stateOf(input);
    const after = {...before, by: "person", open: "", ...changes};
    this.history.record(input.name, before, after, {merging});
    this.put(input, after);
  }

  restore(name, state) {
    const input = this.form.querySelector(`[name="${CSS.escape(name)}"]`);
    if (!input) return;
    this.put(input, state);
    this.hideMeaning(input);
    input.focus({preventScroll: true});
    fieldOf(input).scrollIntoView({block: "nearest"});
    this.choose(input);
  }

  /* The fields in which nobody has done anything. */
  get untouched() {
    return this.fields.filter((field) => inputsOf(field).every((input) => !hidden(input, "by").value && input.value === input.defaultValue));
  }

  /* Put what was read meanwhile, the fields in `fresh`, where nobody has done anything. In the order of the page, unless
     somebody has begun: then each stays where it is. */
  fillIn(fresh) {
    const found = [...fresh.querySelectorAll(".field")], {untouched} = this, {activeElement} = document;
    const name = this.chosen?.name, isInside = activeElement.matches("[data-value]");
    if (untouched.length === this.fields.length) {
      untouched[0]?.before(...found);
      untouched.forEach((field) => field.remove());
    } else {
      for (const field of untouched) {
        const other = found.find((one) => one.dataset.field === field.dataset.field);
        if (other) field.replaceWith(other);
      }
    }
    window.htmx?.process(this.form);
    this.begin();
    const chosen = name ? this.form.elements[name] : null;
    if (chosen && isInside && chosen !== activeElement) this.focus(chosen);
    else this.choose(chosen, {scroll: false});
  }

  /* Marks, the words "not there", and whether the field still needs a person. */
  refresh(field) {
    const inputs = inputsOf(field), unread = inputs.map((input) => input.dataset.noValue).find(Boolean);
    if (!field.dataset.was) field.dataset.was = field.classList.contains("wrong") ? "wrong" : field.classList.contains("needs") ? "needs" : "none";
    // Who adds another value has not said by that that the first one is right.
    const isSeen = inputs.some((input) => hidden(input, "by").value) && !inputs.some(isDoubted);
    const fails = unread || field.dataset.fails !== field.dataset.accepted && field.dataset.fails;
    const line = field.querySelector("[data-fails-why]"), why = unread || field.dataset.fails;
    line.textContent = `✗ ${why}`;
    line.hidden = !why;
    const said = [...field.querySelectorAll("[data-remark]")];
    const isSettled = said.length > 0 && said.every((remark) => this.isSettled(remark.textContent));
    const isUnsure = inputs.some((input) => !("sure" in input.dataset) && !hidden(input, "by").value);  // what failed and fails no more is not sure by that
    field.classList.toggle("wrong", Boolean(fails) || !isSeen && !isSettled && field.dataset.was === "wrong");
    field.classList.toggle("needs", !isSeen && (isSettled ? isUnsure : field.dataset.was === "needs"));
    field.classList.toggle("seen", isSeen);
    const isOver = (remark) => Boolean(fails) || this.isSettled(remark.textContent);
    field.querySelectorAll(":scope > .why[data-remark]").forEach((remark) => { remark.hidden = isSeen || isOver(remark); });
    for (const input of inputs) {
      fit(input);
      const bySelf = Boolean(hidden(input, "by").value), value = input.closest(".value");
      const mark = value.querySelector(".mark");
      mark.dataset.was ??= JSON.stringify([mark.className, mark.textContent, mark.title]);
      const [className, text, title] = fails ? ["mark mark-wrong", "✗", fails] : bySelf ? ["mark mark-person", "✓", this.says("person")]
        : isSettled ? "sure" in input.dataset ? ["mark", "·", ""] : ["mark mark-look", "▲", this.says("look")] : JSON.parse(mark.dataset.was);
      Object.assign(mark, {className, textContent: text, title});
      if (title) { mark.setAttribute("role", "img"); mark.setAttribute("aria-label", title); mark.removeAttribute("aria-hidden"); }
      else { mark.removeAttribute("role"); mark.removeAttribute("aria-label"); mark.setAttribute("aria-hidden", "true"); }
      value.querySelectorAll("[data-remark]").forEach((remark) => { remark.hidden = bySelf || isOver(remark); });
      const confidence = value.querySelector("[data-confidence]");
      if (confidence) confidence.hidden = bySelf;
    }
    const button = field.querySelector("[data-absent]");
    if (!button) return;
    const isOpen = Boolean(field.querySelector("[data-open]").value);
    button.hidden = inputs.some((input) => input.value.trim());
    button.setAttribute("aria-pressed", String(isOpen));
    button.querySelector("[data-absent-open]").hidden = !isOpen;
    button.querySelector("[data-absent-no]").hidden = isOpen;
  }

  /* --- ways to fill a field ------------------------------------------------------------------------------------ */
  fillWith(words, page, {isAdding = false} = {}) {
    const input = this.chosen;
    const text = words.map((w) => w[0]).join(" "), boxes = boxesOfWords(page, words);
    if (isAdding && input.value.trim()) {
      const joined = `${input.value.trim()} ${text}`;
      this.change(input, {value: joined, text: `${hidden(input, "text").value} ${text}`.trim(), boxes: JSON.stringify([...boxesOf(input), ...boxes])});
    } else {
      this.change(input, {value: text, text, boxes: JSON.stringify(boxes)});
    }
    this.enter(input);
    this.askMeaning(input);
  }

  typed(input) {
    const before = JSON.parse(input.dataset.before || "null") || stateOf(input);
    const printed = hidden(input, "text").value;
    const keeps = input.value.trim() && boxesOf(input).length && isSameCorrected(input.value, printed);
    const after = {...stateOf(input), by: "person", open: "", ...(keeps ? {} : {boxes: "[]", text: ""})};
    this.history.record(input.name, before, after, {merging: true});
    this.put(input, after, {isTyped: true});
    clearTimeout(input.pause);
    input.pause = setTimeout(() => this.askMeaning(input, {find: true}), PAUSE_MS);
  }

  /* Say what a text means, and find the box of one that was typed. */
  async askMeaning(input, {find = false} = {}) {
    const text = input.value.trim();
    if (!text) { this.hideMeaning(input); return; }
    const found = await this.ask({key: fieldOf(input).dataset.field, text, find: find ? "1" : ""});
    if (!found || !input.isConnected || input.value.trim() !== text) return;  // its page has gone, and is nothing to undo
    this.noteUnread(input, found.error);
    const line = input.closest(".value").querySelector("[data-meaning]");
    const parts = [];
    if (!found.error && found.value !== text) parts.push(`${this.says("readAs")} ${found.value}`);
    const isReplaced = JSON.parse(input.dataset.before || "null")?.value.length > 1;
    if (find && isReplaced && text.length === 1 && LETTERS.includes(text.toLowerCase())) parts.push(this.says("letter"));
    if (found.others.length) parts.push(`${this.says("or")} ${found.others.join(", ")}`);
    const isHere = (place) => boxesOf(input).some((b) => place.boxes.some((p) => p.page === b.page && p.box[1] < b.box[3] && b.box[1] < p.box[3] && p.box[0] < b.box[2] && b.box[0] < p.box[2]));
    if (find && found.places.length && !found.places.some(isHere)) {
      if (found.places.length === 1) {
        const [place] = found.places;
        const state = stateOf(input), after = {...state, boxes: JSON.stringify(place.boxes), text: place.text};
        this.history.record(input.name, state, after, {merging: true});
        this.put(input, after);
        this.pages.show(place.boxes[0]);
      } else {
        parts.push(this.says("places"));
        this.pages.draw("hint", found.places.flatMap((place) => place.boxes));
        if (boxesOf(input).length) this.put(input, {...stateOf(input), boxes: "[]", text: ""});
      }
    }
    line.textContent = parts.join(" · ");
    line.hidden = !parts.length;
  }

  hideMeaning(input) { input.closest(".value").querySelector("[data-meaning]").hidden = true; }

  /* What stands there is no value, by that sentence, or it is one (""). Whoever says that it is right does not make it one. */
  noteUnread(input, sentence) {
    if (sentence === (input.dataset.noValue || "")) return;
    if (sentence) input.dataset.noValue = sentence;
    else delete input.dataset.noValue;
    this.refresh(fieldOf(input));
    this.draw();
    this.marked();
  }

  /* What stands there is printed nowhere, so that nothing is learned from it. That is said, and needs nobody. */
  noteNowhere(input, isNowhere) { input.closest(".value").querySelector("[data-nowhere]").hidden = !isNowhere || !input.value.trim(); }

  /* What stands there now is no value, or fails checks ({name of the input: sentence}): that needs a person until one says
     that it is right. isSettled: whether a sentence of the page is true no more; what another field says now may have
     settled it. nowhere: names of inputs whose value the document does not print. */
  check(unread, failed, isSettled, nowhere) {
    this.isSettled = isSettled;
    for (const field of this.fields) {
      const inputs = inputsOf(field);
      inputs.forEach((input) => this.noteUnread(input, unread[input.name] || ""));
      inputs.forEach((input) => this.noteNowhere(input, nowhere.includes(input.name)));
      const fails = inputs.map((input) => failed[input.name]).find(Boolean) || "";
      const isSame = fails === (field.dataset.fails || "");
      field.dataset.fails = fails;
      if (!isSame || field.querySelector("[data-remark]")) this.refresh(field);
    }
    this.draw();
  }

  accept(input) {
    if (input.dataset.noValue) return;
    const field = fieldOf(input), {fails} = field.dataset;
    if (fails && fails !== field.dataset.accepted) {
      field.dataset.accepted = fails;
      this.refresh(field);
      this.changed();
    }
    if (!hidden(input, "by").value && this.needs(field)) this.change(input, {open: stateOf(input).open});
  }

  candidate(input, step) {
    const buttons = [...input.closest(".value").querySelectorAll(".alternatives [data-alternative]")];
    if (!buttons.length) return false;
    input.first ??= stateOf(input);
    const at = Math.min(buttons.length, Math.max(0, (input.candidate || 0) + step));
    input.candidate = at;
    if (at === 0) this.change(input, input.first);
    else this.takeAlternative(input, buttons[at - 1]);
    return true;
  }

  takeAlternative(input, button) {
    const {alternative, alternativeBoxes, alternativeText} = button.dataset;
    this.change(input, {value: alternative, text: alternativeText, boxes: alternativeBoxes || "[]"});
    this.choose(input);
    if (alternative && (alternativeBoxes || "[]") === "[]") this.askMeaning(input, {find: true});
    else this.hideMeaning(input);
  }

  toggleOpen(input) {
    if (!openOf(input) || input.value.trim()) return;
    this.change(input, {open: openOf(input).value ? "" : "1"});
  }

  addValue(field) {
    const numbers = [...field.querySelectorAll("[data-value]")].map((i) => Number(i.name.split(":")[2]));
    const number = 1 + Math.max(...numbers);
    const value = this.form.querySelector("template[data-another]").content.firstElementChild.cloneNode(true);
    for (const element of value.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for"]) {
        if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replace("another:NUMBER", `${field.dataset.field}:${number}`));
      }
    }
    value.querySelector("label").replaceChildren(...field.querySelector("label").cloneNode(true).childNodes);
    value.querySelector("[data-value]").dataset.type = field.querySelector("[data-value]").dataset.type;
    [...field.querySelectorAll(".value")].at(-1).after(value);
    this.refresh(field);
    value.querySelector("[data-value]").focus();
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const value = button.closest(".value"), input = value?.querySelector("[data-value]");
    if (button.matches("[data-alternative]") && input) { this.takeAlternative(input, button); input.focus({preventScroll: true}); }
    if (button.matches("[data-absent]")) { this.toggleOpen(input); input.focus({preventScroll: true}); }
    if (button.matches("[data-add-value]")) this.addValue(fieldOf(button));
  }

  /* Take back what was typed into an input since it was entered, or filled by a click. Return false when that is nothing. */
  revert(input) {
    const before = JSON.parse(input.dataset.before || "null"), now = stateOf(input);
    if (!before || before.value === now.value) return false;
    this.history.record(input.name, now, before);
    this.put(input, before);
    this.hideMeaning(input);
    return true;
  }

  /* The input with a box that touches this one. */
  at(page, [x0, y0, x1, y1]) {
    return this.inputs.find((input) => boxesOf(input).some((b) => b.page === page && b.box[0] <= x1 && b.box[2] >= x0 && b.box[1] <= y1 && b.box[3] >= y0));
  }

  /* --- going about --------------------------------------------------------------------------------------------- */
  firstNeedy() { return this.needyOf(this.fields.find((field) => this.needs(field))); }

  /* The next field that needs a person, behind `input` and then from the start; of its own field last, another value. */
  nextNeedy(input, {around = true} = {}) {
    const fields = this.fields, at = fields.indexOf(fieldOf(input));
    const behind = fields.slice(at + 1), before = around ? fields.slice(0, at) : [];
    const own = around && inputsOf(fields[at]).some((other) => other !== input && isDoubted(other)) ? [fields[at]] : [];
    return this.needyOf([...behind, ...before, ...own].find((field) => this.needs(field)));
  }

  /* The value of a field that needs a person; of no field, none. */
  needyOf(field) { return field && (inputsOf(field).find(isDoubted) ?? inputsOf(field)[0]); }

  focus(input) {
    input.focus({preventScroll: true});
    fieldOf(input).scrollIntoView({block: "nearest"});
    input.select();
  }
}
