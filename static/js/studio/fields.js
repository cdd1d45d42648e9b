/* The fields of the template as they are drawn: a name, a type, and the sample's value with its boxes. */

import {boxesOfWords} from "../review/pages.js";

/* Whether two boxes are of one line and share words: the lines of a page may stand so close that their boxes meet. */
const share = (one, other) => {
  const [across, down] = [0, 1].map((axis) => Math.min(one[axis + 2], other[axis + 2]) - Math.max(one[axis], other[axis]));
  return across > 0 && down > 0.5 * Math.min(one[3] - one[1], other[3] - other[1]);
};

/* What a datalist says of a name: {label, type}, null where it does not know it; of columns, within their table. */
export const knownAs = (id, name, table = "") => {
  const wanted = name.trim().toLowerCase(), within = table.trim().toLowerCase();
  const option = [...document.getElementById(id).options].find((o) => o.value.toLowerCase() === wanted && (o.dataset.table || "").toLowerCase() === within);
  return option ? {label: option.value, type: option.dataset.type} : null;
};

/* What was looked for on the sample and is not drawn, as buttons that add it: names of the options of a datalist. */
export const offer = (place, options, names, add) => {
  const drawn = new Set(names.map((name) => name.trim().toLowerCase()));
  const left = options.filter((option) => "isUnread" in option.dataset && !drawn.has(option.value.toLowerCase()));
  place.hidden = !left.length;
  place.querySelector("[data-offers]").replaceChildren(...left.map((option) => {
    const button = document.createElement("button");
    Object.assign(button, {type: "button", textContent: `+ ${option.value}`});
    button.addEventListener("click", () => add({name: option.value, type: option.dataset.type}));
    return button;
  }));
};

export class FieldList {
  constructor(form, {pages, says, ask, changed, pause}) {
    Object.assign(this, {pages, says, ask, changed, pause});
    this.list = form.querySelector("[data-fields]");
    this.template = form.querySelector("#studio-field");
    this.unread = form.querySelector(".unread[data-unread]");
    this.rows = [];
    this.chosen = null;
    this.list.addEventListener("focusin", (event) => this.choose(this.rowOf(event.target)));
    this.list.addEventListener("input", (event) => this.typed(event.target));
    this.list.addEventListener("click", (event) => { if (event.target.closest("[data-drop]")) this.drop(this.rowOf(event.target)); });
    form.querySelector("[data-add-field]").addEventListener("click", () => {
      const row = this.add({});
      this.choose(row);
      row.name.focus();
      this.changed();
    });
  }

  get design() {
    return {fields: this.rows.map((row) => ({
      key: row.key, label: row.name.value, type: row.type.value, required: row.required.checked, value: row.value.value, text: row.text, boxes: row.boxes, isRead: row.isRead,
    }))};
  }

  get boxes() { return this.rows.flatMap((row) => row.boxes); }

  get state() {
    return this.rows.map(({key, name, type, required, value, text, boxes, isRead, isTyped}) => ({
      key, label: name.value, type: type.value, required: required.checked, value: value.value, text, boxes, isRead, isTyped,
    }));
  }

  restore(state) {
    for (const row of this.rows) { clearTimeout(row.waits); row.element.remove(); }
    Object.assign(this, {rows: [], chosen: null});
    for (const field of state) Object.assign(this.add(field), {isTyped: field.isTyped});
    this.draw();
  }

  load(fields) { for (const field of fields) this.add(field); this.draw(); }

  rowOf(element) { return this.rows.find((row) => row.element.contains(element)); }

  add({key = "", label = "", type = "text", required = false, value = "", text = "", boxes = [], isRead = false}) {
    const element = this.template.content.firstElementChild.cloneNode(true);
    const part = (what) => element.querySelector(`[data-${what}]`);
    const row = {element, key, name: part("name"), type: part("type"), value: part("value"), required: part("required"), meaning: part("meaning"), mark: element.querySelector(".mark[role]"), text, boxes, isRead};
    row.name.value = label;
    row.type.value = type;
    row.value.value = value;
    row.required.checked = required;
    this.rows.push(row);
    this.list.append(element);
    this.show(row);
    return row;
  }

  drop(row) {
    this.rows = this.rows.filter((one) => one !== row);
    row.element.remove();
    if (this.chosen === row) this.chosen = null;
    this.draw();
    this.changed();
  }

  choose(row) {
    this.chosen = row || null;
    for (const one of this.rows) one.element.classList.toggle("chosen", one === row);
    this.draw();
    if (row?.boxes[0]) this.pages.show(row.boxes[0]);
  }

  draw() {
    this.offer();
    this.pages.draw("value", this.rows.flatMap((row) => row.boxes.map((place) => ({...place, kind: row === this.chosen ? "chosen" : row.isRead ? "look" : ""}))));
  }

  /* Offer what is not drawn of what was looked for. */
  offer() {
    const options = [...document.getElementById("known-fields").options];
    offer(this.unread, options, this.rows.map((row) => row.name.value), ({name, type}) => {
      const row = this.add({label: name, type});
      row.type.disabled = true;  // the project's own
      this.choose(row);
      row.value.focus();
      this.changed();
    });
  }

  show(row) {
    const title = this.says(row.isRead ? "look" : "person");
    row.mark.className = `mark mark-${row.isRead ? "look" : "person"}`;
    row.mark.textContent = row.value.value ? (row.isRead ? "▲" : "✓") : "";
    row.mark.title = title;
    row.mark.setAttribute("aria-label", title);
    row.element.classList.toggle("nameless", !row.name.value.trim());
    if (row.value.value.trim()) return;
    row.meaning.hidden = !row.name.value.trim();
    row.meaning.className = "why";
    row.meaning.textContent = `∅ ${this.says("absent")}`;
  }

  /* Words that were clicked: they go to the chosen field while it has no value, else they become a new one. */
  take(page, words, isAdding) {
    const boxes = boxesOfWords(page, words), text = words.map((w) => w[0]).join(" ");
    if (isAdding && this.chosen) {
      const row = this.chosen;
      this.fill(row, `${row.value.value} ${text}`.trim(), `${row.text} ${text}`.trim(), [...row.boxes, ...boxes]);
      return;
    }
    const empty = this.chosen && !this.chosen.value.value.trim() ? this.chosen : null;
    const same = empty ? null : this.rows.find((row) => row.boxes.some((b) => b.page === page && boxes.some(({box}) => share(b.box, box))));
    if (same && same !== this.chosen) { same.name.focus(); same.name.select(); return; }
    if (same && words.length === 1) return;
    const row = same || empty || this.add({});
    this.fill(row, text, text, boxes);
    row.name.focus();
    row.name.select();
    row.element.scrollIntoView({block: "nearest"});
  }

  async fill(row, value, text, boxes) {
    row.value.value = value;
    Object.assign(row, {text, boxes, isRead: false});
    this.show(row);
    this.choose(row);
    await this.understand(row, {isNew: true});
    this.changed();
  }

  /* What the value means; for a new one also which type it has, and what the page calls it. */
  async understand(row, {isNew = false} = {}) {
    const known = knownAs("known-fields", row.name.value), place = row.boxes[0];
    const type = known ? known.type : isNew && !row.isTyped ? "" : row.type.value;
    const value = row.value.value;
    const said = await this.ask({text: value, type, place: place ? JSON.stringify(place) : ""});
    if (!said || row.value.value !== value) return;
    row.type.value = said.type;
    if (isNew && !row.name.value && said.label && document.activeElement?.value === row.name.value) {
      const named = knownAs("known-fields", said.label);
      const other = named && named.type !== said.type ? await this.ask({text: value, type: named.type, place: ""}) : null;
      if (!other?.error && !row.name.value) {  // "Amount due" beside "USD" is the name of another value
        row.name.value = said.label;
        if (other) { Object.assign(said, other, {label: said.label}); row.type.value = other.type; }
        if (document.activeElement === row.name) row.name.select();
      }
    }
    row.type.disabled = Boolean(knownAs("known-fields", row.name.value));
    this.offer();
    if (!value.trim()) { this.show(row); return; }
    row.meaning.hidden = !said.error && said.value === value;
    row.meaning.className = said.error ? "why wrong" : "why";
    row.meaning.textContent = said.error ? `✗ ${said.error}` : `${this.says("readAs")} ${said.value}`;
    this.show(row);
  }

  typed(input) {
    const row = this.rowOf(input);
    row.isRead = false;
    if (input === row.type) row.isTyped = true;
    if (input === row.value && !row.text.includes(row.value.value)) Object.assign(row, {boxes: [], text: ""});
    this.show(row);
    this.draw();
    clearTimeout(row.waits);
    row.waits = setTimeout(async () => { await this.understand(row); this.changed(); }, this.pause);
  }
}
